package dev.sallyport.gateway.device;

import com.google.protobuf.ByteString;
import dev.sallyport.gateway.log.Append;
import dev.sallyport.gateway.log.InboxItem;
import dev.sallyport.gateway.log.RoomLog;
import dev.sallyport.gateway.mls.MlsHeader;
import dev.sallyport.gateway.mls.MlsMessage;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.springframework.jdbc.core.simple.JdbcClient;

/**
 * The key packages of devices (RFC 9420 §10, RFC 9750 §5.1): published in batches, each served
 * once. A last-resort one is served, again and again, only when no other is left. A package that
 * was served stays known by its init key until it expires, so that it cannot be published anew.
 */
public final class KeyPackages {

  /** MLS_128_DHKEMX25519_AES128GCM_SHA256_Ed25519: the suite all our clients speak. */
  private static final int CIPHER_SUITE = 1;

  /** One with our credential has some 1,200 bytes. */
  static final int BYTES_MAX = 16 << 10;

  static final int BATCH_MAX = 100;

  /** What a device may keep here, so that nobody stores data in the directory. */
  private static final int HELD_MAX = 200;

  /** Fewer, and the owner is told to publish more. */
  static final int LOW = 20;

  /** One that is about to expire is of no use to who receives it. */
  private static final Duration REMAINING_MIN = Duration.ofHours(1);

  /** Clocks differ, and clients date their packages back. */
  private static final Duration SKEW = Duration.ofMinutes(5);

  private final Directory directory;
  private final DeviceRows devices;
  private final JdbcClient jdbc;
  private final RoomLog inboxes;
  private final InstantSource clock;
  private final ClaimQuota ofDevice;
  private final ClaimQuota ofInvitedDevice;

  KeyPackages(
      Directory directory,
      DeviceRows devices,
      JdbcClient jdbc,
      RoomLog inboxes,
      InstantSource clock,
      ClaimQuota ofDevice,
      ClaimQuota ofInvitedDevice) {
    this.directory = directory;
    this.devices = devices;
    this.jdbc = jdbc;
    this.inboxes = inboxes;
    this.clock = clock;
    this.ofDevice = ofDevice;
    this.ofInvitedDevice = ofInvitedDevice;
  }

  /** What the directory holds for a device. */
  record Stock(int count, boolean lastResort) {
    boolean low() {
      return count < LOW;
    }
  }

  /** What came of publishing. */
  sealed interface Publication {
    record Published(Stock stock) implements Publication {}

    record NoSuchDevice() implements Publication {}

    /**
     * Nothing was stored.
     *
     * @param index of the first that is at fault; -1 for the last-resort one
     * @param reason lower-case, without input
     */
    record Rejected(int index, String reason) implements Publication {}

    record TooMany() implements Publication {}
  }

  /**
   * A claimed key package.
   *
   * @param blob null where the device has none left
   */
  public record Claimed(String userId, String deviceId, @Nullable ByteString blob) {}

  /**
   * Whose key packages are claimed.
   *
   * @param invited whether the user is only invited to the room, and so was never asked
   */
  public record Asked(String userId, boolean invited) {}

  private record Checked(ByteString ref, ByteString blob, long notAfter) {}

  /** Publishes for a device of this user: all or nothing. */
  CompletableFuture<Publication> publish(
      String userId, String deviceId, List<ByteString> blobs, @Nullable ByteString lastResort) {
    return directory.transaction(
        userId,
        () -> {
          var row = devices.findById(deviceId).orElse(null);
          if (row == null || row.revoked() || !row.userId().equals(userId)) {
            return new Publication.NoSuchDevice();
          }
          var device = row.device();
          var checked = new ArrayList<Checked>();
          for (int i = 0; i < blobs.size(); i++) {
            switch (check(device, blobs.get(i))) {
              case Check.Good(Checked good) -> checked.add(good);
              case Check.Bad(String reason) -> {
                return new Publication.Rejected(i, reason);
              }
            }
          }
          Checked resort = null;
          if (lastResort != null) {
            switch (check(device, lastResort)) {
              case Check.Good(Checked good) -> resort = good;
              case Check.Bad(String reason) -> {
                return new Publication.Rejected(-1, reason);
              }
            }
          }
          return store(deviceId, checked, resort);
        });
  }

  private Publication store(String deviceId, List<Checked> checked, @Nullable Checked lastResort) {
    forgetExpired(deviceId);
    if (stock(deviceId).count() + checked.size() > HELD_MAX) {
      return new Publication.TooMany();
    }
    for (var one : checked) {
      insert(deviceId, one, false);
    }
    if (lastResort != null) {
      jdbc.sql("delete from key_package where device_id = :device and last_resort = true")
          .param("device", deviceId)
          .update();
      insert(deviceId, lastResort, true);
    }
    return new Publication.Published(stock(deviceId));
  }

  private void forgetExpired(String deviceId) {
    jdbc.sql("delete from key_package where device_id = :device and not_after <= :now")
        .param("device", deviceId)
        .param("now", seconds())
        .update();
  }

  private void insert(String deviceId, Checked one, boolean lastResort) {
    long known =
        jdbc.sql("select count(*) from key_package where ref = :ref")
            .param("ref", one.ref().toByteArray())
            .query(Long.class)
            .single();
    if (known > 0) {
      return;
    }
    jdbc.sql(
            "insert into key_package (ref, device_id, blob, last_resort, not_after, created_at)"
                + " values (:ref, :device, :blob, :lastResort, :notAfter, :now)")
        .param("ref", one.ref().toByteArray())
        .param("device", deviceId)
        .param("blob", one.blob().toByteArray())
        .param("lastResort", lastResort)
        .param("notAfter", one.notAfter())
        .param("now", clock.millis())
        .update();
  }

  private sealed interface Check {
    record Good(Checked checked) implements Check {}

    record Bad(String reason) implements Check {}
  }

  private Check check(Device device, ByteString blob) {
    if (blob.size() > BYTES_MAX) {
      return new Check.Bad("it is longer than " + BYTES_MAX + " bytes");
    }
    return switch (MlsHeader.read(blob)) {
      case MlsMessage.KeyPackage read -> check(device, blob, read);
      case MlsMessage.Malformed(String reason) -> new Check.Bad(reason);
      case MlsMessage other -> new Check.Bad("not a KeyPackage");
    };
  }

  private Check check(Device device, ByteString blob, MlsMessage.KeyPackage read) {
    if (read.cipherSuite() != CIPHER_SUITE) {
      return new Check.Bad("its ciphersuite is not " + CIPHER_SUITE);
    }
    if (!read.identity().equals(ByteString.copyFromUtf8(device.credential()))) {
      return new Check.Bad("its identity is not the credential registered for the device");
    }
    if (!read.signatureKey().equals(device.signatureKey())) {
      return new Check.Bad("its signature key is not the one in the credential");
    }
    long now = seconds();
    if (read.notBefore() > now + SKEW.toSeconds()) {
      return new Check.Bad("it is not valid yet");
    }
    if (read.notAfter() < now + REMAINING_MIN.toSeconds()) {
      return new Check.Bad("it expires within the hour");
    }
    if (read.notAfter() > TimeUnit.MILLISECONDS.toSeconds(device.credentialExpiresAt())) {
      return new Check.Bad("it outlives its credential");
    }
    return new Check.Good(new Checked(hash(read.initKey()), blob, read.notAfter()));
  }

  /** What the directory holds for this device of this user; empty if there is none. */
  CompletableFuture<java.util.Optional<Stock>> stock(String userId, String deviceId) {
    return directory.transaction(
        userId,
        () ->
            devices
                .findById(deviceId)
                .filter(row -> !row.revoked() && row.userId().equals(userId))
                .map(row -> stock(deviceId)));
  }

  private Stock stock(String deviceId) {
    return new Stock(count(deviceId, false), count(deviceId, true) > 0);
  }

  private int count(String deviceId, boolean lastResort) {
    return jdbc.sql(
            "select count(*) from key_package where device_id = :device and blob is not null"
                + " and last_resort = :lastResort and not_after > :now")
        .param("device", deviceId)
        .param("lastResort", lastResort)
        .param("now", seconds())
        .query(Integer.class)
        .single();
  }

  /**
   * Takes one key package for each live device of each user, in one transaction. Owners of devices
   * whose stock runs low by it find that in the inbox.
   *
   * <p>Nobody empties a stranger's stock: for who is only invited each (room, device) is served
   * once, and of each device others claim a bounded number within an hour. Beyond, the last-resort
   * one is served, or none.
   *
   * @param claimerDevice needs none of its own
   */
  public CompletableFuture<List<Claimed>> claim(
      String roomId, Collection<Asked> asked, String claimer, String claimerDevice) {
    record Taken(List<Claimed> claimed, List<Append.Delivery> low) {}
    return directory
        .transaction(
            claimer,
            () -> {
              var claimed = new ArrayList<Claimed>();
              var low = new ArrayList<Append.Delivery>();
              var users = new TreeMap<String, Asked>();
              asked.forEach(one -> users.putIfAbsent(one.userId(), one));
              for (var one : users.values()) {
                var userId = one.userId();
                for (var row : devices.findByUserIdAndRevokedAtIsNullOrderById(userId)) {
                  var device = row.device();
                  if (device.id().equals(claimerDevice)) {
                    continue;
                  }
                  var blob =
                      userId.equals(claimer)
                          ? take(device.id())
                          : takeOfOther(roomId, device.id(), one.invited());
                  if (blob != null) {
                    int left = count(device.id(), false);
                    if (left == LOW - 1 || left == 0) {
                      low.add(new Append.Delivery(device.id(), new InboxItem.KeyPackagesLow(left)));
                    }
                  }
                  claimed.add(
                      new Claimed(
                          userId, device.id(), blob != null ? blob : lastResort(device.id())));
                }
              }
              return new Taken(claimed, low);
            })
        .thenApply(
            taken -> {
              // A hint: the claim holds whether or not it can be given.
              for (var hint : taken.low()) {
                var _ = inboxes.deliver("", List.of(hint));
              }
              return taken.claimed();
            });
  }

  private @Nullable ByteString takeOfOther(String roomId, String deviceId, boolean invited) {
    if (!invited) {
      return ofDevice.take(deviceId, 1) ? take(deviceId) : null;
    }
    long served =
        jdbc.sql("select count(*) from invited_claim where room_id = :room and device_id = :device")
            .param("room", roomId)
            .param("device", deviceId)
            .query(Long.class)
            .single();
    if (served > 0 || !ofInvitedDevice.take(deviceId, 1)) {
      return null;
    }
    var blob = take(deviceId);
    if (blob != null) {
      // Two at once collide on the key: one of the claims is undone.
      jdbc.sql("insert into invited_claim (room_id, device_id) values (:room, :device)")
          .param("room", roomId)
          .param("device", deviceId)
          .update();
    }
    return blob;
  }

  /** Whoever claims at the same time steps over the row that this one holds. */
  private @Nullable ByteString take(String deviceId) {
    var found =
        jdbc.sql(
                "select ref, blob from key_package where device_id = :device and blob is not null"
                    + " and last_resort = false and not_after > :now"
                    + " order by created_at, ref limit 1 for update skip locked")
            .param("device", deviceId)
            .param("now", seconds())
            .query((row, number) -> new byte[][] {row.getBytes(1), row.getBytes(2)})
            .optional();
    if (found.isEmpty()) {
      return null;
    }
    int served =
        jdbc.sql("update key_package set blob = null where ref = :ref and blob is not null")
            .param("ref", found.get()[0])
            .update();
    return served == 1 ? ByteString.copyFrom(found.get()[1]) : null;
  }

  private @Nullable ByteString lastResort(String deviceId) {
    return jdbc.sql(
            "select blob from key_package where device_id = :device and blob is not null"
                + " and last_resort = true and not_after > :now limit 1")
        .param("device", deviceId)
        .param("now", seconds())
        .query((row, number) -> ByteString.copyFrom(row.getBytes(1)))
        .optional()
        .orElse(null);
  }

  private long seconds() {
    return clock.instant().getEpochSecond();
  }

  private static ByteString hash(ByteString bytes) {
    try {
      return ByteString.copyFrom(MessageDigest.getInstance("SHA-256").digest(bytes.toByteArray()));
    } catch (NoSuchAlgorithmException e) {
      throw new AssertionError("every Java platform has SHA-256", e);
    }
  }
}

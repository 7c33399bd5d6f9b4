package dev.sallyport.gateway.device;

import dev.sallyport.gateway.door.Caller;
import dev.sallyport.gateway.log.Append;
import dev.sallyport.gateway.log.InboxItem;
import dev.sallyport.gateway.log.RoomLog;
import dev.sallyport.gateway.signal.SignalListener;
import java.time.InstantSource;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.jdbc.core.simple.JdbcClient;

/**
 * Who has which devices, by the issuer's word. Thread-safe, never blocks; futures fail with {@code
 * UnavailableException} where the database is away.
 */
public final class Devices implements SignalListener {

  private static final Logger LOG = LoggerFactory.getLogger(Devices.class);

  /** Each message of a room may have to reach them all. */
  static final int DEVICES_PER_USER_MAX = 50;

  private final Directory directory;
  private final DeviceRows rows;
  private final DeviceCredentials credentials;
  private final JdbcClient jdbc;
  private final RoomLog inboxes;
  private final InstantSource clock;
  private volatile DeviceNews news = () -> {};

  Devices(
      Directory directory,
      DeviceRows rows,
      DeviceCredentials credentials,
      JdbcClient jdbc,
      RoomLog inboxes,
      InstantSource clock) {
    this.directory = directory;
    this.rows = rows;
    this.credentials = credentials;
    this.jdbc = jdbc;
    this.inboxes = inboxes;
    this.clock = clock;
  }

  /** Tells that one from now on. */
  public void tell(DeviceNews listener) {
    news = listener;
  }

  /** What came of registering a device. */
  sealed interface Registration {
    record Registered(Device device) implements Registration {}

    /**
     * It is not the issuer's word about this device.
     *
     * @param reason lower-case, without input
     */
    record Rejected(String reason) implements Registration {}

    /** The issuer's key is not here yet: try again. */
    record KeyUnknown() implements Registration {}

    record TooMany() implements Registration {}
  }

  /** Registers the caller's own device, or takes its renewed credential. */
  CompletableFuture<Registration> register(Caller caller, String deviceId, String compact) {
    return switch (credentials.read(compact)) {
      case DeviceCredentials.Read.Bad(String reason) -> done(new Registration.Rejected(reason));
      case DeviceCredentials.Read.KeyUnknown() -> done(new Registration.KeyUnknown());
      case DeviceCredentials.Read.Good(DeviceCredential credential) -> {
        if (!credential.userId().equals(caller.userId())
            || !credential.deviceId().equals(deviceId)
            || !deviceId.equals(caller.deviceId())) {
          yield done(new Registration.Rejected("the credential is not that of this device"));
        }
        yield directory
            .transaction(caller.userId(), () -> store(credential))
            .whenComplete((done, failure) -> news.arrived());
      }
    };
  }

  private Registration store(DeviceCredential credential) {
    var row = rows.findById(credential.deviceId()).orElse(null);
    if (row == null) {
      if (rows.countByUserIdAndRevokedAtIsNull(credential.userId()) >= DEVICES_PER_USER_MAX) {
        return new Registration.TooMany();
      }
      row = new DeviceRow(credential.deviceId(), credential.userId(), clock.millis());
    } else if (row.revoked() || !row.userId().equals(credential.userId())) {
      return new Registration.Rejected("the device was revoked");
    }
    row.renew(credential);
    return new Registration.Registered(rows.save(row).device());
  }

  private static CompletableFuture<Registration> done(Registration registration) {
    return CompletableFuture.completedFuture(registration);
  }

  /**
   * Gives a live device of this user a name; empty if there is no such device. The user's other
   * devices find that in their inboxes.
   */
  CompletableFuture<Optional<Device>> rename(String userId, String deviceId, String name) {
    record Renamed(Optional<Device> device, List<Append.Delivery> news) {}
    return directory
        .transaction(
            userId,
            () -> {
              var row = rows.findById(deviceId).orElse(null);
              if (row == null || row.revoked() || !row.userId().equals(userId)) {
                return new Renamed(Optional.empty(), List.of());
              }
              boolean same = row.device().name().equals(name);
              row.rename(name);
              var news =
                  same
                      ? List.<Append.Delivery>of()
                      : rows.findByUserIdAndRevokedAtIsNullOrderById(userId).stream()
                          .map(other -> other.device().id())
                          .filter(id -> !id.equals(deviceId))
                          .map(
                              id ->
                                  new Append.Delivery(
                                      id, new InboxItem.DeviceRenamed(deviceId, name)))
                          .toList();
              return new Renamed(Optional.of(rows.save(row).device()), news);
            })
        .thenCompose(
            renamed ->
                inboxes.deliver("", renamed.news()).thenApply(delivered -> renamed.device()));
  }

  /** The live devices of a user, ordered by id. */
  public CompletableFuture<List<Device>> ofUser(String userId) {
    return directory.transaction(
        () ->
            rows.findByUserIdAndRevokedAtIsNullOrderById(userId).stream()
                .map(DeviceRow::device)
                .toList());
  }

  /**
   * What became of a device that was registered.
   *
   * @param live false once it is revoked
   */
  public record Standing(String userId, boolean live) {}

  /** Those of these devices that are registered, or were until they were revoked, by id. */
  public CompletableFuture<Map<String, Standing>> standing(Collection<String> deviceIds) {
    if (deviceIds.isEmpty()) {
      return CompletableFuture.completedFuture(Map.of());
    }
    return directory.transaction(
        () ->
            rows.findAllById(deviceIds).stream()
                .collect(
                    Collectors.toMap(
                        row -> row.device().id(),
                        row -> new Standing(row.userId(), !row.revoked()))));
  }

  /**
   * A device whose coming or going is not known to all rooms of its user yet.
   *
   * @param live false if it is about its end
   */
  public record Unannounced(String userId, String deviceId, boolean live) {}

  /** Some at a time, until they are {@linkplain #announced}. */
  public CompletableFuture<List<Unannounced>> unannounced() {
    return directory.transaction(
        () ->
            rows.findTop100ByAnnouncedFalseOrderById().stream()
                .map(row -> new Unannounced(row.userId(), row.device().id(), !row.revoked()))
                .toList());
  }

  /** The rooms know of it; where it ended since, that is still to be told. */
  public CompletableFuture<Boolean> announced(Unannounced known) {
    return directory.transaction(
        () ->
            jdbc.sql(
                        "update device set announced = true where id = :device and announced ="
                            + " false"
                            + (known.live()
                                ? " and revoked_at is null"
                                : " and revoked_at is not null"))
                    .param("device", known.deviceId())
                    .update()
                == 1);
  }

  /** Takes the device and its key packages out of service; repeatable. */
  public CompletableFuture<Boolean> revoke(String userId, String deviceId) {
    return directory
        .transaction(
            () -> {
              var row = rows.findById(deviceId).orElse(null);
              if (row == null || !row.userId().equals(userId)) {
                return false;
              }
              row.revoke(clock.millis());
              rows.saveAndFlush(row);
              jdbc.sql("update key_package set blob = null where device_id = :device")
                  .param("device", deviceId)
                  .update();
              return true;
            })
        .whenComplete((done, failure) -> news.arrived());
  }

  @Override
  public void deviceRevoked(String userId, String deviceId) {
    var _ =
        revoke(userId, deviceId)
            .whenComplete(
                (done, failure) -> {
                  if (failure != null) {
                    LOG.error("device {} could not be taken out of the directory", deviceId);
                  }
                });
  }
}

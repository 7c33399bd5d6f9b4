package dev.sallyport.gateway.backup;

import com.google.protobuf.ByteString;
import dev.sallyport.gateway.log.DatabaseThreads;
import dev.sallyport.gateway.log.UnavailableException;
import dev.sallyport.gateway.signal.SignalListener;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.dao.DataAccessException;
import org.springframework.dao.DuplicateKeyException;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.transaction.TransactionException;
import org.springframework.transaction.support.TransactionTemplate;

/**
 * The encrypted backups of accounts. One has a current version, which its devices write, and for as
 * long as it takes to fill a new one the version before it, which can only be read and deleted.
 *
 * <p>Writers of one account wait for each other at its row, so that what each replaces is what it
 * named. Thread-safe, never blocks; futures fail with {@link UnavailableException} where the
 * database is away.
 */
final class Backups implements SignalListener {

  private static final Logger LOG = LoggerFactory.getLogger(Backups.class);

  /** The largest body that the door lets in. Larger archives are written in parts. */
  static final int PART_BYTES_MAX = 256 * 1024;

  /** The current one, and the one before while it is being replaced. */
  static final int VERSIONS_MAX = 2;

  /** A salt, a check of the recovery key, a signature. */
  static final int KEY_INFO_BYTES_MAX = 4 * 1024;

  static final int PAGE_PARTS_MAX = 100;

  /** More devices than an account has at a time; of older ones nobody asks. */
  static final int DEVICES_REMEMBERED_MAX = 64;

  private static final long ERASURE_RETRY_SECONDS = 10;

  private final DatabaseThreads threads;
  private final TransactionTemplate transactions;
  private final JdbcClient jdbc;
  private final InstantSource clock;
  private final BackupSettings settings;

  Backups(
      DatabaseThreads threads,
      TransactionTemplate transactions,
      JdbcClient jdbc,
      InstantSource clock,
      BackupSettings settings) {
    this.threads = threads;
    this.transactions = transactions;
    this.jdbc = jdbc;
    this.clock = clock;
    this.settings = settings;
  }

  /** Who asks: an account's device. */
  record Asker(String userId, String deviceId) {}

  /**
   * A version, without its parts. Times are milliseconds since the Unix epoch.
   *
   * @param keyInfo what the client needs beside the recovery key, opaque here
   */
  record Version(
      long number,
      String algorithm,
      ByteString keyInfo,
      String deviceId,
      long createdAt,
      int parts,
      long bytes) {}

  /** A part, without its bytes. */
  record PartInfo(String id, ByteString digest, int size, String deviceId, long writtenAt) {}

  /** A part. */
  record Part(ByteString digest, byte[] blob) {
    @Override
    public String toString() {
      return "Part[" + blob.length + " bytes]";
    }
  }

  /** When a device was there first, and last; null: it never did that. */
  record Access(String deviceId, long firstAt, @Nullable Long readAt, @Nullable Long writtenAt) {}

  /**
   * All that an account has.
   *
   * @param versions the current one first
   * @param devices the last to come first
   */
  record Overview(
      List<Version> versions,
      List<Access> devices,
      int parts,
      long bytes,
      int partsMax,
      long bytesMax) {}

  /** What came of a change. */
  sealed interface Change {
    record Made(Version version) implements Change {}

    /**
     * @param fresh whether nothing was there before
     */
    record Written(ByteString digest, boolean fresh) implements Change {}

    record Deleted() implements Change {}

    record NotFound() implements Change {}

    /**
     * Another version is the current one.
     *
     * @param current 0: there is none
     */
    record NotCurrent(long current) implements Change {}

    /** The version before the current one has to go first. */
    record TooManyVersions() implements Change {}

    /**
     * It is not what the writer thought.
     *
     * @param digest what is there; null: nothing
     */
    record Changed(@Nullable ByteString digest) implements Change {}

    /** It would be more than the account may keep. */
    record Full(int partsMax, long bytesMax) implements Change {}

    /** The account was closed, and its backups erased. */
    record Closed() implements Change {}
  }

  private record Account(long lastVersion, int parts, long bytes, boolean closed) {}

  // -------------------------------------------------------------------------------------- versions

  CompletableFuture<Overview> overview(String userId) {
    return transaction(
        userId,
        () -> {
          var account = account(userId, false);
          return new Overview(
              versions(userId),
              jdbc.sql(
                      "select device_id, first_at, read_at, written_at from backup_access"
                          + " where user_id = :user"
                          + " order by greatest(first_at, coalesce(read_at, 0),"
                          + " coalesce(written_at, 0)) desc, device_id")
                  .param("user", userId)
                  .query(
                      (row, number) ->
                          new Access(
                              row.getString(1),
                              row.getLong(2),
                              (Long) row.getObject(3),
                              (Long) row.getObject(4)))
                  .list(),
              account.map(Account::parts).orElse(0),
              account.map(Account::bytes).orElse(0L),
              settings.accountPartsMax(),
              settings.accountBytesMax().toBytes());
        });
  }

  /**
   * Makes a new version the current one.
   *
   * @param replaces the version that is current until then; 0: there is none
   */
  CompletableFuture<Change> make(Asker asker, long replaces, String algorithm, ByteString keyInfo) {
    return transaction(
        asker.userId(),
        () -> {
          var account = locked(asker.userId());
          if (account.closed()) {
            return new Change.Closed();
          }
          var versions = versions(asker.userId());
          long current = versions.isEmpty() ? 0 : versions.getFirst().number();
          if (current != replaces) {
            return new Change.NotCurrent(current);
          }
          if (versions.size() >= VERSIONS_MAX) {
            return new Change.TooManyVersions();
          }
          long next = account.lastVersion() + 1;
          long now = clock.millis();
          jdbc.sql("update backup_account set last_version = :next where user_id = :user")
              .param("next", next)
              .param("user", asker.userId())
              .update();
          jdbc.sql(
                  "insert into backup_version (user_id, version, algorithm, key_info, device_id,"
                      + " created_at) values (:user, :version, :algorithm, :info, :device, :now)")
              .param("user", asker.userId())
              .param("version", next)
              .param("algorithm", algorithm)
              .param("info", keyInfo.toByteArray())
              .param("device", asker.deviceId())
              .param("now", now)
              .update();
          seen(asker, "written_at", now);
          return new Change.Made(
              new Version(next, algorithm, keyInfo, asker.deviceId(), now, 0, 0));
        });
  }

  /** Deletes a version with its parts. */
  CompletableFuture<Change> delete(Asker asker, long version) {
    return transaction(
        asker.userId(),
        () -> {
          var account = locked(asker.userId());
          if (account.closed()) {
            return new Change.Closed();
          }
          var found =
              versions(asker.userId()).stream().filter(one -> one.number() == version).findFirst();
          if (found.isEmpty()) {
            return new Change.NotFound();
          }
          jdbc.sql("delete from backup_version where user_id = :user and version = :version")
              .param("user", asker.userId())
              .param("version", version)
              .update();
          holds(
              asker.userId(),
              account.parts() - found.get().parts(),
              account.bytes() - found.get().bytes());
          seen(asker, "written_at", clock.millis());
          return new Change.Deleted();
        });
  }

  /** Deletes all versions; who was there stays known, so that a thief cannot wipe the traces. */
  CompletableFuture<Change> deleteAll(Asker asker) {
    return transaction(
        asker.userId(),
        () -> {
          if (locked(asker.userId()).closed()) {
            return new Change.Closed();
          }
          empty(asker.userId());
          seen(asker, "written_at", clock.millis());
          return new Change.Deleted();
        });
  }

  // ----------------------------------------------------------------------------------------- parts

  /** A page of a version's parts, ordered by id; empty if there is no such version. */
  CompletableFuture<Optional<List<PartInfo>>> parts(
      String userId, long version, String after, int limit) {
    return transaction(
        userId,
        () ->
            versions(userId).stream().noneMatch(one -> one.number() == version)
                ? Optional.empty()
                : Optional.of(
                    jdbc.sql(
                            "select id, digest, size, device_id, written_at from backup_part"
                                + " where user_id = :user and version = :version and id > :after"
                                + " order by id limit :limit")
                        .param("user", userId)
                        .param("version", version)
                        .param("after", after)
                        .param("limit", Math.clamp(limit, 1, PAGE_PARTS_MAX))
                        .query(
                            (row, number) ->
                                new PartInfo(
                                    row.getString(1),
                                    ByteString.copyFrom(row.getBytes(2)),
                                    row.getInt(3),
                                    row.getString(4),
                                    row.getLong(5)))
                        .list()));
  }

  /** Reads a part, and remembers that this device did. */
  CompletableFuture<Optional<Part>> read(Asker asker, long version, String id) {
    return transaction(
        asker.userId(),
        () -> {
          var found =
              jdbc.sql(
                      "select digest, blob from backup_part"
                          + " where user_id = :user and version = :version and id = :id")
                  .param("user", asker.userId())
                  .param("version", version)
                  .param("id", id)
                  .query(
                      (row, number) ->
                          new Part(ByteString.copyFrom(row.getBytes(1)), row.getBytes(2)))
                  .optional();
          if (found.isPresent()) {
            seen(asker, "read_at", clock.millis());
          }
          return found;
        });
  }

  /**
   * Writes a part of the current version, if what is there is what the writer thinks it is. The
   * same bytes again are written already (RFC 9110 §13.1.1): a client whose answer was lost may
   * repeat itself.
   */
  CompletableFuture<Change> write(
      Asker asker,
      long version,
      String id,
      byte[] blob,
      Preconditions.Tags ifMatch,
      Preconditions.Tags ifNoneMatch) {
    var digest = Digests.sha256(blob);
    return transaction(
        asker.userId(),
        () -> {
          var account = locked(asker.userId());
          if (account.closed()) {
            return new Change.Closed();
          }
          var refused = notWritable(asker.userId(), version);
          if (refused != null) {
            return refused;
          }
          var there = info(asker.userId(), version, id);
          if (there != null && there.digest().equals(digest)) {
            return new Change.Written(digest, false);
          }
          if (!Preconditions.permit(ifMatch, ifNoneMatch, there == null ? null : there.digest())) {
            return new Change.Changed(there == null ? null : there.digest());
          }
          int parts = account.parts() + (there == null ? 1 : 0);
          long bytes = account.bytes() + blob.length - (there == null ? 0 : there.size());
          if (parts > settings.accountPartsMax()
              || (bytes > settings.accountBytesMax().toBytes() && bytes > account.bytes())) {
            return new Change.Full(
                settings.accountPartsMax(), settings.accountBytesMax().toBytes());
          }
          long now = clock.millis();
          jdbc.sql(
                  there == null
                      ? "insert into backup_part (user_id, version, id, digest, size, blob,"
                          + " device_id, written_at) values (:user, :version, :id, :digest, :size,"
                          + " :blob, :device, :now)"
                      : "update backup_part set digest = :digest, size = :size, blob = :blob,"
                          + " device_id = :device, written_at = :now"
                          + " where user_id = :user and version = :version and id = :id")
              .param("user", asker.userId())
              .param("version", version)
              .param("id", id)
              .param("digest", digest.toByteArray())
              .param("size", blob.length)
              .param("blob", blob)
              .param("device", asker.deviceId())
              .param("now", now)
              .update();
          holds(asker.userId(), parts, bytes);
          seen(asker, "written_at", now);
          return new Change.Written(digest, there == null);
        });
  }

  /** Deletes a part, also of the version before. */
  CompletableFuture<Change> delete(
      Asker asker, long version, String id, Preconditions.Tags ifMatch) {
    return transaction(
        asker.userId(),
        () -> {
          var account = locked(asker.userId());
          if (account.closed()) {
            return new Change.Closed();
          }
          var there = info(asker.userId(), version, id);
          if (there == null) {
            return new Change.NotFound();
          }
          if (!Preconditions.permit(ifMatch, new Preconditions.Tags.Absent(), there.digest())) {
            return new Change.Changed(there.digest());
          }
          jdbc.sql(
                  "delete from backup_part"
                      + " where user_id = :user and version = :version and id = :id")
              .param("user", asker.userId())
              .param("version", version)
              .param("id", id)
              .update();
          holds(asker.userId(), account.parts() - 1, account.bytes() - there.size());
          seen(asker, "written_at", clock.millis());
          return new Change.Deleted();
        });
  }

  // --------------------------------------------------------------------------------------- erasure

  @Override
  public void accountClosed(String userId) {
    var _ =
        erase(userId)
            .whenComplete(
                (done, failure) -> {
                  if (failure != null) {
                    LOG.warn("the backups of a closed account are not erased; trying again soon");
                    CompletableFuture.delayedExecutor(ERASURE_RETRY_SECONDS, TimeUnit.SECONDS)
                        .execute(() -> accountClosed(userId));
                  }
                });
  }

  /** Erases all there is of a closed account; nothing can be written to it from then on. */
  CompletableFuture<Change> erase(String userId) {
    return transaction(
        "",
        () -> {
          var _ = locked(userId);
          empty(userId);
          jdbc.sql("delete from backup_access where user_id = :user")
              .param("user", userId)
              .update();
          jdbc.sql(
                  "update backup_account set closed_at = :now"
                      + " where user_id = :user and closed_at is null")
              .param("now", clock.millis())
              .param("user", userId)
              .update();
          return new Change.Deleted();
        });
  }

  // ------------------------------------------------------------------------------------------ rows

  private @Nullable Change notWritable(String userId, long version) {
    var numbers =
        jdbc.sql("select version from backup_version where user_id = :user order by version desc")
            .param("user", userId)
            .query(Long.class)
            .list();
    if (!numbers.contains(version)) {
      return new Change.NotFound();
    }
    long current = numbers.getFirst();
    return current == version ? null : new Change.NotCurrent(current);
  }

  private List<Version> versions(String userId) {
    return jdbc.sql(
            "select v.version, v.algorithm, v.key_info, v.device_id, v.created_at, count(p.id),"
                + " coalesce(sum(p.size), 0) from backup_version v left join backup_part p"
                + " on p.user_id = v.user_id and p.version = v.version where v.user_id = :user"
                + " group by v.version, v.algorithm, v.key_info, v.device_id, v.created_at"
                + " order by v.version desc")
        .param("user", userId)
        .query(
            (row, number) ->
                new Version(
                    row.getLong(1),
                    row.getString(2),
                    ByteString.copyFrom(row.getBytes(3)),
                    row.getString(4),
                    row.getLong(5),
                    row.getInt(6),
                    row.getLong(7)))
        .list();
  }

  private @Nullable PartInfo info(String userId, long version, String id) {
    return jdbc.sql(
            "select id, digest, size, device_id, written_at from backup_part"
                + " where user_id = :user and version = :version and id = :id")
        .param("user", userId)
        .param("version", version)
        .param("id", id)
        .query(
            (row, number) ->
                new PartInfo(
                    row.getString(1),
                    ByteString.copyFrom(row.getBytes(2)),
                    row.getInt(3),
                    row.getString(4),
                    row.getLong(5)))
        .optional()
        .orElse(null);
  }

  private Optional<Account> account(String userId, boolean lock) {
    return jdbc.sql(
            "select last_version, parts, bytes, closed_at from backup_account"
                + " where user_id = :user"
                + (lock ? " for update" : ""))
        .param("user", userId)
        .query(
            (row, number) ->
                new Account(
                    row.getLong(1), row.getInt(2), row.getLong(3), row.getObject(4) != null))
        .optional();
  }

  /** The account's row, which is the writer's until the end of the transaction. */
  private Account locked(String userId) {
    var found = account(userId, true);
    if (found.isPresent()) {
      return found.get();
    }
    jdbc.sql(
            "insert into backup_account (user_id, last_version, parts, bytes)"
                + " values (:user, 0, 0, 0)")
        .param("user", userId)
        .update();
    return new Account(0, 0, 0, false);
  }

  private void holds(String userId, int parts, long bytes) {
    jdbc.sql("update backup_account set parts = :parts, bytes = :bytes where user_id = :user")
        .param("parts", parts)
        .param("bytes", bytes)
        .param("user", userId)
        .update();
  }

  private void empty(String userId) {
    jdbc.sql("delete from backup_version where user_id = :user").param("user", userId).update();
    holds(userId, 0, 0);
  }

  /**
   * @param what {@code read_at} or {@code written_at}
   */
  private void seen(Asker asker, String what, long now) {
    int known =
        jdbc.sql(
                "update backup_access set "
                    + what
                    + " = :now where user_id = :user and device_id = :device")
            .param("now", now)
            .param("user", asker.userId())
            .param("device", asker.deviceId())
            .update();
    if (known > 0) {
      return;
    }
    jdbc.sql(
            "insert into backup_access (user_id, device_id, first_at, "
                + what
                + ") values (:user, :device, :now, :now)")
        .param("user", asker.userId())
        .param("device", asker.deviceId())
        .param("now", now)
        .update();
    jdbc.sql(
            "delete from backup_access where user_id = :user and device_id in"
                + " (select device_id from backup_access where user_id = :user"
                + " order by greatest(first_at, coalesce(read_at, 0), coalesce(written_at, 0))"
                + " desc, device_id offset :kept rows)")
        .param("user", asker.userId())
        .param("kept", DEVICES_REMEMBERED_MAX)
        .update();
  }

  /** In turn with what other callers ask; once more where two were first at the same time. */
  private <T> CompletableFuture<T> transaction(String callerUserId, Supplier<T> work) {
    return threads.call(
        callerUserId,
        () -> {
          try {
            return once(work);
          } catch (DuplicateKeyException e) {
            return once(work);
          } catch (DataAccessException | TransactionException e) {
            throw new UnavailableException(e);
          }
        });
  }

  private <T> T once(Supplier<T> work) {
    var result = transactions.execute(status -> work.get());
    if (result == null) {
      throw new IllegalStateException("a transaction gave nothing");
    }
    return result;
  }
}

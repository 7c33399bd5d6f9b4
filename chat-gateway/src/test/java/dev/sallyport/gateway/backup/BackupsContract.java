package dev.sallyport.gateway.backup;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import dev.sallyport.gateway.backup.Backups.Asker;
import dev.sallyport.gateway.backup.Backups.Change;
import dev.sallyport.gateway.backup.Preconditions.Tags;
import dev.sallyport.gateway.log.DatabaseThreads;
import dev.sallyport.gateway.log.TestDatabase;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.jdbc.datasource.DataSourceTransactionManager;
import org.springframework.transaction.support.TransactionTemplate;
import org.springframework.util.unit.DataSize;

/** Two gateways over one database, on a clock that only the test moves. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
abstract class BackupsContract {

  private static final Tags ABSENT = new Tags.Absent();
  private static final Tags ANY = new Tags.Any();

  private final AtomicReference<Instant> now =
      new AtomicReference<>(Instant.parse("2026-11-24T00:00:00Z"));
  private TestDatabase database;
  private List<DatabaseThreads> threads;
  private List<Backups> gateways;
  private Backups backups;

  abstract TestDatabase database();

  @BeforeAll
  void open() {
    database = database();
    threads = List.of(new DatabaseThreads(), new DatabaseThreads());
    gateways =
        threads.stream()
            .map(
                own ->
                    new Backups(
                        own,
                        new TransactionTemplate(
                            new DataSourceTransactionManager(database.dataSource())),
                        JdbcClient.create(database.dataSource()),
                        now::get,
                        new BackupSettings(DataSize.ofKilobytes(512), 150)))
            .toList();
    backups = gateways.getFirst();
  }

  @AfterAll
  void close() throws Exception {
    threads.forEach(DatabaseThreads::close);
    database.close();
  }

  private static <T> T join(CompletableFuture<T> future) {
    return future.orTimeout(30, TimeUnit.SECONDS).join();
  }

  private static Asker someone() {
    return new Asker(UUID.randomUUID().toString(), UUID.randomUUID().toString());
  }

  private static Asker another(Asker asker) {
    return new Asker(asker.userId(), UUID.randomUUID().toString());
  }

  private static byte[] text(String text) {
    return text.getBytes(UTF_8);
  }

  private static Tags tag(byte[] bytes) {
    return Preconditions.read(List.of(Preconditions.etag(Digests.sha256(bytes)))).orElseThrow();
  }

  private long make(Asker asker, long replaces) {
    return join(backups.make(asker, replaces, "a", ByteString.copyFromUtf8("info")))
            instanceof Change.Made(Backups.Version version)
        ? version.number()
        : 0;
  }

  private Change write(Asker asker, long version, String id, byte[] blob) {
    return join(backups.write(asker, version, id, blob, ABSENT, ABSENT));
  }

  private String read(Asker asker, long version, String id) {
    return join(backups.read(asker, version, id))
        .map(part -> new String(part.blob(), UTF_8))
        .orElse("");
  }

  private Backups.Overview overview(Asker asker) {
    return join(backups.overview(asker.userId()));
  }

  private static Change written(byte[] blob, boolean fresh) {
    return new Change.Written(Digests.sha256(blob), fresh);
  }

  @Test
  void version_replacesTheOneThatIsNamed_andOldOnesAreOnlyReadAndDeleted() {
    Asker alice = someone();
    assertThat(overview(alice).versions()).isEmpty();
    assertThat(make(alice, 0)).isEqualTo(1);
    assertThat(write(alice, 1, "p", text("old"))).isEqualTo(written(text("old"), true));
    assertThat(join(backups.make(alice, 0, "a", ByteString.EMPTY)))
        .isEqualTo(new Change.NotCurrent(1));
    assertThat(make(alice, 1)).isEqualTo(2);
    assertThat(write(alice, 1, "p", text("x"))).isEqualTo(new Change.NotCurrent(2));
    assertThat(read(alice, 1, "p")).isEqualTo("old");
    assertThat(join(backups.make(alice, 2, "a", ByteString.EMPTY)))
        .isEqualTo(new Change.TooManyVersions());
    assertThat(write(alice, 2, "p", text("newer"))).isEqualTo(written(text("newer"), true));
    assertThat(overview(alice))
        .returns(2, Backups.Overview::parts)
        .returns(8L, Backups.Overview::bytes);
    assertThat(join(backups.delete(alice, 1))).isEqualTo(new Change.Deleted());
    assertThat(join(backups.delete(alice, 1))).isEqualTo(new Change.NotFound());
    assertThat(read(alice, 1, "p")).isEmpty();
    assertThat(overview(alice))
        .returns(1, Backups.Overview::parts)
        .returns(5L, Backups.Overview::bytes);
    assertThat(join(backups.delete(alice, 2))).isEqualTo(new Change.Deleted());
    assertThat(make(alice, 0)).as("a number is never used again").isEqualTo(3);
    assertThat(write(alice, 2, "p", text("x"))).isEqualTo(new Change.NotFound());
  }

  @Test
  void write_needsWhatItReplaces_andMayRepeatItself() {
    Asker alice = someone();
    make(alice, 0);
    byte[] one = text("one");
    byte[] two = text("two");
    assertThat(join(backups.write(alice, 1, "p", one, tag(two), ABSENT)))
        .isEqualTo(new Change.Changed(null));
    assertThat(join(backups.write(alice, 1, "p", one, ABSENT, ANY))).isEqualTo(written(one, true));
    assertThat(join(backups.write(alice, 1, "p", two, ABSENT, ANY)))
        .isEqualTo(new Change.Changed(Digests.sha256(one)));
    assertThat(join(backups.write(alice, 1, "p", two, tag(one), ABSENT)))
        .isEqualTo(written(two, false));
    assertThat(join(backups.write(alice, 1, "p", two, tag(one), ABSENT)))
        .as("the answer was lost")
        .isEqualTo(written(two, false));
    assertThat(join(backups.write(alice, 1, "p", one, tag(one), ABSENT)))
        .isEqualTo(new Change.Changed(Digests.sha256(two)));
    assertThat(read(alice, 1, "p")).isEqualTo("two");
    assertThat(join(backups.delete(alice, 1, "p", tag(one))))
        .isEqualTo(new Change.Changed(Digests.sha256(two)));
    assertThat(join(backups.delete(alice, 1, "p", tag(two)))).isEqualTo(new Change.Deleted());
    assertThat(overview(alice))
        .returns(0, Backups.Overview::parts)
        .returns(0L, Backups.Overview::bytes);
  }

  /** Each of many writers, at both gateways, replaces what it read: none is lost. */
  @Test
  void write_atOnceAtBoth_losesNone() {
    Asker alice = someone();
    make(alice, 0);
    byte[] before = text("0");
    write(alice, 1, "p", before);
    for (int round = 1; round <= 5; round++) {
      List<CompletableFuture<Change>> all = new ArrayList<>();
      for (int writer = 0; writer < 20; writer++) {
        all.add(
            gateways
                .get(writer % 2)
                .write(alice, 1, "p", text(round + "-" + writer), tag(before), ABSENT));
      }
      assertThat(all.stream().filter(one -> join(one) instanceof Change.Written)).hasSize(1);
      before = text(read(alice, 1, "p"));
    }
  }

  @Test
  void first_atOnceAtBoth_isNoFault() {
    for (int round = 0; round < 10; round++) {
      Asker alice = someone();
      var all =
          List.of(
              gateways.get(0).make(alice, 0, "a", ByteString.EMPTY),
              gateways.get(1).make(another(alice), 0, "b", ByteString.EMPTY));
      assertThat(all.stream().map(BackupsContract::join))
          .hasAtLeastOneElementOfType(Change.Made.class)
          .hasAtLeastOneElementOfType(Change.NotCurrent.class);
    }
  }

  @Test
  void account_keepsNoMoreThanItMay() {
    Asker alice = someone();
    make(alice, 0);
    byte[] large = new byte[Backups.PART_BYTES_MAX];
    assertThat(write(alice, 1, "a", large)).isEqualTo(written(large, true));
    assertThat(write(alice, 1, "b", large)).isEqualTo(written(large, true));
    assertThat(write(alice, 1, "c", text("x"))).isEqualTo(new Change.Full(150, 512 * 1024));
    assertThat(write(alice, 1, "a", text("x"))).isEqualTo(written(text("x"), false));
    assertThat(write(alice, 1, "c", text("x"))).isEqualTo(written(text("x"), true));
    for (int i = 3; i < 150; i++) {
      assertThat(write(alice, 1, "p" + i, text("x"))).isInstanceOf(Change.Written.class);
    }
    assertThat(write(alice, 1, "q", text("x"))).isInstanceOf(Change.Full.class);
    assertThat(write(alice, 1, "c", text("y"))).isInstanceOf(Change.Written.class);
    assertThat(write(someone(), 1, "q", text("x"))).isEqualTo(new Change.NotFound());

    Set<String> ids = new TreeSet<>();
    String after = "";
    List<Backups.PartInfo> page;
    do {
      page = join(backups.parts(alice.userId(), 1, after, 1_000)).orElseThrow();
      page.forEach(part -> assertThat(ids.add(part.id())).isTrue());
      after = page.getLast().id();
    } while (page.size() == Backups.PAGE_PARTS_MAX);
    assertThat(ids).hasSize(150);
  }

  @Test
  void devices_areSeen_alsoAfterAllIsDeleted() {
    Asker alice = someone();
    make(alice, 0);
    write(alice, 1, "p", text("x"));
    now.updateAndGet(at -> at.plusSeconds(10));
    Asker thief = another(alice);
    long came = now.get().toEpochMilli();
    assertThat(read(thief, 1, "none")).isEmpty();
    assertThat(read(thief, 1, "p")).isEqualTo("x");
    now.updateAndGet(at -> at.plusSeconds(10));
    assertThat(join(backups.deleteAll(thief))).isEqualTo(new Change.Deleted());
    assertThat(overview(alice).versions()).isEmpty();
    assertThat(overview(alice).devices())
        .containsExactly(
            new Backups.Access(thief.deviceId(), came, came, came + 10_000),
            new Backups.Access(alice.deviceId(), came - 10_000, null, came - 10_000));
    for (int i = 0; i < Backups.DEVICES_REMEMBERED_MAX; i++) {
      now.updateAndGet(at -> at.plusSeconds(1));
      join(backups.deleteAll(another(alice)));
    }
    assertThat(overview(alice).devices())
        .hasSize(Backups.DEVICES_REMEMBERED_MAX)
        .noneMatch(access -> access.deviceId().equals(alice.deviceId()));
  }

  @Test
  void closedAccount_isErased_andTakesNothingMore() {
    Asker alice = someone();
    Asker bob = someone();
    make(alice, 0);
    make(bob, 0);
    write(alice, 1, "p", text("x"));
    write(bob, 1, "p", text("x"));
    assertThat(join(gateways.get(1).erase(alice.userId()))).isEqualTo(new Change.Deleted());
    assertThat(join(gateways.get(0).erase(alice.userId()))).isEqualTo(new Change.Deleted());
    assertThat(overview(alice))
        .returns(List.of(), Backups.Overview::versions)
        .returns(List.of(), Backups.Overview::devices)
        .returns(0L, Backups.Overview::bytes);
    assertThat(join(backups.make(alice, 0, "a", ByteString.EMPTY))).isEqualTo(new Change.Closed());
    assertThat(write(alice, 1, "p", text("x"))).isEqualTo(new Change.Closed());
    assertThat(join(backups.deleteAll(alice))).isEqualTo(new Change.Closed());
    assertThat(overview(alice).devices()).isEmpty();
    assertThat(read(bob, 1, "p")).isEqualTo("x");
    String never = UUID.randomUUID().toString();
    join(backups.erase(never));
    assertThat(join(backups.make(new Asker(never, "d"), 0, "a", ByteString.EMPTY)))
        .isEqualTo(new Change.Closed());
  }
}

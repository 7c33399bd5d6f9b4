package dev.sallyport.gateway.log;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;

/** PostgreSQL behind a network that stops forwarding, and breaks no connection. */
class StalledDatabaseTest {

  private static final Duration ANSWER_MAX = Duration.ofSeconds(2);

  private static HikariConfig pool(String url) {
    var pool = new HikariConfig();
    pool.setJdbcUrl(url);
    pool.setUsername("postgres");
    pool.setConnectionTimeout(2_000);
    pool.setMaximumPoolSize(12);
    PostgresTimeouts.apply(pool, ANSWER_MAX);
    return pool;
  }

  private static Append creation(String room) {
    return new Append(
        room,
        new Append.Author("alice", "phone", ByteString.EMPTY),
        new Content.Event(RoomEvent.created("alice", "", "invite", "")),
        new Append.Fence.NoRoom(),
        List.of());
  }

  private static Append message(String room, int number) {
    return new Append(
        room,
        new Append.Author(
            "alice",
            "phone",
            ByteString.copyFrom(new byte[15])
                .concat(ByteString.copyFrom(new byte[] {(byte) number}))),
        new Content.Application(ByteString.copyFromUtf8("m"), 0),
        new Append.Fence.NotRestrictedSince(1),
        List.of());
  }

  /** The bounds of this test are far below what TCP would wait: a quarter of an hour. */
  @Test
  void append_databaseStalls_isUnavailable_andAllHealsWhenItForwardsAgain() throws Exception {
    try (var server = EmbeddedPostgres.start();
        var network = new StallingNetwork(server.getPort());
        var source =
            new HikariDataSource(
                pool("jdbc:postgresql://127.0.0.1:" + network.port() + "/postgres"))) {
      TestDatabase.flyway(source).load().migrate();
      try (var threads = new DatabaseThreads();
          var log =
              new JdbcRoomLog(
                  source,
                  Clock.systemUTC(),
                  threads,
                  new RecordingListener(),
                  RemoveProposals.NONE)) {
        var room = UUID.randomUUID().toString();
        assertThat(log.append(creation(room)).get(30, TimeUnit.SECONDS))
            .isInstanceOf(AppendOutcome.Appended.class);

        network.stall();
        assertThat(log.append(message(room, 1)).get(60, TimeUnit.SECONDS))
            .isEqualTo(new AppendOutcome.Unavailable());
        assertThatThrownBy(() -> log.read(room, 0, 10).get(60, TimeUnit.SECONDS))
            .hasCauseInstanceOf(UnavailableException.class);

        network.forward();
        Awaitility.await()
            .atMost(Duration.ofSeconds(60))
            .until(
                () ->
                    log.append(message(room, 2)).get(60, TimeUnit.SECONDS)
                        instanceof AppendOutcome.Appended);
        assertThat(log.read(room, 0, 10).get(60, TimeUnit.SECONDS).entries())
            .extracting(LogEntry::seq)
            .startsWith(1L, 2L);
      }
    }
  }

  /** Or the room stays locked for the other gateways. */
  @Test
  void transaction_ofAClientThatIsGone_isEndedByTheServer() throws Exception {
    try (var server = EmbeddedPostgres.start();
        var network = new StallingNetwork(server.getPort());
        var here =
            new HikariDataSource(
                pool("jdbc:postgresql://127.0.0.1:" + network.port() + "/postgres"));
        var elsewhere =
            new HikariDataSource(
                pool("jdbc:postgresql://127.0.0.1:" + server.getPort() + "/postgres"))) {
      try (var connection = elsewhere.getConnection();
          var statement = connection.createStatement()) {
        statement.execute("create table held (id int primary key); insert into held values (1)");
      }
      var holder = here.getConnection();
      holder.setAutoCommit(false);
      holder.createStatement().executeQuery("select id from held for update").close();
      network.stall();
      Awaitility.await()
          .atMost(Duration.ofSeconds(60))
          .ignoreExceptions()
          .until(
              () -> {
                try (var connection = elsewhere.getConnection();
                    var statement = connection.createStatement()) {
                  return statement.executeQuery("select id from held for update nowait").next();
                }
              });
    }
  }

  @Test
  void settingsOfADeployment_stay() {
    var pool = new HikariConfig();
    pool.setJdbcUrl("jdbc:postgresql://db.example/gateway");
    pool.setConnectionInitSql("select 1");
    pool.addDataSourceProperty("socketTimeout", "77");
    PostgresTimeouts.apply(pool, ANSWER_MAX);
    assertThat(pool.getConnectionInitSql()).isEqualTo("select 1");
    assertThat(pool.getDataSourceProperties())
        .containsEntry("socketTimeout", "77")
        .containsEntry("connectTimeout", "2");
    var h2 = new HikariConfig();
    h2.setJdbcUrl("jdbc:h2:mem:x");
    PostgresTimeouts.apply(h2, ANSWER_MAX);
    assertThat(h2.getDataSourceProperties()).isEmpty();
    assertThat(h2.getConnectionInitSql()).isNull();
  }
}

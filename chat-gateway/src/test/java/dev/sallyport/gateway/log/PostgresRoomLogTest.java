package dev.sallyport.gateway.log;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Instant;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class PostgresRoomLogTest extends RoomLogContract {

  private final AtomicReference<Instant> now = new AtomicReference<>(Instant.EPOCH);
  private final RecordingListener told = new RecordingListener();
  private TestDatabase database;
  private DatabaseThreads threads;
  private JdbcRoomLog log;

  @BeforeAll
  void open() throws Exception {
    database = TestDatabase.postgres();
    threads = new DatabaseThreads();
    log = new JdbcRoomLog(database.dataSource(), now::get, threads, told);
  }

  @AfterAll
  void close() throws Exception {
    log.close();
    threads.close();
    database.close();
  }

  @Test
  void durability_isFsync() {
    assertThat(log.durability()).isEqualTo(Durability.FSYNC);
  }

  @Test
  void durability_withoutSynchronousCommit_isMemory() throws Exception {
    try (var connection = database.dataSource().getConnection();
        var statement = connection.createStatement()) {
      connection.setAutoCommit(false);
      statement.execute("set local synchronous_commit = off");
      assertThat(StoreDurability.of(connection)).isEqualTo(Durability.MEMORY);
      connection.rollback();
    }
  }

  @Override
  RoomLog log() {
    return log;
  }

  @Override
  javax.sql.DataSource dataSource() {
    return database.dataSource();
  }

  @Override
  RecordingListener told() {
    return told;
  }

  @Override
  void at(Instant instant) {
    now.set(instant);
  }
}

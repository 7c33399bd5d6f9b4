package dev.sallyport.gateway.log;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.time.Instant;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;

@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class H2RoomLogTest extends RoomLogContract {

  private final AtomicReference<Instant> now = new AtomicReference<>(Instant.EPOCH);
  private final RecordingListener told = new RecordingListener();
  private TestDatabase database;
  private DatabaseThreads threads;
  private JdbcRoomLog log;

  @BeforeAll
  void open(@TempDir Path folder) throws Exception {
    database = TestDatabase.h2(folder);
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
  void durability_isProcess() {
    assertThat(log.durability()).isEqualTo(Durability.PROCESS);
  }

  @Test
  void durability_withADelayedWrite_isMemory() throws Exception {
    try (var connection = database.dataSource().getConnection();
        var statement = connection.createStatement()) {
      statement.execute("set write_delay 500");
      assertThat(StoreDurability.of(connection)).isEqualTo(Durability.MEMORY);
      statement.execute("set write_delay 0");
      assertThat(StoreDurability.of(connection)).isEqualTo(Durability.PROCESS);
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

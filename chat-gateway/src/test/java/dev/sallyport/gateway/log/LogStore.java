package dev.sallyport.gateway.log;

import java.io.IOException;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Instant;
import java.util.concurrent.atomic.AtomicReference;
import javax.sql.DataSource;

/** A room log on a real database, with a clock that can be moved. */
final class LogStore implements AutoCloseable {

  private final AtomicReference<Instant> now = new AtomicReference<>(Instant.EPOCH);
  private final RecordingListener told = new RecordingListener();
  private final TestDatabase database;
  private final DatabaseThreads threads = new DatabaseThreads();
  private final JdbcRoomLog log;

  private LogStore(TestDatabase database) throws SQLException {
    this.database = database;
    this.log = new JdbcRoomLog(database.dataSource(), now::get, threads, told, TestProposals.MADE);
  }

  static LogStore h2(Path folder) throws SQLException {
    return new LogStore(TestDatabase.h2(folder));
  }

  static LogStore postgres() throws SQLException {
    return new LogStore(TestDatabase.postgres());
  }

  RoomLog log() {
    return log;
  }

  RecordingListener told() {
    return told;
  }

  DataSource dataSource() {
    return database.dataSource();
  }

  Instant now() {
    return now.get();
  }

  void at(Instant instant) {
    now.set(instant);
  }

  @Override
  public void close() throws IOException {
    log.close();
    threads.close();
    database.close();
  }
}

package dev.sallyport.gateway.room;

import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;

class PostgresRelayRemovalsTest extends RelayRemovalsContract {
  private @Nullable EmbeddedPostgres server;

  @Override
  Gateway open(Path folder) throws Exception {
    var started = EmbeddedPostgres.start();
    server = started;
    return new Gateway(started.getJdbcUrl("postgres", "postgres"), "postgres");
  }

  @AfterAll
  @Override
  void close() throws Exception {
    super.close();
    if (server != null) {
      server.close();
    }
  }
}

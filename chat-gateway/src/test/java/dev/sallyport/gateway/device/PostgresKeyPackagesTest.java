package dev.sallyport.gateway.device;

import dev.sallyport.gateway.room.Gateway;
import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.TestInstance;

@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class PostgresKeyPackagesTest extends KeyPackagesContract {

  private Gateway gateway;
  private EmbeddedPostgres server;

  @BeforeAll
  void open() throws Exception {
    server = EmbeddedPostgres.start();
    gateway = new Gateway(server.getJdbcUrl("postgres", "postgres"), "postgres");
  }

  @AfterAll
  void close() throws Exception {
    gateway.close();
    server.close();
  }

  @Override
  Gateway gateway() {
    return gateway;
  }
}

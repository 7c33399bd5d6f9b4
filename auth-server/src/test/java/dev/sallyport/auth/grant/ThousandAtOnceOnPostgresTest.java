package dev.sallyport.auth.grant;

import dev.sallyport.auth.database.TestDatabase;

class ThousandAtOnceOnPostgresTest extends ThousandAtOnceContract {
  @Override
  World open() {
    try (TestDatabase database = TestDatabase.postgres()) {
      return World.with(
          "--spring.datasource.hikari.connection-timeout=120000",
          "--spring.datasource.url=" + database.dataSource().getJdbcUrl(),
          "--spring.datasource.username=" + database.dataSource().getUsername(),
          "--spring.datasource.password=");
    }
  }
}

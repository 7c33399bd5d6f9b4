package dev.sallyport.gateway.backup;

import dev.sallyport.gateway.log.TestDatabase;

class PostgresBackupsTest extends BackupsContract {
  @Override
  TestDatabase database() {
    return TestDatabase.postgres();
  }
}

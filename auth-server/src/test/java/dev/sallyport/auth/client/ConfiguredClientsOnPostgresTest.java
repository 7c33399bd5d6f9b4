package dev.sallyport.auth.client;

import dev.sallyport.auth.database.TestDatabase;

class ConfiguredClientsOnPostgresTest extends ConfiguredClientsContract {

  @Override
  TestDatabase open() {
    return TestDatabase.postgres();
  }
}

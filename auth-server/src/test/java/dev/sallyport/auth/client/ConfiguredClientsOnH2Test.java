package dev.sallyport.auth.client;

import dev.sallyport.auth.database.TestDatabase;

class ConfiguredClientsOnH2Test extends ConfiguredClientsContract {

  @Override
  TestDatabase open() {
    return TestDatabase.h2();
  }
}

package dev.sallyport.auth.token;

import dev.sallyport.auth.database.TestDatabase;

class SigningKeysOnPostgresTest extends SigningKeysContract {

  @Override
  TestDatabase open() {
    return TestDatabase.postgres();
  }
}

package dev.sallyport.auth.grant;

import dev.sallyport.auth.database.TestDatabase;

class GrantStoreOnPostgresTest extends GrantStoreContract {

  @Override
  TestDatabase open() {
    return TestDatabase.postgres();
  }
}

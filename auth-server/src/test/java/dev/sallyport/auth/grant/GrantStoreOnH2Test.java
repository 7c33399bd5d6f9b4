package dev.sallyport.auth.grant;

import dev.sallyport.auth.database.TestDatabase;

class GrantStoreOnH2Test extends GrantStoreContract {

  @Override
  TestDatabase open() {
    return TestDatabase.h2();
  }
}

package dev.sallyport.auth.token;

import dev.sallyport.auth.database.TestDatabase;

class SigningKeysOnH2Test extends SigningKeysContract {

  @Override
  TestDatabase open() {
    return TestDatabase.h2();
  }
}

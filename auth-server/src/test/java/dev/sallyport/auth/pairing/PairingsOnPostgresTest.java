package dev.sallyport.auth.pairing;

import dev.sallyport.auth.database.TestDatabase;

class PairingsOnPostgresTest extends PairingsContract {

  @Override
  TestDatabase open() {
    return TestDatabase.postgres();
  }
}

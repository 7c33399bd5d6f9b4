package dev.sallyport.auth.pairing;

import dev.sallyport.auth.database.TestDatabase;

class PairingsOnH2Test extends PairingsContract {

  @Override
  TestDatabase open() {
    return TestDatabase.h2();
  }
}

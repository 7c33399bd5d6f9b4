package dev.sallyport.auth.limit;

import dev.sallyport.auth.database.TestDatabase;

class BucketsOnH2Test extends BucketsContract {
  @Override
  TestDatabase open() {
    return TestDatabase.h2();
  }
}

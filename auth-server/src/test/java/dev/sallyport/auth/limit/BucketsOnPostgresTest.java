package dev.sallyport.auth.limit;

import dev.sallyport.auth.database.TestDatabase;

class BucketsOnPostgresTest extends BucketsContract {
  @Override
  TestDatabase open() {
    return TestDatabase.postgres();
  }
}

package dev.sallyport.auth.signal.stream;

import dev.sallyport.auth.database.TestDatabase;

class PostgresStreamTest extends StreamContract {

  @Override
  TestDatabase open() {
    return TestDatabase.postgres();
  }
}

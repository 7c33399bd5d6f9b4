package dev.sallyport.auth.signal.stream;

import dev.sallyport.auth.database.TestDatabase;

class H2StreamTest extends StreamContract {

  @Override
  TestDatabase open() {
    return TestDatabase.h2();
  }
}

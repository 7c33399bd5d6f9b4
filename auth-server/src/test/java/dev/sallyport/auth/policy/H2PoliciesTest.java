package dev.sallyport.auth.policy;

import dev.sallyport.auth.database.TestDatabase;

class H2PoliciesTest extends PoliciesContract {

  @Override
  TestDatabase open() {
    return TestDatabase.h2();
  }
}

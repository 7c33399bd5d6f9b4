package dev.sallyport.auth.policy;

import dev.sallyport.auth.database.TestDatabase;

class PostgresPoliciesTest extends PoliciesContract {

  @Override
  TestDatabase open() {
    return TestDatabase.postgres();
  }
}

package dev.sallyport.gateway.quota;

import dev.sallyport.gateway.log.TestDatabase;

class PostgresSharedQuotaTest extends SharedQuotaContract {

  @Override
  TestDatabase database() {
    return TestDatabase.postgres();
  }
}

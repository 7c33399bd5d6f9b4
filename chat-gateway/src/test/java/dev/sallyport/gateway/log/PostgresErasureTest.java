package dev.sallyport.gateway.log;

import java.nio.file.Path;

class PostgresErasureTest extends ErasureContract {
  @Override
  LogStore open(Path folder) throws Exception {
    return LogStore.postgres();
  }
}

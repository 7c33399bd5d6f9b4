package dev.sallyport.gateway.log;

import java.nio.file.Path;

class PostgresLogCommitsTest extends LogCommitsContract {
  @Override
  LogStore open(Path folder) throws Exception {
    return LogStore.postgres();
  }
}

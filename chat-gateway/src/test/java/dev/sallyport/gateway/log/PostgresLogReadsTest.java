package dev.sallyport.gateway.log;

import java.nio.file.Path;

class PostgresLogReadsTest extends LogReadsContract {
  @Override
  LogStore open(Path folder) throws Exception {
    return LogStore.postgres();
  }
}

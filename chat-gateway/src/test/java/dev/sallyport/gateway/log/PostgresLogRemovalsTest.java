package dev.sallyport.gateway.log;

import java.nio.file.Path;

class PostgresLogRemovalsTest extends LogRemovalsContract {
  @Override
  LogStore open(Path folder) throws Exception {
    return LogStore.postgres();
  }
}

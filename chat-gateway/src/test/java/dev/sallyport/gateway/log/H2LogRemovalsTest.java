package dev.sallyport.gateway.log;

import java.nio.file.Path;

class H2LogRemovalsTest extends LogRemovalsContract {
  @Override
  LogStore open(Path folder) throws Exception {
    return LogStore.h2(folder);
  }
}

package dev.sallyport.gateway.log;

import java.nio.file.Path;

class H2ErasureTest extends ErasureContract {
  @Override
  LogStore open(Path folder) throws Exception {
    return LogStore.h2(folder);
  }
}

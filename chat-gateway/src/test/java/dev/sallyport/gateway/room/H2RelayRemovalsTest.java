package dev.sallyport.gateway.room;

import java.nio.file.Path;

class H2RelayRemovalsTest extends RelayRemovalsContract {
  @Override
  Gateway open(Path folder) {
    return new Gateway("jdbc:h2:file:" + folder.resolve("db") + ";WRITE_DELAY=0", "sa");
  }
}

package dev.sallyport.gateway.device;

import dev.sallyport.gateway.room.Gateway;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;

@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class H2KeyPackagesTest extends KeyPackagesContract {

  private Gateway gateway;

  @BeforeAll
  void open(@TempDir Path folder) throws Exception {
    gateway = new Gateway("jdbc:h2:file:" + folder.resolve("db") + ";WRITE_DELAY=0", "sa");
  }

  @AfterAll
  void close() throws Exception {
    gateway.close();
  }

  @Override
  Gateway gateway() {
    return gateway;
  }
}

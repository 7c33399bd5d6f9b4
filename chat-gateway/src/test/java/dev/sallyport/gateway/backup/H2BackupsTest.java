package dev.sallyport.gateway.backup;

import dev.sallyport.gateway.log.TestDatabase;
import java.nio.file.Path;
import org.junit.jupiter.api.io.TempDir;

class H2BackupsTest extends BackupsContract {
  @TempDir static Path folder;

  @Override
  TestDatabase database() {
    return TestDatabase.h2(folder);
  }
}

package dev.sallyport.gateway.log;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.sql.DriverManager;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class H2RoomLogTest extends RoomLogContract {

  @Override
  LogStore open(Path folder) throws Exception {
    return LogStore.h2(folder);
  }

  @Test
  void durability_isProcess() {
    assertThat(log().durability()).isEqualTo(Durability.PROCESS);
  }

  /** On a database of its own: each new connection of a pool sets the delay of its URL again. */
  @Test
  void durability_withADelayedWrite_isMemory(@TempDir Path folder) throws Exception {
    try (var connection = DriverManager.getConnection("jdbc:h2:file:" + folder.resolve("db"));
        var statement = connection.createStatement()) {
      statement.execute("set write_delay 500");
      assertThat(StoreDurability.of(connection)).isEqualTo(Durability.MEMORY);
      statement.execute("set write_delay 0");
      assertThat(StoreDurability.of(connection)).isEqualTo(Durability.PROCESS);
    }
  }
}

package dev.sallyport.gateway.log;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import org.junit.jupiter.api.Test;

class H2RoomLogTest extends RoomLogContract {

  @Override
  LogStore open(Path folder) throws Exception {
    return LogStore.h2(folder);
  }

  @Test
  void durability_isProcess() {
    assertThat(log().durability()).isEqualTo(Durability.PROCESS);
  }

  @Test
  void durability_withADelayedWrite_isMemory() throws Exception {
    try (var connection = dataSource().getConnection();
        var statement = connection.createStatement()) {
      statement.execute("set write_delay 500");
      assertThat(StoreDurability.of(connection)).isEqualTo(Durability.MEMORY);
      statement.execute("set write_delay 0");
      assertThat(StoreDurability.of(connection)).isEqualTo(Durability.PROCESS);
    }
  }
}

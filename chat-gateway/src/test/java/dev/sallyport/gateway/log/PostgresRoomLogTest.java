package dev.sallyport.gateway.log;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import org.junit.jupiter.api.Test;

class PostgresRoomLogTest extends RoomLogContract {

  @Override
  LogStore open(Path folder) throws Exception {
    return LogStore.postgres();
  }

  @Test
  void durability_isFsync() {
    assertThat(log().durability()).isEqualTo(Durability.FSYNC);
  }

  @Test
  void durability_withoutSynchronousCommit_isMemory() throws Exception {
    try (var connection = dataSource().getConnection();
        var statement = connection.createStatement()) {
      connection.setAutoCommit(false);
      statement.execute("set local synchronous_commit = off");
      assertThat(StoreDurability.of(connection)).isEqualTo(Durability.MEMORY);
      connection.rollback();
    }
  }
}

package dev.sallyport.gateway.log;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import java.time.Clock;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class DatabaseAwayTest {

  @Test
  void append_databaseStopped_isUnavailableAndFollowersAreToldToDoubt() throws Exception {
    var told = new RecordingListener();
    var database = TestDatabase.postgres();
    try (var threads = new DatabaseThreads();
        var log =
            new JdbcRoomLog(
                database.dataSource(), Clock.systemUTC(), threads, told, RemoveProposals.NONE)) {
      var room = UUID.randomUUID().toString();
      var creation =
          new Append(
              room,
              new Append.Author("alice", "phone", ByteString.EMPTY),
              new Content.Event(RoomEvent.created("alice", "", "invite", "")),
              new Append.Fence.NoRoom(),
              List.of());
      assertThat(log.append(creation).get(30, TimeUnit.SECONDS))
          .isInstanceOf(AppendOutcome.Appended.class);

      database.stopServer();

      var message =
          new Append(
              room,
              new Append.Author("alice", "phone", ByteString.copyFrom(new byte[16])),
              new Content.Application(ByteString.copyFromUtf8("m"), 0),
              new Append.Fence.NotRestrictedSince(1),
              List.of());
      assertThat(log.append(message).get(60, TimeUnit.SECONDS))
          .isEqualTo(new AppendOutcome.Unavailable());
      assertThat(told.uncertainRooms()).contains(room);
      assertThatThrownBy(() -> log.read(room, 0, 10).get(60, TimeUnit.SECONDS))
          .hasCauseInstanceOf(UnavailableException.class);
    } finally {
      database.dataSource().close();
    }
  }
}

package dev.sallyport.gateway.log;

import com.google.protobuf.ByteString;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.Clock;
import java.util.List;
import java.util.concurrent.Semaphore;

/**
 * Appends until it is killed, and says on standard output what was acknowledged: {@code room seq
 * chain-hash}. Run as a process of its own.
 */
final class KilledWriter {

  private static final int ROOMS = 4;
  private static final int UNANSWERED_MAX = 64;

  private KilledWriter() {}

  public static void main(String[] args) throws Exception {
    var database = TestDatabase.h2(Path.of(args[0]));
    var log =
        new JdbcRoomLog(
            database.dataSource(),
            Clock.systemUTC(),
            new DatabaseThreads(),
            new RecordingListener(),
            RemoveProposals.NONE);
    for (int room = 0; room < ROOMS; room++) {
      log.append(
              new Append(
                  "room" + room,
                  new Append.Author("alice", "phone", ByteString.EMPTY),
                  new Content.Event(RoomEvent.created("alice", "", "invite", "")),
                  new Append.Fence.NoRoom(),
                  List.of()))
          .join();
    }
    var unanswered = new Semaphore(UNANSWERED_MAX);
    for (long i = 0; ; i++) {
      unanswered.acquire();
      var id = ByteString.copyFrom(ByteBuffer.allocate(16).putLong(0).putLong(i).flip());
      var append =
          new Append(
              "room" + i % ROOMS,
              new Append.Author("alice", "phone", id),
              new Content.Application(ByteString.copyFrom(new byte[256]), 0),
              new Append.Fence.NotRestrictedSince(1),
              List.of());
      var _ =
          log.append(append)
              .thenAccept(
                  outcome -> {
                    if (outcome instanceof AppendOutcome.Appended appended) {
                      say(appended.entry());
                    }
                    unanswered.release();
                  });
    }
  }

  private static synchronized void say(LogEntry entry) {
    System.out.println(
        entry.roomId()
            + " "
            + entry.seq()
            + " "
            + java.util.HexFormat.of().formatHex(entry.chainHash().toByteArray()));
    System.out.flush();
  }
}

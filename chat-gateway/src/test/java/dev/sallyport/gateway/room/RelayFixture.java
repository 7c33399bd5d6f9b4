package dev.sallyport.gateway.room;

import static dev.sallyport.gateway.room.Gateway.join;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import dev.sallyport.gateway.device.Devices;
import dev.sallyport.gateway.device.TestDevices;
import dev.sallyport.gateway.door.Caller;
import dev.sallyport.gateway.protocol.CaughtUp;
import dev.sallyport.gateway.protocol.ClientFrame;
import dev.sallyport.gateway.protocol.CommitDeclaration;
import dev.sallyport.gateway.protocol.Cursor;
import dev.sallyport.gateway.protocol.InboxEntry;
import dev.sallyport.gateway.protocol.RoomEntry;
import dev.sallyport.gateway.protocol.Send;
import dev.sallyport.gateway.protocol.ServerFrame;
import dev.sallyport.gateway.protocol.Subscribe;
import dev.sallyport.gateway.protocol.SubscriptionEnded;
import dev.sallyport.gateway.socket.MemoryOutbox;
import dev.sallyport.gateway.socket.Relay;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Random;
import java.util.UUID;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;

/** A gateway on whichever database, and sockets that are open on it. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
abstract class RelayFixture {

  Gateway gateway;

  /** Opens the gateway on the database of this test. */
  abstract Gateway open(Path folder) throws Exception;

  @BeforeAll
  void start(@TempDir Path folder) throws Exception {
    gateway = open(folder);
  }

  @AfterEach
  void defaultPolicies() {
    gateway.door().activate("");
  }

  @AfterAll
  void close() throws Exception {
    gateway.close();
  }

  /** One open socket. */
  final class Socket {
    final Caller caller;
    final MemoryOutbox outbox = new MemoryOutbox();
    final Relay.Attachment attachment;

    Socket(Caller caller) {
      this.caller = caller;
      this.attachment = gateway.relay().attach(caller, outbox);
    }

    ServerFrame ask(ClientFrame frame) {
      return attachment
          .handle(frame)
          .blockOptional(Duration.ofSeconds(30))
          .orElseThrow(() -> new AssertionError("no answer"));
    }

    ServerFrame send(String room, long epoch, String text) {
      return ask(frame(send(room).setMlsMessage(Gateway.sealed(room, epoch, 1, text))));
    }

    Send.Builder send(String room) {
      return Send.newBuilder().setRoomId(room).setClientMessageId(id());
    }

    ServerFrame commit(String room, long epoch, CommitDeclaration declaration) {
      return ask(
          frame(
              send(room)
                  .setMlsMessage(Gateway.sealed(room, epoch, 3, UUID.randomUUID().toString()))
                  .setCommit(declaration)));
    }

    Socket subscribe(Cursor... rooms) {
      return subscribe(0, rooms);
    }

    Socket subscribe(long inboxAfter, Cursor... rooms) {
      ask(
          ClientFrame.newBuilder()
              .setSubscribe(
                  Subscribe.newBuilder().addAllRooms(List.of(rooms)).setInboxAfterSeq(inboxAfter))
              .build());
      return this;
    }

    Socket caughtUp(String room) {
      outbox.await("caught_up", frames -> !marks(frames, room).isEmpty());
      return this;
    }

    List<RoomEntry> entries(String room) {
      return RelayFixture.entries(outbox.frames(), room);
    }

    List<RoomEntry> awaitEntry(String room, long seq) {
      return RelayFixture.entries(
          outbox.await(
              "entry " + seq,
              frames ->
                  RelayFixture.entries(frames, room).stream().anyMatch(e -> e.getSeq() == seq)),
          room);
    }

    CaughtUp mark(String room) {
      return marks(outbox.frames(), room).getFirst();
    }

    SubscriptionEnded awaitEnd(String room) {
      return outbox
          .await("the end", frames -> frames.stream().anyMatch(f -> endOf(f, room)))
          .stream()
          .filter(f -> endOf(f, room))
          .findFirst()
          .orElseThrow()
          .getSubscriptionEnded();
    }

    List<InboxEntry> awaitInbox(int count) {
      return inbox(outbox.await("inbox", frames -> inbox(frames).size() >= count));
    }
  }

  static boolean endOf(ServerFrame frame, String room) {
    return frame.hasSubscriptionEnded() && frame.getSubscriptionEnded().getRoomId().equals(room);
  }

  static List<InboxEntry> inbox(List<ServerFrame> frames) {
    return frames.stream()
        .filter(ServerFrame::hasInboxEntry)
        .map(ServerFrame::getInboxEntry)
        .toList();
  }

  static List<CaughtUp> marks(List<ServerFrame> frames, String room) {
    return frames.stream()
        .filter(ServerFrame::hasCaughtUp)
        .map(ServerFrame::getCaughtUp)
        .filter(mark -> mark.getRoomId().equals(room))
        .toList();
  }

  static List<RoomEntry> entries(List<ServerFrame> frames, String room) {
    return frames.stream()
        .filter(ServerFrame::hasRoomEntry)
        .map(ServerFrame::getRoomEntry)
        .filter(entry -> entry.getRoomId().equals(room))
        .toList();
  }

  static Cursor after(String room, long seq) {
    return Cursor.newBuilder().setRoomId(room).setAfterSeq(seq).build();
  }

  static ClientFrame frame(Send.Builder send) {
    return ClientFrame.newBuilder().setSend(send).build();
  }

  static ByteString id() {
    var bytes = new byte[16];
    new Random().nextBytes(bytes);
    return ByteString.copyFrom(bytes);
  }

  String room(Caller owner, Caller... members) {
    var room = done(gateway.rooms().create(owner, "a room", "open", "")).id();
    for (var member : members) {
      done(gateway.rooms().join(member, room));
    }
    return room;
  }

  static Room done(java.util.concurrent.CompletableFuture<RoomOutcome> change) {
    var outcome = join(change);
    assertThat(outcome).isInstanceOf(RoomOutcome.Done.class);
    return ((RoomOutcome.Done) outcome).room();
  }

  /** A PublicMessage of that group: sender type 1 member, 2 external, 3 and 4 new members. */
  static ByteString open(String group, int senderType, int contentType) {
    var index = senderType <= 2 ? new byte[4] : new byte[0];
    return ByteString.copyFrom(new byte[] {0, 1, 0, 1, (byte) group.length()})
        .concat(ByteString.copyFromUtf8(group))
        .concat(ByteString.copyFrom(new byte[8]))
        .concat(ByteString.copyFrom(new byte[] {(byte) senderType}))
        .concat(ByteString.copyFrom(index))
        .concat(ByteString.copyFrom(new byte[] {0, (byte) contentType, 1, 2, 3}));
  }

  static final String NOT_FOR_CONTRACTORS =
      """
      @id("contractors") @message("not for contractors")
      forbid (principal is Chat::User, action == Chat::Action::"message.read", resource)
      when { principal has department && principal.department == "contractor" };
      """;

  void register(Caller caller) throws Exception {
    var key = Gateway.signatureKey().generatePublicKey().getEncoded();
    var registered =
        TestDevices.register(gateway.part(Devices.class), caller, gateway.credential(caller, key));
    assertThat(registered).isTrue();
    // Its user's rooms are told in the background: not in the midst of what a test does next.
    Awaitility.await()
        .atMost(Duration.ofMinutes(1))
        .until(() -> gateway.part(Devices.class).unannounced().join().isEmpty());
  }
}

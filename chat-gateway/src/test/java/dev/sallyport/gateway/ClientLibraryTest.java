package dev.sallyport.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import dev.sallyport.client.Connection;
import dev.sallyport.client.GatewayTokens;
import dev.sallyport.client.ProblemException;
import dev.sallyport.client.RoomChain;
import dev.sallyport.client.RoomCursor;
import dev.sallyport.client.Sent;
import dev.sallyport.gateway.protocol.CloseCode;
import dev.sallyport.gateway.protocol.EntryKind;
import dev.sallyport.gateway.protocol.RoomEntry;
import dev.sallyport.gateway.room.Gateway;
import dev.sallyport.gateway.testing.FakeAuthServer;
import dev.sallyport.gateway.testing.MovableClock;
import dev.sallyport.gateway.testing.RunningGateway;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.stream.LongStream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The published client library against a whole gateway under the default policies. */
class ClientLibraryTest {

  private static final long SOON_SECONDS = 30;
  private static final MovableClock clock = new MovableClock();

  private static FakeAuthServer auth;
  private static RunningGateway gateway;

  @BeforeAll
  static void start(@TempDir Path data) throws IOException {
    auth = new FakeAuthServer(clock, data);
    auth.activate(1, FakeAuthServer.defaultPolicies());
    gateway = RunningGateway.whole(auth, clock, data);
  }

  @AfterAll
  static void stop() {
    gateway.close();
    auth.close();
  }

  private static List<Long> seqs(BlockingQueue<RoomEntry> entries, int count)
      throws InterruptedException {
    List<Long> seqs = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      seqs.add(ClientDevice.next(entries).getSeq());
    }
    return seqs;
  }

  private static List<Long> range(long from, long to) {
    return LongStream.rangeClosed(from, to).boxed().toList();
  }

  @Test
  void room_oneSendsTheOtherFollows_allComesInOrderAndChained() throws Exception {
    try (ClientDevice alice = new ClientDevice(auth, gateway, clock).open();
        ClientDevice bob = new ClientDevice(auth, gateway, clock).registered().open()) {
      String room = alice.api.createRoom("a room").id();
      alice.api.invite(room, bob.userId(), "member");
      ClientDevice.next(bob.ready);
      assertThat(ClientDevice.next(bob.inbox).getRoomId()).isEqualTo(room);
      bob.api.join(room);
      alice.connection.follow(room, RoomCursor.beginning());
      bob.connection.follow(room, RoomCursor.beginning());
      List<CompletableFuture<Sent>> sending = new ArrayList<>();
      for (int i = 0; i < 300; i++) {
        sending.add(
            alice.connection.send(room, Gateway.sealed(room, 0, 1, "m" + i).toByteArray(), null));
      }
      for (int i = 0; i < 300; i++) {
        // created, invited, joined; then the messages in the order in which they were given.
        assertThat(ClientDevice.ok(sending.get(i).get(SOON_SECONDS, TimeUnit.SECONDS)))
            .isEqualTo(4 + i);
      }
      assertThat(seqs(alice.entries, 303)).isEqualTo(range(1, 303));
      // From the invitation on.
      assertThat(seqs(bob.entries, 302)).isEqualTo(range(2, 303));
      assertThat(alice.forked).isEmpty();
      assertThat(bob.forked).isEmpty();
      // A cursor moves on when the listener has returned, which is after the test has the entry.
      Awaitility.await()
          .atMost(SOON_SECONDS, TimeUnit.SECONDS)
          .untilAsserted(
              () -> {
                RoomCursor at = bob.connection.cursors().get(room);
                assertThat(at).isEqualTo(alice.connection.cursors().get(room));
                assertThat(at).extracting(RoomCursor::seq).isEqualTo(303L);
              });
    }
  }

  @Test
  void socket_replacedAndCutOff_goesOnWithoutGapOrDuplicate() throws Exception {
    try (ClientDevice alice = new ClientDevice(auth, gateway, clock).open();
        ClientDevice bob = new ClientDevice(auth, gateway, clock).open()) {
      String room = alice.api.createRoom("a room", "open").id();
      bob.api.join(room);
      bob.connection.follow(room, RoomCursor.beginning());
      ClientDevice.next(bob.ready);
      for (int round = 0; round < 5; round++) {
        for (int i = 0; i < 20; i++) {
          ClientDevice.ok(alice.send(room, round + " " + i));
        }
        // As a revoked place of policy does, and any lost connection.
        drop(bob);
        ClientDevice.next(bob.closed);
        ClientDevice.next(bob.ready);
      }
      ClientDevice.ok(alice.send(room, "the last"));
      assertThat(seqs(bob.entries, 102)).isEqualTo(range(2, 103).subList(0, 102));
      assertThat(bob.entries.poll(200, TimeUnit.MILLISECONDS)).isNull();
      assertThat(bob.forked).isEmpty();
    }
  }

  private static void drop(ClientDevice device) {
    device.connection.reconnect();
  }

  @Test
  void listenerThatFails_getsTheEntryAgain() throws Exception {
    try (ClientDevice alice = new ClientDevice(auth, gateway, clock).open()) {
      ClientDevice.next(alice.ready);
      String room = alice.api.createRoom("a room").id();
      alice.failAt = 5;
      alice.connection.follow(room, RoomCursor.beginning());
      for (int i = 0; i < 10; i++) {
        ClientDevice.ok(alice.send(room, "m" + i));
      }
      assertThat(seqs(alice.entries, 11)).isEqualTo(range(1, 11));
      assertThat(alice.forked).isEmpty();
    }
  }

  @Test
  void send_sameIdTwice_isStoredOnce() throws Exception {
    try (ClientDevice alice = new ClientDevice(auth, gateway, clock).open()) {
      String room = alice.api.createRoom("a room").id();
      byte[] id = "0123456789abcdef".getBytes(java.nio.charset.StandardCharsets.US_ASCII);
      byte[] blob = Gateway.sealed(room, 0, 1, "once").toByteArray();
      long first =
          ClientDevice.ok(alice.connection.send(room, blob, null, id).get(30, TimeUnit.SECONDS));
      assertThat(
              ClientDevice.ok(
                  alice.connection.send(room, blob, null, id).get(30, TimeUnit.SECONDS)))
          .isEqualTo(first);
      assertThat(alice.api.send(room, id, blob, null).getSeq()).isEqualTo(first);
      var other =
          alice.connection.send(room, Gateway.sealed(room, 0, 1, "x").toByteArray(), null, id);
      assertThat(other.get(30, TimeUnit.SECONDS))
          .isInstanceOfSatisfying(
              Sent.No.class, no -> assertThat(no.refused().getCode()).isEqualTo("id_reused"));
    }
  }

  @Test
  void kick_endsTheRoomAfterItsEntry() throws Exception {
    try (ClientDevice alice = new ClientDevice(auth, gateway, clock).open();
        ClientDevice bob = new ClientDevice(auth, gateway, clock).open()) {
      String room = alice.api.createRoom("a room", "open").id();
      bob.api.join(room);
      bob.connection.follow(room, RoomCursor.beginning());
      assertThat(ClientDevice.next(bob.entries).getEvent().getType()).isEqualTo("joined");
      alice.api.kick(room, bob.userId());
      assertThat(ClientDevice.next(bob.entries).getEvent().getType()).isEqualTo("kicked");
      assertThat(ClientDevice.next(bob.ended).getCode()).isEqualTo("kicked");
      assertThat(bob.connection.cursors()).doesNotContainKey(room);
      assertThat(bob.send(room, "still here")).isInstanceOf(Sent.No.class);
    }
  }

  @Test
  void roomsJoinedTogether_eachIsDeliveredFromItsBeginning() throws Exception {
    try (ClientDevice alice = new ClientDevice(auth, gateway, clock).open();
        ClientDevice bob = new ClientDevice(auth, gateway, clock).open()) {
      ClientDevice.next(bob.ready);
      List<String> rooms = new ArrayList<>();
      for (int i = 0; i < 5; i++) {
        String room = alice.api.createRoom("room " + i, "open").id();
        bob.api.join(room);
        ClientDevice.ok(alice.send(room, "before bob named it"));
        rooms.add(room);
      }
      // Naming the first makes the gateway follow all, at their newest entries.
      rooms.forEach(room -> bob.connection.follow(room, RoomCursor.beginning()));
      var heard = new java.util.HashMap<String, List<Long>>();
      for (int i = 0; i < 10; i++) {
        var entry = ClientDevice.next(bob.entries);
        heard.computeIfAbsent(entry.getRoomId(), id -> new ArrayList<>()).add(entry.getSeq());
      }
      assertThat(heard).hasSize(5);
      assertThat(heard.values()).allSatisfy(seqs -> assertThat(seqs).containsExactly(2L, 3L));
      assertThat(bob.forked).isEmpty();
    }
  }

  @Test
  void token_renewedOnTheOpenSocket_beforeItExpires() throws Exception {
    var asked = new LinkedBlockingQueue<String>();
    try (ClientDevice alice = new ClientDevice(auth, gateway, clock)) {
      alice.open(
          new GatewayTokens() {
            @Override
            public String current() {
              return auth.token(
                  alice.person,
                  claims ->
                      claims.expirationTime(java.util.Date.from(clock.instant().plusSeconds(3))));
            }

            @Override
            public String renewed() {
              asked.add("renewed");
              return auth.token(alice.person);
            }
          });
      ClientDevice.next(alice.ready);
      ClientDevice.next(asked);
      String room = alice.api.createRoom("a room").id();
      ClientDevice.ok(alice.send(room, "still open"));
      assertThat(alice.closed).isEmpty();
    }
  }

  @Test
  void token_refusedAgainAndAgain_stops() throws Exception {
    try (ClientDevice alice = new ClientDevice(auth, gateway, clock)) {
      var wrong =
          new GatewayTokens() {
            @Override
            public String current() {
              return auth.token(alice.person, claims -> claims.audience("https://other.example"));
            }

            @Override
            public String renewed() {
              return current();
            }
          };
      alice.open(wrong);
      assertThat(alice.stopped.get(SOON_SECONDS, TimeUnit.SECONDS))
          .isInstanceOf(Connection.Stopped.Refusal.class);
    }
  }

  @Test
  void session_revoked_asksForASignIn() throws Exception {
    try (ClientDevice alice = new ClientDevice(auth, gateway, clock).open()) {
      ClientDevice.next(alice.ready);
      auth.revokeSession(alice.userId(), alice.person.sid());
      assertThat(ClientDevice.next(alice.closed)).isEqualTo(CloseCode.SESSION_REVOKED.code());
      assertThat(alice.stopped.get(SOON_SECONDS, TimeUnit.SECONDS))
          .isInstanceOf(Connection.Stopped.SignIn.class);
      var late = alice.connection.send("room", new byte[] {1}, null);
      assertThat(late.get(SOON_SECONDS, TimeUnit.SECONDS)).isInstanceOf(Sent.Unknown.class);
    }
  }

  @Test
  void cursorOfAnotherHistory_isToldAndEndsTheRoom() throws Exception {
    try (ClientDevice alice = new ClientDevice(auth, gateway, clock).open()) {
      String room = alice.api.createRoom("a room").id();
      ClientDevice.ok(alice.send(room, "one"));
      ClientDevice.ok(alice.send(room, "two"));
      var forged = new RoomCursor(2, ByteString.copyFrom(new byte[32]));
      alice.connection.follow(room, forged);
      assertThat(ClientDevice.next(alice.forked)).contains("does not follow");
      var ahead = alice.api.createRoom("another").id();
      alice.connection.follow(ahead, RoomCursor.after(99));
      assertThat(ClientDevice.next(alice.forked)).contains("does not reach");
    }
  }

  @Test
  void log_overHttp_isTheSameHistory() throws Exception {
    try (ClientDevice alice = new ClientDevice(auth, gateway, clock).open()) {
      String room = alice.api.createRoom("a room").id();
      alice.connection.follow(room, RoomCursor.beginning());
      for (int i = 0; i < 5; i++) {
        ClientDevice.ok(alice.send(room, "m" + i));
      }
      alice.api.redact(room, 3);
      var page = alice.api.log(room, 0, 100);
      assertThat(alice.api.log(room, 7, 100).end()).isTrue();
      assertThat(page.complete()).isFalse();
      var chain = page.chainBefore();
      assertThat(chain).isEqualTo(RoomChain.start(room));
      for (var entry : page.entries()) {
        assertThat(RoomChain.verifies(chain, entry)).isTrue();
        chain = entry.getChainHash();
        var live = ClientDevice.next(alice.entries);
        assertThat(entry.getBlobHash()).isEqualTo(live.getBlobHash());
        assertThat(entry.getEvent()).isEqualTo(live.getEvent());
      }
      assertThat(page.entries().get(2).getMlsMessage()).isEqualTo(ByteString.EMPTY);
      assertThat(page.entries().get(2).getKind()).isEqualTo(EntryKind.APPLICATION);
    }
  }

  @Test
  void api_problems_haveTheirCode() {
    var alice = new ClientDevice(auth, gateway, clock);
    assertThat(alice.api.rooms(Optional.empty()).rooms()).isEmpty();
    try {
      alice.api.room("00000000-0000-7000-8000-000000000000");
      throw new AssertionError("found");
    } catch (ProblemException problem) {
      assertThat(problem.status()).isEqualTo(404);
      assertThat(problem.code()).isEqualTo("not_found");
    }
  }
}

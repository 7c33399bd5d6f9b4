package dev.sallyport.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sallyport.client.Connection;
import dev.sallyport.client.DpopKey;
import dev.sallyport.client.GatewayAddress;
import dev.sallyport.client.GatewayApi;
import dev.sallyport.client.GatewayTokens;
import dev.sallyport.client.HttpClients;
import dev.sallyport.client.Sent;
import dev.sallyport.gateway.protocol.CaughtUp;
import dev.sallyport.gateway.protocol.InboxEntry;
import dev.sallyport.gateway.protocol.Ready;
import dev.sallyport.gateway.protocol.RoomEntry;
import dev.sallyport.gateway.protocol.SubscriptionEnded;
import dev.sallyport.gateway.room.Gateway;
import dev.sallyport.gateway.testing.FakeAuthServer;
import dev.sallyport.gateway.testing.Person;
import dev.sallyport.gateway.testing.RunningGateway;
import java.time.Clock;
import java.time.Duration;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/** One person's device by the client library, and all that its listener heard. */
final class ClientDevice implements Connection.Listener, AutoCloseable {

  private static final long SOON_SECONDS = 30;

  private final FakeAuthServer auth;
  private final RunningGateway gateway;
  private final Clock clock;
  final Person person;
  final DpopKey key;
  final GatewayApi api;
  final BlockingQueue<RoomEntry> entries = new LinkedBlockingQueue<>();
  final BlockingQueue<InboxEntry> inbox = new LinkedBlockingQueue<>();
  final BlockingQueue<CaughtUp> caughtUp = new LinkedBlockingQueue<>();
  final BlockingQueue<SubscriptionEnded> ended = new LinkedBlockingQueue<>();
  final BlockingQueue<Ready> ready = new LinkedBlockingQueue<>();
  final BlockingQueue<Integer> closed = new LinkedBlockingQueue<>();
  final BlockingQueue<String> forked = new LinkedBlockingQueue<>();
  final CompletableFuture<Connection.Stopped> stopped = new CompletableFuture<>();

  @SuppressWarnings("NullAway.Init")
  Connection connection;

  /** The listener fails once, at this entry. */
  volatile long failAt;

  ClientDevice(FakeAuthServer auth, RunningGateway gateway, Clock clock) {
    this.auth = auth;
    this.gateway = gateway;
    this.clock = clock;
    this.person = Person.someone(clock);
    this.key = DpopKey.fromJwk(person.key().jwk(), clock::instant);
    this.api = new GatewayApi(HttpClients.shared(), address(), key, () -> auth.token(person));
  }

  private GatewayAddress address() {
    return new GatewayAddress("http://127.0.0.1:" + gateway.port(), FakeAuthServer.AUDIENCE);
  }

  ClientDevice open() {
    return open(
        new GatewayTokens() {
          @Override
          public String current() {
            return auth.token(person);
          }

          @Override
          public String renewed() {
            return auth.token(person);
          }
        });
  }

  ClientDevice open(GatewayTokens tokens) {
    connection =
        Connection.to(address(), key, tokens, this)
            .clock(clock::instant)
            .reconnectSoon(Duration.ofMillis(5), Duration.ofMillis(50))
            .open();
    return this;
  }

  /** Known to the directory: it has an inbox then. */
  ClientDevice registered() {
    var credential =
        auth.credential(person, Gateway.signatureKey().generatePublicKey().getEncoded());
    assertThat(api.registerDevice(person.deviceId(), credential).id()).isEqualTo(person.deviceId());
    return this;
  }

  String userId() {
    return person.userId();
  }

  Sent send(String room, String text) throws Exception {
    return connection
        .send(room, Gateway.sealed(room, 0, 1, text).toByteArray(), null)
        .get(SOON_SECONDS, TimeUnit.SECONDS);
  }

  @Override
  public void connected(Ready said) {
    ready.add(said);
  }

  @Override
  public void disconnected(int code, String reason) {
    closed.add(code);
  }

  @Override
  public void entry(RoomEntry entry) {
    if (entry.getSeq() == failAt) {
      failAt = 0;
      throw new IllegalStateException("on purpose");
    }
    entries.add(entry);
  }

  @Override
  public void inbox(InboxEntry entry) {
    inbox.add(entry);
  }

  @Override
  public void caughtUp(CaughtUp marker) {
    caughtUp.add(marker);
  }

  @Override
  public void ended(SubscriptionEnded end) {
    ended.add(end);
  }

  @Override
  public void forked(String roomId, String reason) {
    forked.add(reason);
  }

  @Override
  public void stopped(Connection.Stopped why) {
    stopped.complete(why);
  }

  @Override
  public void close() {
    connection.close();
  }

  static <T> T next(BlockingQueue<T> queue) throws InterruptedException {
    T next = queue.poll(SOON_SECONDS, TimeUnit.SECONDS);
    if (next == null) {
      throw new AssertionError("nothing came");
    }
    return next;
  }

  static long ok(Sent sent) {
    return switch (sent) {
      case Sent.Ok(var accepted) -> accepted.getSeq();
      case Sent.No(var refused) -> throw new AssertionError(refused.toString());
      case Sent.Unknown(String reason) -> throw new AssertionError(reason);
    };
  }
}

package dev.sallyport.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sallyport.client.Connection;
import dev.sallyport.client.DpopKey;
import dev.sallyport.client.GatewayAddress;
import dev.sallyport.client.GatewayTokens;
import dev.sallyport.client.RoomCursor;
import dev.sallyport.gateway.protocol.Cursor;
import dev.sallyport.gateway.protocol.Ready;
import dev.sallyport.gateway.protocol.Refused;
import dev.sallyport.gateway.protocol.ServerFrame;
import dev.sallyport.gateway.protocol.Subscribed;
import dev.sallyport.gateway.testing.FakeAuthServer;
import dev.sallyport.gateway.testing.Person;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/** The client library against a gateway that refuses its first Subscribe for now. */
class FirstSubscribeTest extends HttpFixture {

  private static final String STORED = "0190d0c0-0000-7000-8000-00000000000a";
  private static final String NEW = "0190d0c0-0000-7000-8000-00000000000b";

  /** The one that is taken first decides where rooms begin that it does not name. */
  @Test
  void refused_whileAnotherRoomIsFollowed_isRepeatedBeforeAnythingElseIsTaken() throws Exception {
    var taken = new LinkedBlockingQueue<List<String>>();
    var asked = new AtomicInteger();
    var refusedOnce = new CompletableFuture<Boolean>();
    gateway
        .relay()
        .answerSubscribes(
            subscribe -> {
              if (asked.getAndIncrement() == 0) {
                refusedOnce.complete(true);
                return ServerFrame.newBuilder()
                    .setRefused(
                        Refused.newBuilder()
                            .setCode("rate_limited")
                            .setRetryable(true)
                            .setRetryAfterMs(1_000))
                    .build();
              }
              taken.add(subscribe.getRoomsList().stream().map(Cursor::getRoomId).toList());
              return ServerFrame.newBuilder()
                  .setSubscribed(Subscribed.newBuilder().setRooms(subscribe.getRoomsCount()))
                  .build();
            });
    Person alice = someone();
    try (var connection =
        Connection.to(
                new GatewayAddress("http://127.0.0.1:" + gateway.port(), FakeAuthServer.AUDIENCE),
                DpopKey.fromJwk(alice.key().jwk(), clock::instant),
                new GatewayTokens() {
                  @Override
                  public String current() {
                    return auth.token(alice);
                  }

                  @Override
                  public String renewed() {
                    return auth.token(alice);
                  }
                },
                new Connection.Listener() {
                  @Override
                  public void connected(Ready said) {}
                })
            .clock(clock::instant)
            .follow(STORED, RoomCursor.beginning())
            .open()) {
      assertThat(refusedOnce.get(30, TimeUnit.SECONDS)).isTrue();
      connection.follow(NEW, RoomCursor.beginning());
      assertThat(taken.poll(30, TimeUnit.SECONDS)).isNotNull().contains(STORED, NEW);
      // From then on they are taken one by one.
      connection.follow(NEW.replace('b', 'c'), RoomCursor.beginning());
      assertThat(taken.poll(30, TimeUnit.SECONDS)).containsExactly(NEW.replace('b', 'c'));
    }
  }
}

package dev.sallyport.acceptance;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sallyport.acceptance.client.ChatClient;
import dev.sallyport.client.GatewayAddress;
import dev.sallyport.client.GatewayApi;
import dev.sallyport.client.GatewaySocket;
import dev.sallyport.client.HttpClients;
import dev.sallyport.client.OidcClient;
import dev.sallyport.gateway.protocol.RoomEntry;
import dev.sallyport.gateway.protocol.ServerFrame;
import java.io.ByteArrayOutputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.stream.LongStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer.OrderAnnotation;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestInstance.Lifecycle;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.Timeout;

/**
 * Two gateways in their own processes on one PostgreSQL and one NATS, under one public name: alice
 * at the first, bob at the second.
 */
@TestInstance(Lifecycle.PER_CLASS)
@TestMethodOrder(OrderAnnotation.class)
@Timeout(300)
@SuppressWarnings("NullAway.Init")
class ClusterTest {

  private static final String SCOPE = "openid profile offline_access chat.read chat.write";

  /** Far more than it takes: the machine may be busy. */
  private static final Duration SOON = Duration.ofSeconds(60);

  private final Sallyport sallyport = new Sallyport(Duration.ofMinutes(5));
  private final HttpClient http = HttpClients.create();
  private Postgres postgres;
  private NatsServer nats;
  private ServerProcess second;
  private String firstUrl;
  private String secondUrl;
  private ChatClient alice;
  private ChatClient bob;
  private String room;
  private Reader aliceReads;
  private Reader bobReads;

  @BeforeAll
  void start() throws Exception {
    Report.heading("Two gateways on one PostgreSQL and one NATS");
    var shared = sallyport.newFolder("shared");
    postgres = new Postgres(shared);
    nats = new NatsServer(shared);
    int secondPort = Sallyport.freePort();
    firstUrl = sallyport.gatewayUrl();
    secondUrl = "http://localhost:" + secondPort;
    var arguments = new ArrayList<>(postgres.arguments());
    arguments.addAll(nats.arguments());
    arguments.add("--sallyport.cluster-key-file=" + shared.resolve("cluster-key"));
    arguments.add("--sallyport.external-sender.file=" + shared.resolve("external-sender.json"));
    arguments.add("--sallyport.bundle-wait=" + ServerProcess.START_MAX.toSeconds() + "s");
    arguments.add("--spring.datasource.hikari.maximum-pool-size=12");
    var all = arguments.toArray(String[]::new);
    sallyport.startAuthServer();
    sallyport.startGateway(all);
    var key = sallyport.gatewayData().resolve("client-key.json");
    Wait.until("the first gateway has its keys", ServerProcess.START_MAX, () -> Files.exists(key));
    Wait.until(
        "the first gateway has its external sender",
        ServerProcess.START_MAX,
        () -> Files.exists(shared.resolve("external-sender.json")));
    Path data = sallyport.newFolder("gateway-2");
    Files.copy(key, data.resolve("client-key.json"));
    second = sallyport.startGateway("chat-gateway-2", secondPort, data, all);
    sallyport.awaitHealthy();
    second.awaitHealthy(secondUrl);
    alice = person("alice");
    bob = person("bob");
    room = api(alice, firstUrl).createRoom("both", "open").id();
    api(bob, secondUrl).join(room);
    Report.step("alice is at the first gateway, bob at the second");
  }

  @AfterAll
  void stop() {
    for (var reader : new Reader[] {aliceReads, bobReads}) {
      if (reader != null) {
        reader.socket.close();
      }
    }
    if (second != null) {
      second.stop();
    }
    sallyport.stopGateway();
    if (nats != null) {
      nats.close();
    }
    if (postgres != null) {
      postgres.close();
    }
    sallyport.close();
  }

  private ChatClient person(String username) throws Exception {
    var browser = new FormBrowser(sallyport.issuer());
    browser.enrol(username, sallyport.demoPassword(username));
    var client = new ChatClient(sallyport.issuer(), firstUrl, Sallyport.CLIENT_ID);
    try (OidcClient.SignIn signIn = client.oidc().begin(SCOPE)) {
      var asked = signIn.authorizationUri();
      var page = browser.get(asked.getRawPath() + "?" + asked.getRawQuery());
      if (page.body().contains("id=\"allow\"")) {
        page = browser.allow(page, SCOPE.split(" "));
      }
      var callback = URI.create(page.headers().firstValue("Location").orElseThrow());
      http.send(HttpRequest.newBuilder(callback).build(), BodyHandlers.discarding());
      client.signedIn(signIn.finish(SOON));
    }
    client.registerDevice(username);
    return client;
  }

  private GatewayApi api(ChatClient who, String node) {
    return new GatewayApi(http, at(node), who.dpop(), () -> who.gatewayToken(null));
  }

  private GatewayAddress at(String node) {
    return new GatewayAddress(node, firstUrl);
  }

  /** One socket, and the entries of the room as it brought them. */
  private final class Reader {
    final ConcurrentLinkedQueue<RoomEntry> entries = new ConcurrentLinkedQueue<>();
    final ConcurrentLinkedQueue<String> ended = new ConcurrentLinkedQueue<>();
    final GatewaySocket socket;

    Reader(ChatClient who, String node, long after) {
      socket =
          GatewaySocket.openByHeaders(
              http, at(node), who.gatewayToken(null), who.dpop(), this::take);
      socket.subscribe(Map.of(room, after), 0);
    }

    private void take(ServerFrame frame) {
      if (frame.hasRoomEntry() && frame.getRoomEntry().getRoomId().equals(room)) {
        entries.add(frame.getRoomEntry());
      } else if (frame.getSubscriptionEnded().getRoomId().equals(room)) {
        ended.add(frame.getSubscriptionEnded().getCode());
      }
    }

    long last() {
      return entries.stream().mapToLong(RoomEntry::getSeq).max().orElse(0);
    }

    /** Waits for that entry; all before it came once and in order. */
    Duration reaches(long seq) {
      var after = Wait.until("entry " + seq, SOON, () -> last() >= seq);
      var seqs = entries.stream().map(RoomEntry::getSeq).toList();
      assertEquals(LongStream.rangeClosed(seqs.getFirst(), seqs.getLast()).boxed().toList(), seqs);
      return after;
    }

    long send(String text) {
      return socket.send(room, sealed(text), null).getSeq();
    }
  }

  /** An application message of epoch 0 as a relay sees it: what is in it is nobody's business. */
  private byte[] sealed(String text) {
    var bytes = new ByteArrayOutputStream();
    try (var out = new DataOutputStream(bytes)) {
      out.write(new byte[] {0, 1, 0, 2});
      vector(out, room);
      out.writeLong(0);
      out.write(new byte[] {1, 0, 0});
      vector(out, text);
    } catch (IOException e) {
      throw new AssertionError(e);
    }
    return bytes.toByteArray();
  }

  private static void vector(DataOutputStream out, String text) throws IOException {
    var body = text.getBytes(StandardCharsets.US_ASCII);
    assertTrue(body.length < 64);
    out.writeByte(body.length);
    out.write(body);
  }

  @Test
  @Order(1)
  void messages_ofEach_reachTheOtherLive() {
    aliceReads = new Reader(alice, firstUrl, 0);
    bobReads = new Reader(bob, secondUrl, 0);
    long last = 0;
    for (int i = 0; i < 20; i++) {
      aliceReads.send("alice " + i);
      last = bobReads.send("bob " + i);
    }
    aliceReads.reaches(last);
    bobReads.reaches(last);
    Report.step("forty messages from both gateways, one order at both");
  }

  @Test
  @Order(2)
  void messages_crossOnce_howeverManySocketsFollowThere() {
    var more = new ArrayList<Reader>();
    for (int i = 0; i < 3; i++) {
      more.add(new Reader(bob, secondUrl, bobReads.last()));
    }
    long first = aliceReads.send("the first");
    more.forEach(reader -> reader.reaches(first));
    bobReads.reaches(first);
    long before = nats.sent();
    long last = 0;
    for (int i = 0; i < 50; i++) {
      last = aliceReads.send("hot " + i);
    }
    for (var reader : more) {
      reader.reaches(last);
      reader.socket.close();
    }
    bobReads.reaches(last);
    assertEquals(50, nats.sent() - before);
    Report.step("fifty messages to four sockets at the other gateway cross fifty times");
  }

  @Test
  @Order(3)
  void socket_isResumedAtTheOtherGateway() {
    bobReads.socket.abort();
    long seen = bobReads.last();
    for (int i = 0; i < 5; i++) {
      aliceReads.send("while bob is away " + i);
    }
    bobReads = new Reader(bob, firstUrl, seen);
    bobReads.reaches(aliceReads.send("at the first"));
    assertEquals(seen + 1, bobReads.entries.peek().getSeq());
    long moved = bobReads.last();
    bobReads.socket.close();
    bobReads = new Reader(bob, secondUrl, moved);
    long here = bobReads.send("and back");
    bobReads.reaches(here);
    aliceReads.reaches(here);
    assertEquals(moved + 1, bobReads.entries.peek().getSeq());
    Report.step("bob goes to the first gateway and back, and misses nothing");
  }

  @Test
  @Order(4)
  void natsKilled_othersCatchUp_andItHeals() throws Exception {
    nats.kill();
    long cut = aliceReads.send("nobody tells the other gateway");
    var after = bobReads.reaches(cut);
    for (var node : List.of(firstUrl, secondUrl)) {
      assertEquals(200, ServerProcess.status(node + "/actuator/health"), "it stays healthy");
      assertEquals(200, ServerProcess.status(node + "/actuator/health/readiness"));
      assertTrue(health(node).contains("\"connected\":false"), "and says what is away");
    }
    aliceReads.send("while it is away");
    nats.start();
    for (var node : List.of(firstUrl, secondUrl)) {
      Wait.until("NATS is found again", SOON, () -> health(node).contains("\"connected\":true"));
    }
    long healed = aliceReads.send("it is back");
    bobReads.reaches(healed);
    long answered = bobReads.send("so it is");
    aliceReads.reaches(answered);
    Report.step(
        "NATS is killed: the next message comes from the log after %d ms; no gap once it is back",
        after.toMillis());
  }

  private String health(String node) {
    try {
      return http.send(
              HttpRequest.newBuilder(URI.create(node + "/actuator/health")).build(),
              BodyHandlers.ofString())
          .body();
    } catch (IOException e) {
      return "";
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
  }

  @Test
  @Order(5)
  void kickAtTheFirst_endsFollowingAtTheSecond_atItsPlace() {
    long before = aliceReads.send("the last for bob");
    api(alice, firstUrl).kick(room, bob.userId());
    long after = aliceReads.send("not for bob");
    Wait.until("bob is told", SOON, () -> bobReads.ended.contains("kicked"));
    bobReads.reaches(before + 1);
    aliceReads.reaches(after);
    assertEquals(before + 1, bobReads.last(), "the kick is the last that bob sees");
    api(alice, firstUrl).invite(room, bob.userId(), "member");
    api(bob, secondUrl).join(room);
    long joined = aliceReads.send("bob is back");
    bobReads.socket.close();
    bobReads = new Reader(bob, secondUrl, 0);
    bobReads.reaches(joined);
    assertTrue(bobReads.entries.stream().noneMatch(entry -> entry.getSeq() == after));
    Report.step("a kick at one gateway ends bob's following at the other, right behind it");
  }

  @Test
  @Order(6)
  void sigterm_tellsClientsToMove_andLosesNothing() {
    Map<Long, String> acknowledged = new HashMap<>();
    var ending = Thread.ofPlatform().unstarted(second::stop);
    int n = 0;
    try {
      for (; n < 100_000; n++) {
        if (n == 20) {
          ending.start();
        }
        acknowledged.put(bobReads.send("bob goes on " + n), "bob goes on " + n);
      }
    } catch (GatewaySocket.ClosedException | GatewaySocket.RefusedException moved) {
      // Told to move: what was not answered is sent again elsewhere.
    }
    assertTrue(n > 20 && n < 100_000, "ended after " + n);
    var closed =
        bobReads.socket.closed().orTimeout(60, java.util.concurrent.TimeUnit.SECONDS).join();
    assertEquals(1001, closed.code());
    assertEquals("going_away", closed.reason());
    long seen = bobReads.last();
    bobReads = new Reader(bob, firstUrl, seen);
    long moved = bobReads.send("bob is at the first");
    bobReads.reaches(moved);
    aliceReads.reaches(moved);
    var stored = new TreeMap<Long, byte[]>();
    aliceReads.entries.forEach(
        entry -> stored.put(entry.getSeq(), entry.getMlsMessage().toByteArray()));
    acknowledged.forEach(
        (seq, text) ->
            org.junit.jupiter.api.Assertions.assertArrayEquals(sealed(text), stored.get(seq)));
    assertTrue(join(ending), "the gateway ends");
    assertFalse(second.isAlive());
    Report.step(
        "SIGTERM at the second while bob writes: %d answered and all there, then 1001 and on at the"
            + " first",
        acknowledged.size());
  }

  private static boolean join(Thread thread) {
    try {
      return thread.join(SOON);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
  }
}

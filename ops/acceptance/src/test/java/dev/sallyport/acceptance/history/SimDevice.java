package dev.sallyport.acceptance.history;

import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import dev.sallyport.acceptance.history.Fact.Deed;
import dev.sallyport.gateway.protocol.Accepted;
import dev.sallyport.gateway.protocol.ClientFrame;
import dev.sallyport.gateway.protocol.Cursor;
import dev.sallyport.gateway.protocol.Refresh;
import dev.sallyport.gateway.protocol.Refused;
import dev.sallyport.gateway.protocol.Send;
import dev.sallyport.gateway.protocol.ServerFrame;
import dev.sallyport.gateway.protocol.Subscribe;
import dev.sallyport.gateway.protocol.WelcomeDelivery;
import java.io.ByteArrayOutputStream;
import java.net.URI;
import java.net.http.WebSocket;
import java.net.http.WebSocketHandshakeException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.time.Instant;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * One device: keeps one socket open to one of the gateways, follows its rooms from where it is, and
 * sends what it is told to. It hides nothing and mends nothing; each attempt is a call of its own.
 */
final class SimDevice {

  private static final Duration HANDSHAKE_MAX = Duration.ofSeconds(8);
  private static final Duration ANSWER_MAX = Duration.ofSeconds(6);
  private static final Duration REFRESH_BEFORE = Duration.ofSeconds(75);

  /** What says neither that it was done nor that it was not. */
  private static final Set<String> UNCERTAIN = Set.of("unavailable", "internal_error");

  final String id;
  final Crowd.User user;
  private final Round.Stage stage;
  final Map<String, Long> cursors = new ConcurrentHashMap<>();
  private volatile int gateway;
  private volatile Duration ahead = Duration.ZERO;
  private volatile boolean revoked;
  private volatile @Nullable Line line;
  private volatile String token = "";
  private volatile long inboxSeq;
  private volatile long dawdleUntil;
  private int failures;

  SimDevice(String id, Crowd.User user, Round.Stage stage, int gateway) {
    this.id = id;
    this.user = user;
    this.stage = stage;
    this.gateway = gateway;
  }

  boolean revoked() {
    return revoked;
  }

  void revoke() {
    revoked = true;
  }

  int gateway() {
    return gateway;
  }

  boolean online() {
    var now = line;
    return now != null && now.ready;
  }

  private House.Node node(int index) {
    return stage.nodes().get(Math.floorMod(index, stage.nodes().size()));
  }

  // ------------------------------------------------------------------ the socket

  /** Looks after the socket; called about once a second, never twice at once. */
  void tend() {
    var now = line;
    if (now == null || now.closed) {
      if (!revoked) {
        open();
      }
      return;
    }
    if (Instant.now().isAfter(now.tokenUntil.minus(REFRESH_BEFORE))) {
      refresh(now);
    }
    follow(now);
  }

  private void open() {
    var node = node(gateway);
    freshToken();
    if (token.isEmpty()) {
      return;
    }
    var opening = new Line(node.name);
    var htu = stage.publicUrl() + "/v1/socket";
    for (int attempt = 0; attempt < 2; attempt++) {
      try {
        opening.socket =
            stage
                .web()
                .client
                .newWebSocketBuilder()
                .subprotocols("sallyport.v1")
                .header("Authorization", "DPoP " + token)
                .header(
                    "DPoP", user.key.proof("GET", htu, token, stage.web().nonce(node.url()), ahead))
                .connectTimeout(HANDSHAKE_MAX)
                .buildAsync(URI.create(node.url().replace("http", "ws") + "/v1/socket"), opening)
                .get(HANDSHAKE_MAX.toMillis(), TimeUnit.MILLISECONDS);
        opening.opened.get(HANDSHAKE_MAX.toMillis(), TimeUnit.MILLISECONDS);
        line = opening;
        failures = 0;
        follow(opening);
        return;
      } catch (ExecutionException e) {
        if (e.getCause() instanceof WebSocketHandshakeException refused) {
          var headers = refused.getResponse().headers();
          stage.web().nonce(node.url(), headers.firstValue("DPoP-Nonce").orElse(null));
          if (String.join(" ", headers.allValues("WWW-Authenticate")).contains("use_dpop_nonce")) {
            continue;
          }
        }
        break;
      } catch (TimeoutException e) {
        break;
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        return;
      }
    }
    opening.abort();
    failures++;
    gateway++;
    if (failures > stage.nodes().size()) {
      // whoever is refused everywhere sets the clock, and asks for a new token
      ahead = Duration.ZERO;
      token = "";
    }
  }

  private void freshToken() {
    if (token.isEmpty() || Instant.now().isAfter(Crowd.expiry(token).minus(REFRESH_BEFORE))) {
      token = user.gatewayToken(id);
    }
  }

  private void refresh(Line now) {
    var fresh = user.gatewayToken(id);
    if (!fresh.isEmpty()) {
      token = fresh;
      var proof =
          user.key.proof("GET", stage.publicUrl() + "/v1/socket", fresh, now.nonce, Duration.ZERO);
      now.write(
          ClientFrame.newBuilder()
              .setRequestId(now.requests.incrementAndGet())
              .setRefresh(Refresh.newBuilder().setAccessToken(fresh).setDpopProof(proof)));
    }
  }

  /** Names the rooms that it should follow and does not. */
  private void follow(Line now) {
    if (!stage.founded()) {
      return;
    }
    var wanted = new LinkedHashMap<String, Long>();
    for (var book : stage.books()) {
      if (book.view().joined().contains(user.id) && !now.following.contains(book.id)) {
        wanted.put(book.id, cursors.getOrDefault(book.id, 0L));
      }
    }
    if (!wanted.isEmpty() || !now.subscribed) {
      now.subscribe(wanted);
    }
  }

  /** Follows a room from some entry, whether it may or not. */
  void follow(String room, long after) {
    var now = line;
    if (now != null && now.ready && !now.following.contains(room)) {
      now.subscribe(Map.of(room, after));
    }
  }

  void move(int by) {
    var now = line;
    gateway += by;
    if (now != null) {
      now.end();
    }
  }

  /** For the last reading: a new socket, somewhere, from the beginning or from where it is. */
  void startOver(boolean fromTheBeginning, int at) {
    ahead = Duration.ZERO;
    dawdleUntil = 0;
    if (fromTheBeginning) {
      cursors.clear();
    }
    var now = line;
    gateway = at;
    line = null;
    if (now != null) {
      now.end();
    }
  }

  void dawdle(Duration howLong) {
    dawdleUntil = System.nanoTime() + howLong.toNanos();
  }

  void clock(Duration off) {
    ahead = off;
  }

  void close() {
    var now = line;
    revoked = true;
    if (now != null) {
      now.end();
    }
  }

  /** Whether the socket that is open now has brought everything there was. */
  boolean caughtUp(Map<String, Long> heads) {
    var now = line;
    return now != null
        && now.ready
        && now.inboxCaughtUp
        && heads.entrySet().stream()
            .allMatch(head -> now.reached.getOrDefault(head.getKey(), -1L) >= head.getValue());
  }

  // ------------------------------------------------------------------ what it asks for

  /** How an attempt ended. */
  sealed interface Outcome {
    record Done(long seq) implements Outcome {}

    record No(String code) implements Outcome {}

    record Unknown() implements Outcome {}
  }

  /** One attempt on its socket; null where it has none. */
  @Nullable CompletableFuture<Outcome> send(Deed deed, byte[] message, List<Welcomed> welcomes) {
    var now = line;
    if (now == null || !now.ready) {
      return null;
    }
    return now.send(deed, frame(deed, message, welcomes));
  }

  /** A Welcome, whole. */
  record Welcomed(String device, byte[] bytes) {}

  private static Send frame(Deed deed, byte[] message, List<Welcomed> welcomes) {
    var send =
        Send.newBuilder()
            .setRoomId(deed.room())
            .setClientMessageId(
                ByteString.copyFrom(java.util.HexFormat.of().parseHex(deed.messageId())))
            .setMlsMessage(ByteString.copyFrom(message));
    if (deed.kind().equals("commit")) {
      var declaration = Seen.declaration(deed.adds(), deed.removes()).toBuilder();
      for (var welcome : welcomes) {
        declaration.addWelcomes(
            WelcomeDelivery.newBuilder()
                .setDeviceId(welcome.device())
                .setWelcome(ByteString.copyFrom(welcome.bytes())));
      }
      send.setCommit(declaration);
    }
    return send.build();
  }

  /** One attempt over HTTP, at any gateway. */
  Outcome post(Deed deed, byte[] message, int at) {
    var json = new LinkedHashMap<String, Object>();
    json.put(
        "client_message_id",
        Base64.getEncoder().encodeToString(java.util.HexFormat.of().parseHex(deed.messageId())));
    json.put("mls_message", Base64.getEncoder().encodeToString(message));
    return call(deed, "POST", "/v1/rooms/" + deed.room() + "/messages", json, at);
  }

  /** A change, or a message, over HTTP. */
  Outcome call(Deed deed, String method, String path, @Nullable Map<String, ?> body, int at) {
    var node = node(at);
    long call = stage.nextCall();
    freshToken();
    stage.recorder().record(time -> new Fact.Called(time, call, id, user.id, node.name, deed));
    var answer = ask(method, path, body, at);
    if (answer.good()) {
      var chain = answer.text("chain_hash");
      stage
          .recorder()
          .record(
              time ->
                  new Fact.Accepted(
                      time,
                      call,
                      Seen.number(answer.json(), "seq"),
                      chain.isEmpty() ? "" : Seen.bytes(answer.json(), "chain_hash"),
                      answer.text("durability"),
                      Seen.number(answer.json(), "accepted_at_ms"),
                      Seen.number(answer.json(), "epoch")));
      return new Outcome.Done(Seen.number(answer.json(), "seq"));
    }
    if (answer.refused() && !UNCERTAIN.contains(answer.text("code"))) {
      var winner =
          answer.json().get("winner") instanceof Map<?, ?> entry
              ? List.of(Seen.entry(entry))
              : List.<Fact.Entry>of();
      stage.recorder().record(time -> new Fact.Refused(time, call, answer.text("code"), winner));
      return new Outcome.No(answer.text("code"));
    }
    stage.recorder().record(time -> new Fact.Unanswered(time, call, answer.why()));
    return new Outcome.Unknown();
  }

  Web.Answer ask(String method, String path, @Nullable Map<String, ?> body, int at) {
    freshToken();
    return stage
        .web()
        .call(method, node(at).url(), stage.publicUrl(), path, user.key, token, body, ahead);
  }

  /** Reads a page of a log, and writes down what came; whether it was the last page. */
  boolean read(String room, long after, int at, boolean last) {
    var answer = ask("GET", "/v1/rooms/" + room + "/log?limit=100&after_seq=" + after, null, at);
    if (!answer.good()) {
      return true;
    }
    var entries = answer.list("entries").stream().map(one -> Seen.entry((Map<?, ?>) one)).toList();
    var end = Boolean.TRUE.equals(answer.json().get("end"));
    stage
        .recorder()
        .record(
            time ->
                new Fact.Page(
                    time,
                    id,
                    user.id,
                    node(at).name,
                    room,
                    after,
                    entries,
                    end,
                    Boolean.TRUE.equals(answer.json().get("complete")),
                    Seen.bytes(answer.json(), "chain_before"),
                    last));
    if (!last) {
      return true;
    }
    return end || entries.isEmpty() || read(room, entries.getLast().seq(), at, true);
  }

  // ------------------------------------------------------------------ one socket

  private final class Line implements WebSocket.Listener {
    private final String name = stage.nextSocket();
    private final String gatewayName;
    private final ByteArrayOutputStream parts = new ByteArrayOutputStream();
    private final AtomicLong requests = new AtomicLong();
    private final Map<Long, Waiting> waiting = new ConcurrentHashMap<>();
    private final CompletableFuture<@Nullable Void> opened = new CompletableFuture<>();
    private final Set<String> following = ConcurrentHashMap.newKeySet();
    private final Set<Long> subscriptions = ConcurrentHashMap.newKeySet();
    private final Map<String, Long> reached = new ConcurrentHashMap<>();
    private volatile boolean inboxCaughtUp;
    private volatile boolean subscribed;
    private volatile boolean ready;
    private volatile boolean closed;
    private volatile Instant tokenUntil = Instant.MAX;
    private volatile String nonce = "";
    private volatile @Nullable WebSocket socket;

    private record Waiting(long call, CompletableFuture<Outcome> answer) {}

    private Line(String gatewayName) {
      this.gatewayName = gatewayName;
    }

    @Override
    public @Nullable CompletionStage<?> onBinary(WebSocket from, ByteBuffer data, boolean last) {
      var part = new byte[data.remaining()];
      data.get(part);
      parts.writeBytes(part);
      if (last) {
        try {
          take(ServerFrame.parseFrom(parts.toByteArray()));
        } catch (InvalidProtocolBufferException e) {
          closed(1007);
        }
        parts.reset();
      }
      long dawdle = dawdleUntil - System.nanoTime();
      if (dawdleUntil != 0 && dawdle > 0) {
        LockSupport.parkNanos(dawdle);
      }
      from.request(1);
      return null;
    }

    @Override
    public @Nullable CompletionStage<?> onClose(WebSocket from, int code, String reason) {
      closed(code);
      return null;
    }

    @Override
    public void onError(WebSocket from, Throwable error) {
      closed(1006);
    }

    private void closed(int code) {
      synchronized (this) {
        if (closed) {
          return;
        }
        closed = true;
      }
      if (ready) {
        stage.recorder().record(time -> new Fact.Closed(time, name, code));
      }
      ready = false;
      opened.completeExceptionally(new IllegalStateException("closed with " + code));
      waiting.keySet().forEach(request -> unanswered(request, "closed with " + code));
      if (code == 1001 || code >= 4440 || code == 1006) {
        gateway++;
      }
      if (code >= 4410 && code < 4440) {
        token = "";
      }
    }

    private void unanswered(long request, String why) {
      var call = waiting.remove(request);
      if (call != null) {
        stage.recorder().record(time -> new Fact.Unanswered(time, call.call(), why));
        call.answer().complete(new Outcome.Unknown());
      }
    }

    private void take(ServerFrame frame) {
      if (closed) {
        return;
      }
      switch (frame.getBodyCase()) {
        case READY -> {
          var told = frame.getReady();
          nonce = told.getNonce();
          tokenUntil = Instant.ofEpochMilli(told.getTokenExpiresAtMs());
          if (!ready) {
            stage.recorder().record(time -> new Fact.Opened(time, name, id, user.id, gatewayName));
            ready = true;
            opened.complete(null);
          }
        }
        case ACCEPTED -> accepted(frame.getRequestId(), frame.getAccepted());
        case REFUSED -> refused(frame.getRequestId(), frame.getRefused());
        case ROOM_ENTRY -> {
          var entry = Seen.entry(frame.getRoomEntry());
          if (!stage.has(entry.room())) {
            return;
          }
          stage.recorder().record(time -> new Fact.Delivered(time, name, entry));
          cursors.put(entry.room(), entry.seq());
          reached.put(entry.room(), entry.seq());
          stage.saw(entry);
        }
        case INBOX_ENTRY -> {
          var item = frame.getInboxEntry();
          stage
              .recorder()
              .record(
                  time ->
                      new Fact.Inbox(
                          time,
                          name,
                          item.getSeq(),
                          item.getRoomId(),
                          item.getItemCase().name().toLowerCase(Locale.ROOT),
                          item.hasWelcome() ? Seen.digest(item.getWelcome().toByteArray()) : ""));
          inboxSeq = Math.max(inboxSeq, item.getSeq());
        }
        case CAUGHT_UP -> {
          var it = frame.getCaughtUp();
          if (!it.getRoomId().isEmpty() && !stage.has(it.getRoomId())) {
            return;
          }
          stage
              .recorder()
              .record(
                  time ->
                      new Fact.CaughtUp(
                          time,
                          name,
                          it.getRoomId(),
                          it.getSeq(),
                          Seen.hex(it.getChainHash()),
                          it.getComplete()));
          if (it.getRoomId().isEmpty()) {
            inboxCaughtUp = true;
          } else {
            reached.merge(it.getRoomId(), it.getSeq(), Math::max);
            following.add(it.getRoomId());
          }
        }
        case SUBSCRIPTION_ENDED -> {
          var it = frame.getSubscriptionEnded();
          if (!it.getRoomId().isEmpty() && !stage.has(it.getRoomId())) {
            return;
          }
          stage.recorder().record(time -> new Fact.Ended(time, name, it.getRoomId(), it.getCode()));
          following.remove(it.getRoomId());
        }
        case CHALLENGE, PONG, SUBSCRIBED, BODY_NOT_SET -> {}
      }
    }

    private void accepted(long request, Accepted told) {
      var call = waiting.remove(request);
      if (call != null) {
        stage
            .recorder()
            .record(
                time ->
                    new Fact.Accepted(
                        time,
                        call.call(),
                        told.getSeq(),
                        Seen.hex(told.getChainHash()),
                        told.getDurability().name().toLowerCase(Locale.ROOT),
                        told.getAcceptedAtMs(),
                        told.getEpoch()));
        call.answer().complete(new Outcome.Done(told.getSeq()));
      }
    }

    private void refused(long request, Refused told) {
      if (subscriptions.contains(request)) {
        // nobody can tell now what is followed: as clients should, it begins anew
        stage.recorder().note("socket " + name + " may not subscribe: " + told.getCode());
        end();
        return;
      }
      var call = waiting.remove(request);
      if (call == null) {
        return;
      }
      if (UNCERTAIN.contains(told.getCode())) {
        stage.recorder().record(time -> new Fact.Unanswered(time, call.call(), told.getCode()));
        call.answer().complete(new Outcome.Unknown());
        return;
      }
      var winner = told.hasWinner() ? List.of(Seen.entry(told.getWinner())) : List.<Fact.Entry>of();
      stage.recorder().record(time -> new Fact.Refused(time, call.call(), told.getCode(), winner));
      call.answer().complete(new Outcome.No(told.getCode()));
    }

    private synchronized void subscribe(Map<String, Long> rooms) {
      if (closed) {
        return;
      }
      following.addAll(rooms.keySet());
      subscribed = true;
      stage.recorder().record(time -> new Fact.Subscribing(time, name, rooms, inboxSeq));
      var subscribe = Subscribe.newBuilder().setInboxAfterSeq(inboxSeq);
      rooms.forEach(
          (room, after) ->
              subscribe.addRooms(Cursor.newBuilder().setRoomId(room).setAfterSeq(after)));
      long request = requests.incrementAndGet();
      subscriptions.add(request);
      write(ClientFrame.newBuilder().setRequestId(request).setSubscribe(subscribe));
    }

    private CompletableFuture<Outcome> send(Deed deed, Send send) {
      long call = stage.nextCall();
      long request = requests.incrementAndGet();
      var answer = new CompletableFuture<Outcome>();
      stage.recorder().record(time -> new Fact.Called(time, call, id, user.id, gatewayName, deed));
      waiting.put(request, new Waiting(call, answer));
      write(ClientFrame.newBuilder().setRequestId(request).setSend(send));
      if (closed) {
        unanswered(request, "closed");
      }
      CompletableFuture.delayedExecutor(ANSWER_MAX.toMillis(), TimeUnit.MILLISECONDS)
          .execute(() -> unanswered(request, "no answer in time"));
      return answer;
    }

    private synchronized void write(ClientFrame.Builder frame) {
      var to = socket;
      if (to == null || closed) {
        return;
      }
      try {
        to.sendBinary(ByteBuffer.wrap(frame.build().toByteArray()), true)
            .get(ANSWER_MAX.toMillis(), TimeUnit.MILLISECONDS);
      } catch (ExecutionException | TimeoutException e) {
        abort();
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
    }

    private void end() {
      var to = socket;
      if (to != null) {
        to.sendClose(WebSocket.NORMAL_CLOSURE, "");
        closed(1000);
        CompletableFuture.delayedExecutor(1, TimeUnit.SECONDS).execute(to::abort);
      }
    }

    private void abort() {
      var to = socket;
      if (to != null) {
        to.abort();
      }
      closed(1006);
    }
  }
}

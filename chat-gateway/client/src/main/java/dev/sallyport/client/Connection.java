package dev.sallyport.client;

import com.google.protobuf.ByteString;
import com.nimbusds.jwt.SignedJWT;
import dev.sallyport.gateway.protocol.Accepted;
import dev.sallyport.gateway.protocol.CaughtUp;
import dev.sallyport.gateway.protocol.ClientFrame;
import dev.sallyport.gateway.protocol.CloseCode;
import dev.sallyport.gateway.protocol.CommitDeclaration;
import dev.sallyport.gateway.protocol.EntryKind;
import dev.sallyport.gateway.protocol.InboxEntry;
import dev.sallyport.gateway.protocol.Ping;
import dev.sallyport.gateway.protocol.Ready;
import dev.sallyport.gateway.protocol.Refused;
import dev.sallyport.gateway.protocol.RoomEntry;
import dev.sallyport.gateway.protocol.ServerFrame;
import dev.sallyport.gateway.protocol.SubscriptionEnded;
import java.net.http.HttpClient;
import java.text.ParseException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayDeque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * One device's place at the gateway: a socket that is opened again whenever it ends, as the
 * catalogue of close codes says, and that goes on where the application is. Thread-safe.
 *
 * <ul>
 *   <li>Tokens are renewed on the open socket before they expire.
 *   <li>A message is sent with one id until it is answered, over as many sockets as that takes; the
 *       gateway stores it once.
 *   <li>Each room's entries come in order, none twice, none left out without being told, and only
 *       if they follow on the hash chain of those before.
 *   <li>Everything is bounded: what waits to be sent, what is unanswered, what waits for the
 *       listener.
 * </ul>
 *
 * <p>The listener is called on virtual threads, one call after the other, and may block; the next
 * entry waits for it. It must not wait for this connection to close. A cursor moves when the
 * listener has returned, so that an entry whose taking-in was cut off comes again: after a restart
 * from {@link #cursors}, and on another socket if the listener throws.
 */
public final class Connection implements AutoCloseable {

  /** Not answered at once: the gateway lets 256 wait, and reads no more from 128 on. */
  private static final int UNANSWERED_MAX = 100;

  /** Waiting to be sent; beyond it a send is refused here. */
  static final int QUEUED_MAX = 1_000;

  /** Own messages whose hash is kept until they are delivered. */
  private static final int OWN_HASHES_MAX = 1_000;

  private static final Duration PING_AFTER = Duration.ofSeconds(30);
  private static final Duration SILENCE_MAX = Duration.ofSeconds(75);
  private static final Duration WATCH_EVERY = Duration.ofSeconds(5);

  /** A listener may take its time; the next socket is opened when it is done. */
  private static final Duration LISTENER_MAX = Duration.ofDays(1);

  /** A socket that lived for less is no sign that all is well. */
  private static final Duration GOOD_LIFE = Duration.ofSeconds(10);

  /** Of gateway tokens, where one does not say. */
  private static final Duration USUAL_LIFE = Duration.ofMinutes(5);

  /** New tokens in a row that the gateway refuses: the next would be, too. */
  private static final int TOKENS_REFUSED_MAX = 5;

  /** In one Subscribe. */
  private static final int ROOMS_MAX = 1_000;

  private static final long RETRY_MILLIS_MIN = 100;
  private static final long RETRY_MILLIS_MAX = 60_000;

  private final HttpClient http;
  private final GatewayAddress address;
  private final DpopKey dpop;
  private final GatewayTokens tokens;
  private final Listener listener;
  private final InstantSource clock;
  private final Backoff soon;
  private final Backoff later;
  private final Duration sendMax;
  private final CompletableFuture<Stopped> stopped = new CompletableFuture<>();
  private final Thread runner;

  // Guarded by this.
  private final Map<String, RoomCursor> rooms = new LinkedHashMap<>();
  private final Set<String> unnamed = new HashSet<>();
  private final Set<String> broken = new HashSet<>();
  private final Map<String, Progress> progress = new HashMap<>();
  private final LinkedHashMap<OwnEntry, ByteString> own = new LinkedHashMap<>();
  private final Map<ByteString, Message> messages = new LinkedHashMap<>();
  private final ArrayDeque<Message> toSend = new ArrayDeque<>();
  private int unanswered;
  private long inbox;
  private long generation;
  private @Nullable GatewaySocket socket;
  private boolean closing;

  /**
   * Whether the socket's first Subscribe was taken: whichever is taken first has the gateway begin
   * all rooms that it does not name behind their newest entry.
   */
  private boolean named;

  private String userId = "";

  // Only touched by the runner.
  private int tokensRefused;

  private Connection(Builder builder) {
    http = builder.http;
    address = builder.address;
    dpop = builder.dpop;
    tokens = builder.tokens;
    listener = builder.listener;
    clock = builder.clock;
    soon = new Backoff(builder.soonFirst, builder.soonMax, builder.random);
    later = new Backoff(builder.laterFirst, builder.laterMax, builder.random);
    sendMax = builder.sendMax;
    rooms.putAll(builder.rooms);
    inbox = builder.inbox;
    runner = Thread.ofVirtual().name("gateway-connection").unstarted(this::run);
  }

  /** What the application hears. Each method does nothing unless it is overridden. */
  public interface Listener {
    /** A socket is open; backlogs follow. */
    default void connected(Ready ready) {}

    /** The socket ended; unless {@link #stopped} follows, another one will be opened. */
    default void disconnected(int code, String reason) {}

    /** The next entry of a room; own ones too. */
    default void entry(RoomEntry entry) {}

    /** The next entry of the device's inbox. */
    default void inbox(InboxEntry entry) {}

    /** A backlog has been delivered; an empty room id: the inbox's. */
    default void caughtUp(CaughtUp marker) {}

    /** No more of this room comes. */
    default void ended(SubscriptionEnded end) {}

    /**
     * The room's history is not the one that this device has seen, or entries are missing that the
     * gateway does not own up to. Nothing more of the room is delivered.
     */
    default void forked(String roomId, String reason) {}

    /** No socket will be opened any more. */
    default void stopped(Stopped why) {}
  }

  /** Why a connection ended for good. */
  public sealed interface Stopped {
    /** {@link Connection#close} was called. */
    record ByClient() implements Stopped {}

    /** The session, the authorization or the device is gone: the person has to sign in. */
    record SignIn(String reason) implements Stopped {}

    /** It would happen again: the client is at fault, or something newer took its place. */
    record Refusal(String reason) implements Stopped {}
  }

  private record OwnEntry(String roomId, long seq) {}

  /** What came of a room on this socket before the end of its backlog. */
  private static final class Progress {
    boolean any;
    boolean gap;
    boolean caughtUp;
    final long from;

    /**
     * Whether the socket's first Subscribe named it: then nothing was begun without being asked.
     */
    final boolean first;

    Progress(long from, boolean first) {
      this.from = from;
      this.first = first;
    }
  }

  private static final class Message {
    final ByteString id;
    final ClientFrame frame;
    final CompletableFuture<Sent> sent = new CompletableFuture<>();
    @Nullable Future<?> timer;
    boolean done;

    Message(ByteString id, ClientFrame frame) {
      this.id = id;
      this.frame = frame;
    }
  }

  /** How to make one. */
  public static final class Builder {
    private final GatewayAddress address;
    private final DpopKey dpop;
    private final GatewayTokens tokens;
    private final Listener listener;
    private final Map<String, RoomCursor> rooms = new LinkedHashMap<>();
    private HttpClient http = HttpClients.shared();
    private InstantSource clock = InstantSource.system();
    private RandomGenerator random = RandomGenerator.getDefault();
    private Duration soonFirst = Duration.ofMillis(500);
    private Duration soonMax = Duration.ofSeconds(10);
    private Duration laterFirst = Duration.ofSeconds(1);
    private Duration laterMax = Duration.ofSeconds(60);
    private Duration sendMax = Duration.ofSeconds(60);
    private long inbox;

    private Builder(GatewayAddress address, DpopKey dpop, GatewayTokens tokens, Listener listener) {
      this.address = address;
      this.dpop = dpop;
      this.tokens = tokens;
      this.listener = listener;
    }

    /** Follows this room from there on, from the first socket. */
    public Builder follow(String roomId, RoomCursor from) {
      rooms.put(roomId, from);
      return this;
    }

    /** The device holds its inbox up to there; the gateway forgets that much. */
    public Builder inboxAfter(long seq) {
      inbox = seq;
      return this;
    }

    public Builder http(HttpClient client) {
      http = client;
      return this;
    }

    public Builder clock(InstantSource source) {
      clock = source;
      return this;
    }

    /** Where the jitter comes from. */
    public Builder random(RandomGenerator source) {
      random = source;
      return this;
    }

    /**
     * Pauses before a new socket after an ordinary end: the first at most so long, then doubling.
     */
    public Builder reconnectSoon(Duration first, Duration max) {
      soonFirst = first;
      soonMax = max;
      return this;
    }

    /** The same where the gateway asks for patience, or cannot be reached. */
    public Builder reconnectLater(Duration first, Duration max) {
      laterFirst = first;
      laterMax = max;
      return this;
    }

    /** How long a message is tried before {@link Sent.Unknown}. */
    public Builder sendWithin(Duration atMost) {
      sendMax = atMost;
      return this;
    }

    /** Begins to connect, and returns at once. */
    public Connection open() {
      var connection = new Connection(this);
      connection.runner.start();
      return connection;
    }
  }

  public static Builder to(
      GatewayAddress address, DpopKey dpop, GatewayTokens tokens, Listener listener) {
    return new Builder(address, dpop, tokens, listener);
  }

  // ---------------------------------------------------------------------------- the application's

  /**
   * Follows a room, for instance one joined just now, from there on. Does nothing if it is
   * followed.
   */
  public void follow(String roomId, RoomCursor from) {
    GatewaySocket open;
    synchronized (this) {
      var anew = unnamed.remove(roomId);
      if (rooms.containsKey(roomId) && !anew) {
        return;
      }
      rooms.put(roomId, from);
      broken.remove(roomId);
      progress.put(roomId, new Progress(from.seq(), false));
      open = socket;
      if (open != null && anew) {
        // The gateway has begun at the newest entry, and one socket has each room once.
        open.abort();
        return;
      }
      if (!named) {
        // It is named by the first Subscribe, if that has to be repeated, or right after it.
        return;
      }
    }
    if (open != null) {
      subscribe(open, Map.of(roomId, from.seq()));
    }
  }

  /** Where the application is in each room it follows. */
  public synchronized Map<String, RoomCursor> cursors() {
    return new LinkedHashMap<>(rooms);
  }

  /** Up to where the application has taken in its inbox. */
  public synchronized long inboxCursor() {
    return inbox;
  }

  /** Completes when no socket will be opened any more. */
  public CompletableFuture<Stopped> whenStopped() {
    return stopped.copy();
  }

  /** Whether a socket is open at this moment. */
  public synchronized boolean connected() {
    return socket != null;
  }

  /**
   * Sends an MLS message, under a new id.
   *
   * @param commit present exactly when the message carries a Commit
   */
  public CompletableFuture<Sent> send(
      String roomId, byte[] mlsMessage, @Nullable CommitDeclaration commit) {
    return send(roomId, mlsMessage, commit, GatewaySocket.messageId());
  }

  /**
   * The same under an id of one's own, to repeat an earlier send. Messages are sent in this order;
   * one that the gateway asks to repeat later may come after those behind it. Does not block.
   *
   * @return never ends exceptionally
   */
  public CompletableFuture<Sent> send(
      String roomId, byte[] mlsMessage, @Nullable CommitDeclaration commit, byte[] messageId) {
    var id = ByteString.copyFrom(messageId);
    var message =
        new Message(
            id,
            GatewaySocket.sending(roomId, ByteString.copyFrom(mlsMessage), commit, messageId)
                .build());
    synchronized (this) {
      if (closing || stopped.isDone()) {
        return CompletableFuture.completedFuture(new Sent.Unknown("the connection has ended"));
      }
      var before = messages.get(id);
      if (before != null) {
        return before.frame.equals(message.frame)
            ? before.sent.copy()
            : CompletableFuture.completedFuture(
                new Sent.Unknown("another message waits under this id"));
      }
      if (messages.size() >= QUEUED_MAX) {
        return CompletableFuture.completedFuture(
            new Sent.Unknown("not sent: " + QUEUED_MAX + " messages wait already"));
      }
      message.timer =
          Timers.after(
              sendMax, () -> finish(message, new Sent.Unknown("no answer within " + sendMax)));
      messages.put(id, message);
      toSend.add(message);
    }
    pump();
    return message.sent.copy();
  }

  /**
   * Drops the socket that is open, if one is, and opens another: for instance on another network.
   */
  public void reconnect() {
    GatewaySocket open;
    synchronized (this) {
      open = socket;
    }
    if (open != null) {
      open.abort();
    }
  }

  /** Ends the socket; what is unanswered is {@link Sent.Unknown}. Waits for a listener's call. */
  @Override
  public void close() {
    GatewaySocket open;
    synchronized (this) {
      closing = true;
      open = socket;
    }
    runner.interrupt();
    if (open != null) {
      open.close();
    }
    stop(new Stopped.ByClient());
  }

  // --------------------------------------------------------------------------------- the sockets

  private sealed interface Step {
    /**
     * @param newToken the one in use is of no more use
     */
    record Again(Duration pause, boolean newToken) implements Step {}

    record Stop(Stopped why) implements Step {}
  }

  private void run() {
    boolean newToken = false;
    while (true) {
      var step = attempt(newToken);
      if (isClosing()) {
        return;
      }
      switch (step) {
        case Step.Again(Duration pause, boolean anew) -> {
          newToken = anew;
          if (!paused(pause)) {
            return;
          }
        }
        case Step.Stop(Stopped why) -> {
          stop(why);
          return;
        }
      }
    }
  }

  private Step attempt(boolean newToken) {
    try {
      return serve(newToken ? tokens.renewed() : tokens.current());
    } catch (OAuthException e) {
      return afterRefusal(e);
    } catch (GatewaySocket.HandshakeRefused e) {
      return afterRefusal(e);
    } catch (GatewaySocket.ClosedException e) {
      return afterClose(e.code(), String.valueOf(e.getMessage()));
    } catch (RuntimeException e) {
      // The issuer or the gateway cannot be reached, or answers what cannot be understood.
      return new Step.Again(later.next(), false);
    }
  }

  private synchronized boolean isClosing() {
    return closing;
  }

  private static boolean paused(Duration pause) {
    try {
      Thread.sleep(pause);
      return true;
    } catch (InterruptedException e) {
      return false;
    }
  }

  /** One socket, from its handshake to its end. */
  private Step serve(String token) {
    long began = System.nanoTime();
    Map<String, Long> from = new LinkedHashMap<>();
    long mine;
    synchronized (this) {
      mine = ++generation;
      unnamed.clear();
      progress.clear();
      rooms.forEach(
          (room, cursor) -> {
            if (!broken.contains(room)) {
              from.put(room, cursor.seq());
              progress.put(room, new Progress(cursor.seq(), true));
            }
          });
    }
    var open = GatewaySocket.openByHeaders(http, address, token, dpop, frame -> take(frame, mine));
    try {
      synchronized (this) {
        if (closing) {
          return new Step.Stop(new Stopped.ByClient());
        }
        // Rooms that were added since the cursors were taken are named as well.
        rooms.forEach(
            (room, cursor) -> {
              if (!broken.contains(room)) {
                from.put(room, cursor.seq());
                progress.put(room, new Progress(cursor.seq(), true));
              }
            });
        socket = open;
        named = false;
        userId = open.ready().getUserId();
        unanswered = 0;
        toSend.clear();
        toSend.addAll(messages.values());
      }
      listener.connected(open.ready());
      subscribeFirst(open, from);
      pump();
      var step = watch(open, token);
      if (System.nanoTime() - began >= GOOD_LIFE.toNanos()) {
        soon.reset();
        later.reset();
        tokensRefused = 0;
      }
      return step;
    } finally {
      synchronized (this) {
        socket = null;
      }
      open.close();
      // What is queued comes again; the one call under way must be over before it does.
      open.silence(LISTENER_MAX);
      synchronized (this) {
        generation++;
      }
      var how = open.closed().join();
      listener.disconnected(how.code(), how.reason());
    }
  }

  /** Until the socket ends: renews its token, and notices when nobody is there any more. */
  private Step watch(GatewaySocket open, String firstToken) {
    long renewAt = System.nanoTime() + untilRenewal(firstToken, open.ready()).toNanos();
    boolean pinged = false;
    while (true) {
      try {
        long nanos = Math.clamp(renewAt - System.nanoTime(), 0, WATCH_EVERY.toNanos());
        var closed = open.closed().get(nanos, TimeUnit.NANOSECONDS);
        return afterClose(closed.code(), closed.reason());
      } catch (TimeoutException stillOpen) {
        // Time to look around.
      } catch (ExecutionException e) {
        throw new IllegalStateException(e);
      } catch (InterruptedException e) {
        return new Step.Stop(new Stopped.ByClient());
      }
      if (open.silence().compareTo(SILENCE_MAX) > 0) {
        open.abort();
        return new Step.Again(soon.next(), false);
      }
      if (open.silence().compareTo(PING_AFTER) < 0) {
        pinged = false;
      } else if (!pinged) {
        pinged = true;
        var _ = open.request(ClientFrame.newBuilder().setPing(Ping.getDefaultInstance()));
      }
      if (System.nanoTime() - renewAt >= 0) {
        try {
          var token = tokens.renewed();
          open.refresh(token);
          renewAt = System.nanoTime() + lifeOf(token).multipliedBy(2).dividedBy(3).toNanos();
        } catch (OAuthException e) {
          if (afterRefusal(e) instanceof Step.Stop stop) {
            return stop;
          }
          renewAt = System.nanoTime() + WATCH_EVERY.toNanos();
        } catch (RuntimeException e) {
          // The socket is good until its token expires: until then, again.
          renewAt = System.nanoTime() + WATCH_EVERY.toNanos();
        }
      }
    }
  }

  /**
   * By the token's own life, since this client's clock may be wrong; by the clock only how much of
   * it is gone already.
   */
  private Duration untilRenewal(String token, Ready ready) {
    var whole = lifeOf(token);
    var left = Duration.between(clock.instant(), Instant.ofEpochMilli(ready.getTokenExpiresAtMs()));
    var believable = !left.isNegative() && left.compareTo(whole) <= 0;
    return (believable ? left : whole.dividedBy(2)).multipliedBy(2).dividedBy(3);
  }

  private static Duration lifeOf(String token) {
    try {
      var claims = SignedJWT.parse(token).getJWTClaimsSet();
      if (claims.getExpirationTime() != null && claims.getIssueTime() != null) {
        return Duration.between(
            claims.getIssueTime().toInstant(), claims.getExpirationTime().toInstant());
      }
    } catch (ParseException e) {
      // Then it is as long-lived as tokens mostly are.
    }
    return USUAL_LIFE;
  }

  // ------------------------------------------------------------------- what comes after an end

  private Step afterClose(int code, String reason) {
    return CloseCode.of(code)
        .map(
            known ->
                switch (known.next()) {
                  case RECONNECT -> new Step.Again(soon.next(), false);
                  case RECONNECT_LATER -> new Step.Again(later.next(), false);
                  case NEW_TOKEN -> afterBadToken(reason);
                  case SIGN_IN -> new Step.Stop(new Stopped.SignIn(reason));
                  case STOP -> new Step.Stop(new Stopped.Refusal(reason));
                })
        .orElseGet(() -> new Step.Again(soon.next(), false));
  }

  private Step afterBadToken(String reason) {
    return ++tokensRefused >= TOKENS_REFUSED_MAX
        ? new Step.Stop(new Stopped.Refusal(reason))
        : new Step.Again(soon.next(), true);
  }

  private Step afterRefusal(GatewaySocket.HandshakeRefused refused) {
    var challenge = refused.challenge();
    if (refused.status() == 401 && challenge.contains("insufficient_user_authentication")) {
      return new Step.Stop(new Stopped.SignIn("insufficient_user_authentication"));
    }
    return switch (refused.status()) {
      case 401 -> afterBadToken(challenge);
      case 400, 403, 404, 405, 426 -> new Step.Stop(new Stopped.Refusal(refused.getMessage() + ""));
      default ->
          new Step.Again(
              longer(later.next(), Duration.ofSeconds(refused.retryAfterSeconds().orElse(0))),
              false);
    };
  }

  private static Duration longer(Duration one, Duration other) {
    return one.compareTo(other) >= 0 ? one : other;
  }

  /** RFC 6749 §5.2, RFC 8693 §2.2.2, RFC 9470. */
  private Step afterRefusal(OAuthException refused) {
    return switch (refused.code()) {
      // The subject token is no good any more: its session or authorization has ended.
      case "invalid_grant", "invalid_request", "insufficient_user_authentication" ->
          new Step.Stop(new Stopped.SignIn(refused.code()));
      case "access_denied",
          "invalid_client",
          "invalid_scope",
          "invalid_target",
          "invalid_dpop_proof",
          "unauthorized_client",
          "unsupported_grant_type" ->
          new Step.Stop(new Stopped.Refusal(refused.code()));
      default -> new Step.Again(later.next(), false);
    };
  }

  private void stop(Stopped why) {
    List<Message> unsent;
    synchronized (this) {
      if (!stopped.complete(why)) {
        return;
      }
      unsent = List.copyOf(messages.values());
    }
    unsent.forEach(message -> finish(message, new Sent.Unknown("the connection has ended")));
    listener.stopped(why);
  }

  // ------------------------------------------------------------------------------ what is sent

  /** Nothing else is subscribed to before this was taken. */
  private void subscribeFirst(GatewaySocket open, Map<String, Long> from) {
    Map<String, Long> some = new LinkedHashMap<>();
    from.entrySet().stream()
        .limit(ROOMS_MAX)
        .forEach(one -> some.put(one.getKey(), one.getValue()));
    var frame =
        ClientFrame.newBuilder().setSubscribe(GatewaySocket.subscription(some, inboxCursor()));
    var _ =
        open.request(frame)
            .whenComplete(
                (answer, failure) -> {
                  if (failure instanceof TimeoutException) {
                    // It may have been taken, or not: the next socket begins with all rooms.
                    open.abort();
                  } else if (failure == null
                      && answer.hasRefused()
                      && answer.getRefused().getRetryable()) {
                    var _ =
                        Timers.after(
                            pauseAfter(answer.getRefused()),
                            () -> subscribeFirst(open, notNamedIn(Map.of())));
                  } else if (failure == null) {
                    namedFirst(open, some);
                  }
                });
  }

  private void namedFirst(GatewaySocket open, Map<String, Long> some) {
    Map<String, Long> rest;
    synchronized (this) {
      if (open != socket) {
        return;
      }
      named = true;
      rest = notNamedIn(some);
    }
    if (!rest.isEmpty()) {
      subscribe(open, rest);
    }
  }

  /** The rooms that are followed, but for those that the gateway began by itself. */
  private synchronized Map<String, Long> notNamedIn(Map<String, Long> some) {
    Map<String, Long> rest = new LinkedHashMap<>();
    rooms.forEach(
        (room, cursor) -> {
          if (!some.containsKey(room) && !broken.contains(room) && !unnamed.contains(room)) {
            rest.put(room, cursor.seq());
          }
        });
    return rest;
  }

  private void subscribe(GatewaySocket open, Map<String, Long> from) {
    List<Map.Entry<String, Long>> all = List.copyOf(from.entrySet());
    int at = 0;
    do {
      Map<String, Long> some = new LinkedHashMap<>();
      for (var one : all.subList(at, Math.min(all.size(), at + ROOMS_MAX))) {
        some.put(one.getKey(), one.getValue());
      }
      at += ROOMS_MAX;
      var frame =
          ClientFrame.newBuilder().setSubscribe(GatewaySocket.subscription(some, inboxCursor()));
      var _ =
          open.request(frame)
              .whenComplete(
                  (answer, failure) -> {
                    if (failure == null
                        && answer.hasRefused()
                        && answer.getRefused().getRetryable()) {
                      var _ =
                          Timers.after(
                              pauseAfter(answer.getRefused()), () -> subscribe(open, some));
                    }
                  });
    } while (at < all.size());
  }

  private synchronized void pump() {
    var open = socket;
    while (open != null && unanswered < UNANSWERED_MAX && !toSend.isEmpty()) {
      var message = toSend.remove();
      if (message.done) {
        continue;
      }
      unanswered++;
      // Written under this lock, so that messages leave in their order; writing does not block.
      var _ =
          open.request(message.frame.toBuilder())
              .whenComplete((answer, failure) -> answered(open, message, answer, failure));
    }
  }

  private void answered(
      GatewaySocket by,
      Message message,
      @Nullable ServerFrame answer,
      @Nullable Throwable failure) {
    synchronized (this) {
      if (by == socket) {
        unanswered--;
      }
    }
    if (answer != null && answer.hasAccepted()) {
      accepted(message, answer.getAccepted());
      finish(message, new Sent.Ok(answer.getAccepted()));
    } else if (answer != null && answer.hasRefused()) {
      var refused = answer.getRefused();
      if (refused.getRetryable()) {
        var _ = Timers.after(pauseAfter(refused), () -> again(by, message));
      } else {
        finish(message, new Sent.No(refused));
      }
    } else if (failure instanceof TimeoutException || answer != null) {
      again(by, message);
    }
    // Otherwise the socket ended: the next one begins with all that is unanswered.
    pump();
  }

  private void again(GatewaySocket by, Message message) {
    synchronized (this) {
      if (by == socket && !message.done) {
        toSend.add(message);
      }
    }
    pump();
  }

  private static Duration pauseAfter(Refused refused) {
    long asked = Math.clamp(refused.getRetryAfterMs(), RETRY_MILLIS_MIN, RETRY_MILLIS_MAX);
    return Duration.ofMillis(asked + ThreadLocalRandom.current().nextLong(asked / 2 + 1));
  }

  private void finish(Message message, Sent outcome) {
    synchronized (this) {
      if (message.done) {
        return;
      }
      message.done = true;
      messages.remove(message.id);
      var timer = message.timer;
      if (timer != null) {
        timer.cancel(false);
      }
    }
    message.sent.complete(outcome);
  }

  /** What the gateway acknowledged must be what it delivers. */
  private void accepted(Message message, Accepted accepted) {
    var roomId = message.frame.getSend().getRoomId();
    synchronized (this) {
      var cursor = rooms.get(roomId);
      if (cursor == null || cursor.seq() >= accepted.getSeq()) {
        return;
      }
      own.put(new OwnEntry(roomId, accepted.getSeq()), accepted.getChainHash());
      if (own.size() > OWN_HASHES_MAX) {
        own.pollFirstEntry();
      }
    }
  }

  // -------------------------------------------------------------------------- what is delivered

  /** One frame after the other, on a virtual thread of the socket's. */
  private void take(ServerFrame frame, long of) {
    synchronized (this) {
      if (of != generation) {
        return;
      }
    }
    switch (frame.getBodyCase()) {
      case ROOM_ENTRY -> entry(frame.getRoomEntry());
      case INBOX_ENTRY -> inbox(frame.getInboxEntry());
      case CAUGHT_UP -> caughtUp(frame.getCaughtUp());
      case SUBSCRIPTION_ENDED -> ended(frame.getSubscriptionEnded());
      // Answers that came too late, and what later gateways may say.
      case CHALLENGE, READY, ACCEPTED, REFUSED, PONG, SUBSCRIBED, BODY_NOT_SET -> {}
    }
  }

  private void entry(RoomEntry entry) {
    var roomId = entry.getRoomId();
    RoomCursor moved;
    String fault = null;
    synchronized (this) {
      if (broken.contains(roomId)) {
        return;
      }
      var cursor = rooms.get(roomId);
      if (cursor == null) {
        // Joined, and not named: the gateway begins behind its newest entry.
        unnamed.add(roomId);
        cursor = new RoomCursor(entry.getSeq() - 1, ByteString.EMPTY);
        rooms.put(roomId, cursor);
      }
      var sofar = progress.computeIfAbsent(roomId, id -> new Progress(entry.getSeq() - 1, false));
      moved = new RoomCursor(entry.getSeq(), entry.getChainHash());
      switch (cursor.step(entry)) {
        case RoomCursor.Step.Known() -> {
          return;
        }
        case RoomCursor.Step.Next(RoomCursor next) -> sofar.any = true;
        case RoomCursor.Step.Gap(RoomCursor next) -> {
          if (begunElsewhere(sofar) && !letsIn(entry)) {
            beginAnew();
            return;
          }
          if (sofar.caughtUp) {
            fault = "the entries before " + entry.getSeq() + " are missing";
          }
          sofar.any = true;
          sofar.gap |= sofar.from > 0;
        }
        case RoomCursor.Step.Broken(String reason) -> fault = reason;
      }
      var acknowledged = own.remove(new OwnEntry(roomId, entry.getSeq()));
      if (acknowledged != null && !acknowledged.equals(entry.getChainHash())) {
        fault = "entry " + entry.getSeq() + " is not the one that was acknowledged";
      }
      if (fault != null) {
        broken.add(roomId);
      }
    }
    if (fault != null) {
      listener.forked(roomId, fault);
      return;
    }
    try {
      listener.entry(entry);
    } catch (RuntimeException e) {
      // The application has not taken it in: it comes again, before what follows it.
      synchronized (this) {
        generation++;
        beginAnew();
      }
      throw e;
    }
    synchronized (this) {
      var reached = moved;
      rooms.computeIfPresent(
          roomId, (id, cursor) -> cursor.seq() < reached.seq() ? reached : cursor);
    }
  }

  /**
   * Whether the gateway may have begun this room at its newest entry: it was joined between two
   * subscriptions, and the one before did not name it.
   */
  private static boolean begunElsewhere(Progress sofar) {
    return !sofar.any && !sofar.first;
  }

  /** Whether a history that is open from there on begins with this entry. */
  private boolean letsIn(RoomEntry entry) {
    var event = entry.getEvent();
    return entry.getKind() == EntryKind.EVENT
        && (event.getType().equals("invited") || event.getType().equals("joined"))
        && event.getSubjectUserId().equals(userId);
  }

  /** One socket has each room once, so it takes another one to begin a room before. */
  private void beginAnew() {
    if (socket != null) {
      socket.abort();
    }
  }

  private void inbox(InboxEntry entry) {
    synchronized (this) {
      if (entry.getSeq() <= inbox) {
        return;
      }
    }
    listener.inbox(entry);
    synchronized (this) {
      inbox = Math.max(inbox, entry.getSeq());
    }
  }

  private void caughtUp(CaughtUp marker) {
    var roomId = marker.getRoomId();
    String fault = null;
    synchronized (this) {
      if (broken.contains(roomId)) {
        return;
      }
      if (!roomId.isEmpty()) {
        var cursor = rooms.get(roomId);
        var reached = new RoomCursor(marker.getSeq(), marker.getChainHash());
        if (cursor == null) {
          unnamed.add(roomId);
          rooms.put(roomId, reached);
          cursor = reached;
        }
        var sofar = progress.computeIfAbsent(roomId, id -> new Progress(marker.getSeq(), false));
        if (marker.getSeq() > cursor.seq() && begunElsewhere(sofar)) {
          beginAnew();
          return;
        }
        if (marker.getSeq() != cursor.seq()) {
          fault = "the marker names entry " + marker.getSeq() + ", not " + cursor.seq();
        } else if (sofar.gap && marker.getComplete()) {
          fault = "entries are missing, and the gateway says that none are";
        } else {
          fault = cursor.contradiction(marker).orElse(null);
        }
        sofar.caughtUp = true;
        if (fault != null) {
          broken.add(roomId);
        } else if (cursor.chainHash().isEmpty()) {
          rooms.put(roomId, reached);
        }
      }
    }
    if (fault != null) {
      listener.forked(roomId, fault);
    } else {
      listener.caughtUp(marker);
    }
  }

  private void ended(SubscriptionEnded end) {
    boolean lost;
    synchronized (this) {
      // The gateway's log is shorter than what it gave this device: that is no ordinary end.
      lost = end.getCode().equals("cursor_ahead");
      if (lost) {
        broken.add(end.getRoomId());
      } else {
        rooms.remove(end.getRoomId());
      }
      unnamed.remove(end.getRoomId());
      progress.remove(end.getRoomId());
    }
    if (lost) {
      listener.forked(end.getRoomId(), "the gateway's log does not reach to what this device has");
    } else {
      listener.ended(end);
    }
  }
}

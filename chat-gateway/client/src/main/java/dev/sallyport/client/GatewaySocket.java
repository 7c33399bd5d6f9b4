package dev.sallyport.client;

import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import dev.sallyport.gateway.protocol.Accepted;
import dev.sallyport.gateway.protocol.Authenticate;
import dev.sallyport.gateway.protocol.ClientFrame;
import dev.sallyport.gateway.protocol.CommitDeclaration;
import dev.sallyport.gateway.protocol.Cursor;
import dev.sallyport.gateway.protocol.Ready;
import dev.sallyport.gateway.protocol.Refresh;
import dev.sallyport.gateway.protocol.Refused;
import dev.sallyport.gateway.protocol.Send;
import dev.sallyport.gateway.protocol.ServerFrame;
import dev.sallyport.gateway.protocol.Subscribe;
import java.io.ByteArrayOutputStream;
import java.net.http.HttpClient;
import java.net.http.HttpResponse;
import java.net.http.WebSocket;
import java.net.http.WebSocketHandshakeException;
import java.nio.ByteBuffer;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Map;
import java.util.OptionalLong;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * One open socket to the gateway, by either form of the handshake; when it ends it has ended:
 * {@link Connection} is what resumes. Thread-safe.
 *
 * <p>Answers complete the calls that wait for them, on the thread that reads the socket. What comes
 * unasked goes into a queue and from there, one frame after the other, to the listener, on a
 * virtual thread of its own, which may block. While the queue is full nothing more is read; a
 * listener that leaves it so for long is disconnected by the gateway ({@code slow_reader}).
 */
public final class GatewaySocket implements AutoCloseable {

  private static final String SUBPROTOCOL = "sallyport.v1";
  private static final String FIRST_FRAME = "sallyport.v1.first-frame";
  private static final Duration ANSWER_MAX = Duration.ofSeconds(15);

  /** A page of the log's worth: read ahead of a listener that is busy for a moment. */
  private static final int DELIVERIES_MAX = 256;

  /** What waits to be written; a gateway that takes none of it is not there. */
  private static final int WRITES_MAX = 1024;

  /** Several times the largest frame there is. */
  private static final int FRAME_BYTES_MAX = 1024 * 1024;

  private final GatewayAddress address;
  private final DpopKey dpop;
  private final String firstFrameToken;
  private final Deliveries deliveries;
  private final AtomicLong lastRequestId = new AtomicLong();
  private final Map<Long, CompletableFuture<ServerFrame>> waiting = new ConcurrentHashMap<>();
  private final CompletableFuture<Ready> ready = new CompletableFuture<>();
  private final CompletableFuture<Closed> closed = new CompletableFuture<>();
  private volatile String nonce = "";
  private volatile long lastHeardNanos = System.nanoTime();

  // Guarded by itself.
  private final ArrayDeque<ByteBuffer> writes = new ArrayDeque<>();
  private boolean writing;
  private volatile @Nullable WebSocket socket;

  private GatewaySocket(
      GatewayAddress address, DpopKey dpop, String firstFrameToken, Consumer<ServerFrame> unasked) {
    this.address = address;
    this.dpop = dpop;
    this.firstFrameToken = firstFrameToken;
    this.deliveries = new Deliveries(unasked, DELIVERIES_MAX, this::readOn);
  }

  /** How a socket ended. {@link #LOST} stands for one that ended without a close frame. */
  public record Closed(int code, String reason) {
    /** RFC 6455 §7.1.5: the connection was lost. */
    public static final int LOST = 1006;
  }

  /** The handshake was answered with something else than 101. */
  public static final class HandshakeRefused extends RuntimeException {
    private static final long serialVersionUID = 1;
    private final int status;
    private final String challenge;
    private final @Nullable String nonce;

    private final long retryAfterSeconds;

    HandshakeRefused(HttpResponse<?> answer) {
      super(answer.statusCode() + " " + challenge(answer));
      var headers = answer.headers();
      this.status = answer.statusCode();
      this.challenge = challenge(answer);
      this.nonce = headers.firstValue("DPoP-Nonce").orElse(null);
      this.retryAfterSeconds = Api.seconds(headers.firstValue("Retry-After")).orElse(-1);
    }

    private static String challenge(HttpResponse<?> answer) {
      return String.join(", ", answer.headers().allValues("WWW-Authenticate"));
    }

    /** What {@code Retry-After} says. */
    public OptionalLong retryAfterSeconds() {
      return retryAfterSeconds < 0 ? OptionalLong.empty() : OptionalLong.of(retryAfterSeconds);
    }

    public int status() {
      return status;
    }

    /** The {@code WWW-Authenticate} header. */
    public String challenge() {
      return challenge;
    }
  }

  /** The socket was closed when something was still awaited. */
  public static final class ClosedException extends RuntimeException {
    private static final long serialVersionUID = 1;
    private final int code;

    ClosedException(Closed closed) {
      super(closed.code() + " " + closed.reason());
      this.code = closed.code();
    }

    public int code() {
      return code;
    }
  }

  /** A request was refused; the socket stays open. */
  public static final class RefusedException extends RuntimeException {
    private static final long serialVersionUID = 1;
    private final transient Refused refused;

    RefusedException(Refused refused) {
      super(refused.getCode() + ": " + refused.getMessage());
      this.refused = refused;
    }

    public Refused refused() {
      return refused;
    }
  }

  /** Opens with the token and the proof in headers, as clients do that can set them. */
  public static GatewaySocket openByHeaders(
      String gatewayUrl, @Nullable String token, DpopKey dpop, Consumer<ServerFrame> unasked) {
    return openByHeaders(HttpClients.shared(), GatewayAddress.of(gatewayUrl), token, dpop, unasked);
  }

  /**
   * The same.
   *
   * @throws HandshakeRefused when the answer is not 101
   * @throws ClosedException when the socket was closed before it was ready, or never came to be
   */
  public static GatewaySocket openByHeaders(
      HttpClient http,
      GatewayAddress address,
      @Nullable String token,
      DpopKey dpop,
      Consumer<ServerFrame> unasked) {
    try {
      return byHeaders(http, address, token, dpop, unasked, null);
    } catch (HandshakeRefused refused) {
      if (refused.nonce == null || !refused.challenge.contains("use_dpop_nonce")) {
        throw refused;
      }
      return byHeaders(http, address, token, dpop, unasked, refused.nonce);
    }
  }

  private static GatewaySocket byHeaders(
      HttpClient http,
      GatewayAddress address,
      @Nullable String token,
      DpopKey dpop,
      Consumer<ServerFrame> unasked,
      @Nullable String nonce) {
    var builder = http.newWebSocketBuilder().subprotocols(SUBPROTOCOL);
    if (token != null) {
      builder.header("Authorization", "DPoP " + token);
      builder.header("DPoP", dpop.proof("GET", address.socketHtu(), token, nonce));
    }
    return new GatewaySocket(address, dpop, "", unasked).open(builder);
  }

  /** Opens as a browser must: the token and the proof in the first frame. */
  public static GatewaySocket openByFirstFrame(
      String gatewayUrl, String token, DpopKey dpop, Consumer<ServerFrame> unasked) {
    return openByFirstFrame(
        HttpClients.shared(), GatewayAddress.of(gatewayUrl), token, dpop, unasked);
  }

  public static GatewaySocket openByFirstFrame(
      HttpClient http,
      GatewayAddress address,
      String token,
      DpopKey dpop,
      Consumer<ServerFrame> unasked) {
    return new GatewaySocket(address, dpop, token, unasked)
        .open(http.newWebSocketBuilder().subprotocols(SUBPROTOCOL, FIRST_FRAME));
  }

  private GatewaySocket open(WebSocket.Builder builder) {
    try {
      socket =
          builder
              .connectTimeout(ANSWER_MAX)
              .buildAsync(address.socketToConnect(), new Reader())
              .get(ANSWER_MAX.toSeconds(), TimeUnit.SECONDS);
    } catch (ExecutionException e) {
      if (e.getCause() instanceof WebSocketHandshakeException refused) {
        throw new HandshakeRefused(refused.getResponse());
      }
      throw new ClosedException(new Closed(Closed.LOST, "no connection: " + e.getCause()));
    } catch (TimeoutException e) {
      throw new ClosedException(new Closed(Closed.LOST, "the handshake was not answered"));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
    try {
      await(ready);
      return this;
    } catch (RuntimeException e) {
      abort();
      throw e;
    }
  }

  private final class Reader implements WebSocket.Listener {
    private final ByteArrayOutputStream parts = new ByteArrayOutputStream(256);

    @Override
    public void onOpen(WebSocket opened) {
      socket = opened;
      opened.request(1);
    }

    @Override
    public @Nullable CompletionStage<?> onBinary(WebSocket from, ByteBuffer data, boolean last) {
      lastHeardNanos = System.nanoTime();
      if (parts.size() + data.remaining() > FRAME_BYTES_MAX) {
        end(new Closed(Closed.LOST, "the gateway sent a frame that is too large"));
        from.abort();
        return null;
      }
      try {
        if (last && parts.size() == 0) {
          take(ServerFrame.parseFrom(data));
        } else {
          var part = new byte[data.remaining()];
          data.get(part);
          parts.writeBytes(part);
          if (last) {
            var whole = parts.toByteArray();
            parts.reset();
            take(ServerFrame.parseFrom(whole));
          }
        }
      } catch (InvalidProtocolBufferException e) {
        end(new Closed(Closed.LOST, "the gateway sent what is no ServerFrame"));
        from.abort();
        return null;
      }
      if (deliveries.hasRoom()) {
        from.request(1);
      }
      return null;
    }

    @Override
    public @Nullable CompletionStage<?> onPing(WebSocket from, ByteBuffer data) {
      lastHeardNanos = System.nanoTime();
      from.request(1);
      return null;
    }

    @Override
    public @Nullable CompletionStage<?> onClose(WebSocket from, int code, String reason) {
      end(new Closed(code, reason));
      return null;
    }

    @Override
    public void onError(WebSocket from, Throwable error) {
      end(new Closed(Closed.LOST, String.valueOf(error.getMessage())));
    }
  }

  private void readOn() {
    var open = socket;
    if (open != null) {
      open.request(1);
    }
  }

  private void end(Closed how) {
    closed.complete(how);
    var ended = new ClosedException(how);
    ready.completeExceptionally(ended);
    waiting.values().forEach(call -> call.completeExceptionally(ended));
    waiting.clear();
  }

  private void take(ServerFrame frame) {
    var call = frame.getRequestId() == 0 ? null : waiting.remove(frame.getRequestId());
    switch (frame.getBodyCase()) {
      case CHALLENGE -> {
        nonce = frame.getChallenge().getNonce();
        var first =
            Authenticate.newBuilder()
                .setAccessToken(firstFrameToken)
                .setDpopProof(
                    dpop.proof(
                        "GET",
                        address.socketHtu(),
                        firstFrameToken.isEmpty() ? null : firstFrameToken,
                        nonce));
        write(
            ClientFrame.newBuilder()
                .setRequestId(lastRequestId.incrementAndGet())
                .setAuthenticate(first)
                .build());
      }
      case READY -> {
        nonce = frame.getReady().getNonce();
        ready.complete(frame.getReady());
        if (call != null) {
          call.complete(frame);
        }
      }
      default -> {
        if (call != null) {
          call.complete(frame);
        } else {
          deliveries.add(frame);
        }
      }
    }
  }

  /** What the gateway said when the socket was open. */
  public Ready ready() {
    return await(ready);
  }

  /** Completes when the socket has ended. */
  public CompletableFuture<Closed> closed() {
    return closed;
  }

  /** How long nothing has come, not even a ping; the gateway pings who is silent for 30 s. */
  public Duration silence() {
    return Duration.ofNanos(System.nanoTime() - lastHeardNanos);
  }

  public void subscribe(Map<String, Long> rooms, long inboxAfterSeq) {
    write(ClientFrame.newBuilder().setSubscribe(subscription(rooms, inboxAfterSeq)).build());
  }

  static Subscribe subscription(Map<String, Long> rooms, long inboxAfterSeq) {
    var subscribe = Subscribe.newBuilder().setInboxAfterSeq(inboxAfterSeq);
    rooms.forEach(
        (room, after) ->
            subscribe.addRooms(Cursor.newBuilder().setRoomId(room).setAfterSeq(after)));
    return subscribe.build();
  }

  /**
   * Sends an MLS message and waits for the acknowledgement.
   *
   * @throws RefusedException when it is refused
   */
  public Accepted send(String roomId, byte[] mlsMessage, @Nullable CommitDeclaration commit) {
    return send(roomId, mlsMessage, commit, messageId());
  }

  /** 16 random bytes. */
  static byte[] messageId() {
    var messageId = new byte[16];
    Random.SECURE.nextBytes(messageId);
    return messageId;
  }

  private static final class Random {
    static final SecureRandom SECURE = new SecureRandom();
  }

  /** As above, with a client message id of one's own, to repeat a send. */
  public Accepted send(
      String roomId, byte[] mlsMessage, @Nullable CommitDeclaration commit, byte[] messageId) {
    return accepted(
            await(request(sending(roomId, ByteString.copyFrom(mlsMessage), commit, messageId))))
        .getAccepted();
  }

  static ClientFrame.Builder sending(
      String roomId, ByteString mlsMessage, @Nullable CommitDeclaration commit, byte[] messageId) {
    var send =
        Send.newBuilder()
            .setRoomId(roomId)
            .setClientMessageId(ByteString.copyFrom(messageId))
            .setMlsMessage(mlsMessage);
    if (commit != null) {
      send.setCommit(commit);
    }
    return ClientFrame.newBuilder().setSend(send);
  }

  /** Puts a new token on the open socket: same key, person and device. */
  public Ready refresh(String token) {
    var refresh =
        Refresh.newBuilder()
            .setAccessToken(token)
            .setDpopProof(dpop.proof("GET", address.socketHtu(), token, nonce));
    return accepted(await(request(ClientFrame.newBuilder().setRefresh(refresh)))).getReady();
  }

  private static ServerFrame accepted(ServerFrame received) {
    if (received.getBodyCase() == ServerFrame.BodyCase.REFUSED) {
      throw new RefusedException(received.getRefused());
    }
    return received;
  }

  /**
   * Writes any frame with a request id of this socket's choosing; the future has the one answer,
   * which may be a refusal. It ends with {@link ClosedException} where the socket ended first, and
   * with {@link TimeoutException} after 15 s: whether the frame was worked on is not known then.
   * Does not block.
   */
  public CompletableFuture<ServerFrame> request(ClientFrame.Builder frame) {
    var id = lastRequestId.incrementAndGet();
    var answer = new CompletableFuture<ServerFrame>();
    waiting.put(id, answer);
    if (closed.isDone()) {
      waiting.remove(id);
      answer.completeExceptionally(new ClosedException(closed.join()));
      return answer;
    }
    write(frame.setRequestId(id).build());
    var _ =
        answer
            .orTimeout(ANSWER_MAX.toMillis(), TimeUnit.MILLISECONDS)
            .whenComplete((frameOrNull, error) -> waiting.remove(id));
    return answer;
  }

  /** The JDK's socket takes one message at a time; the others wait here, in order. */
  private void write(ClientFrame frame) {
    synchronized (writes) {
      if (writes.size() >= WRITES_MAX) {
        throw new IllegalStateException("the gateway takes nothing any more");
      }
      writes.add(ByteBuffer.wrap(frame.toByteArray()));
      if (writing) {
        return;
      }
      writing = true;
    }
    writeOn();
  }

  private void writeOn() {
    while (true) {
      ByteBuffer next;
      synchronized (writes) {
        next = writes.poll();
        if (next == null) {
          writing = false;
          return;
        }
      }
      var open = socket;
      if (open == null) {
        return;
      }
      CompletableFuture<WebSocket> written = open.sendBinary(next, true);
      if (!written.isDone()) {
        var _ = written.whenComplete((done, error) -> written(error));
        return;
      }
      if (written.isCompletedExceptionally()) {
        end(new Closed(Closed.LOST, "a frame could not be written"));
        return;
      }
    }
  }

  private void written(@Nullable Throwable error) {
    if (error == null) {
      writeOn();
    } else {
      end(new Closed(Closed.LOST, "a frame could not be written"));
    }
  }

  private static <T> T await(CompletableFuture<T> future) {
    try {
      return future.get(ANSWER_MAX.toSeconds() + 1, TimeUnit.SECONDS);
    } catch (ExecutionException e) {
      if (e.getCause() instanceof RuntimeException known) {
        throw known;
      }
      if (e.getCause() instanceof TimeoutException) {
        throw new IllegalStateException("no answer within " + ANSWER_MAX);
      }
      throw new CompletionException(e.getCause());
    } catch (TimeoutException e) {
      throw new IllegalStateException("no answer within " + ANSWER_MAX, e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
  }

  /** Throws away what is queued for the listener, and waits for the one call that is under way. */
  void silence(Duration atMost) {
    deliveries.stop(atMost);
  }

  /** Drops the connection without a word. */
  public void abort() {
    var open = socket;
    if (open != null) {
      open.abort();
    }
    end(new Closed(Closed.LOST, "dropped by this client"));
  }

  /** Closes with 1000 and does not wait for the answer. */
  @Override
  public void close() {
    var open = socket;
    if (open == null) {
      return;
    }
    try {
      open.sendClose(WebSocket.NORMAL_CLOSURE, "")
          .orTimeout(2, TimeUnit.SECONDS)
          .exceptionally(ignored -> open)
          .join();
    } finally {
      open.abort();
      end(new Closed(WebSocket.NORMAL_CLOSURE, "closed by this client"));
    }
  }
}

package dev.sallyport.acceptance.client;

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
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.WebSocket;
import java.net.http.WebSocketHandshakeException;
import java.nio.ByteBuffer;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.Map;
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

/** One open socket to the gateway, by either form of the handshake. Thread-safe. */
public final class GatewaySocket implements AutoCloseable {

  private static final String SUBPROTOCOL = "sallyport.v1";
  private static final String FIRST_FRAME = "sallyport.v1.first-frame";
  private static final Duration ANSWER_MAX = Duration.ofSeconds(15);

  private final URI htu;
  private final DpopKey dpop;
  private final Consumer<ServerFrame> unasked;
  private final AtomicLong lastRequestId = new AtomicLong();
  private final Map<Long, CompletableFuture<ServerFrame>> waiting = new ConcurrentHashMap<>();
  private final CompletableFuture<Ready> ready = new CompletableFuture<>();
  private final CompletableFuture<Closed> closed = new CompletableFuture<>();
  private final String firstFrameToken;
  private volatile String nonce = "";

  @SuppressWarnings("NullAway.Init")
  private WebSocket socket;

  private GatewaySocket(
      URI htu, DpopKey dpop, String firstFrameToken, Consumer<ServerFrame> unasked) {
    this.htu = htu;
    this.dpop = dpop;
    this.firstFrameToken = firstFrameToken;
    this.unasked = unasked;
  }

  /** How a socket ended. */
  public record Closed(int code, String reason) {}

  /** The handshake was answered with something else than 101. */
  public static final class HandshakeRefused extends RuntimeException {
    private static final long serialVersionUID = 1;
    private final int status;
    private final String challenge;
    private final @Nullable String nonce;

    HandshakeRefused(int status, String challenge, @Nullable String nonce) {
      super(status + " " + challenge);
      this.status = status;
      this.challenge = challenge;
      this.nonce = nonce;
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
    try {
      return byHeaders(gatewayUrl, token, dpop, unasked, null);
    } catch (HandshakeRefused refused) {
      if (refused.nonce == null || !refused.challenge.contains("use_dpop_nonce")) {
        throw refused;
      }
      return byHeaders(gatewayUrl, token, dpop, unasked, refused.nonce);
    }
  }

  private static GatewaySocket byHeaders(
      String gatewayUrl,
      @Nullable String token,
      DpopKey dpop,
      Consumer<ServerFrame> unasked,
      @Nullable String nonce) {
    var htu = URI.create(gatewayUrl + "/v1/socket");
    var builder = HttpClient.newHttpClient().newWebSocketBuilder().subprotocols(SUBPROTOCOL);
    if (token != null) {
      builder.header("Authorization", "DPoP " + token);
      builder.header("DPoP", dpop.proof("GET", htu, token, nonce));
    }
    return new GatewaySocket(htu, dpop, "", unasked).open(builder);
  }

  /** Opens as a browser must: the token and the proof in the first frame. */
  public static GatewaySocket openByFirstFrame(
      String gatewayUrl, String token, DpopKey dpop, Consumer<ServerFrame> unasked) {
    return new GatewaySocket(URI.create(gatewayUrl + "/v1/socket"), dpop, token, unasked)
        .open(
            HttpClient.newHttpClient()
                .newWebSocketBuilder()
                .subprotocols(SUBPROTOCOL, FIRST_FRAME));
  }

  private GatewaySocket open(WebSocket.Builder builder) {
    var uri = URI.create(htu.toString().replaceFirst("^http", "ws"));
    try {
      socket =
          builder
              .connectTimeout(ANSWER_MAX)
              .buildAsync(uri, new Reader())
              .get(ANSWER_MAX.toSeconds(), TimeUnit.SECONDS);
    } catch (ExecutionException e) {
      if (e.getCause() instanceof WebSocketHandshakeException refused) {
        var headers = refused.getResponse().headers();
        throw new HandshakeRefused(
            refused.getResponse().statusCode(),
            String.join(", ", headers.allValues("WWW-Authenticate")),
            headers.firstValue("DPoP-Nonce").orElse(null));
      }
      throw new IllegalStateException("the socket cannot be opened", e.getCause());
    } catch (TimeoutException e) {
      throw new IllegalStateException("the handshake was not answered", e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
    await(ready);
    return this;
  }

  private final class Reader implements WebSocket.Listener {
    private final ByteArrayOutputStream parts = new ByteArrayOutputStream();

    @Override
    public @Nullable CompletionStage<?> onBinary(WebSocket from, ByteBuffer data, boolean last) {
      var part = new byte[data.remaining()];
      data.get(part);
      parts.writeBytes(part);
      if (last) {
        try {
          take(from, ServerFrame.parseFrom(parts.toByteArray()));
        } catch (InvalidProtocolBufferException e) {
          onError(from, e);
        }
        parts.reset();
      }
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
      // 1006 (RFC 6455 §7.1.5): the connection was lost.
      end(new Closed(1006, String.valueOf(error.getMessage())));
    }
  }

  private void end(Closed how) {
    closed.complete(how);
    var ended = new ClosedException(how);
    ready.completeExceptionally(ended);
    waiting.values().forEach(call -> call.completeExceptionally(ended));
  }

  private void take(WebSocket from, ServerFrame frame) {
    var call = waiting.remove(frame.getRequestId());
    switch (frame.getBodyCase()) {
      case CHALLENGE -> {
        nonce = frame.getChallenge().getNonce();
        var first =
            Authenticate.newBuilder()
                .setAccessToken(firstFrameToken)
                .setDpopProof(
                    dpop.proof(
                        "GET", htu, firstFrameToken.isEmpty() ? null : firstFrameToken, nonce));
        write(
            from,
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
          unasked.accept(frame);
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

  public void subscribe(Map<String, Long> rooms, long inboxAfterSeq) {
    var subscribe = Subscribe.newBuilder().setInboxAfterSeq(inboxAfterSeq);
    rooms.forEach(
        (room, after) ->
            subscribe.addRooms(Cursor.newBuilder().setRoomId(room).setAfterSeq(after)));
    write(socket, ClientFrame.newBuilder().setSubscribe(subscribe).build());
  }

  /**
   * Sends an MLS message and waits for the acknowledgement.
   *
   * @throws RefusedException when it is refused
   */
  public Accepted send(String roomId, byte[] mlsMessage, @Nullable CommitDeclaration commit) {
    var messageId = new byte[16];
    new SecureRandom().nextBytes(messageId);
    return send(roomId, mlsMessage, commit, messageId);
  }

  /** As above, with a client message id of one's own, to repeat a send. */
  public Accepted send(
      String roomId, byte[] mlsMessage, @Nullable CommitDeclaration commit, byte[] messageId) {
    var send =
        Send.newBuilder()
            .setRoomId(roomId)
            .setClientMessageId(ByteString.copyFrom(messageId))
            .setMlsMessage(ByteString.copyFrom(mlsMessage));
    if (commit != null) {
      send.setCommit(commit);
    }
    return request(ClientFrame.newBuilder().setSend(send)).getAccepted();
  }

  /** Puts a new token on the open socket: same key, person and device. */
  public Ready refresh(String token) {
    var refresh =
        Refresh.newBuilder()
            .setAccessToken(token)
            .setDpopProof(dpop.proof("GET", htu, token, nonce));
    return request(ClientFrame.newBuilder().setRefresh(refresh)).getReady();
  }

  private ServerFrame request(ClientFrame.Builder frame) {
    var id = lastRequestId.incrementAndGet();
    var answer = new CompletableFuture<ServerFrame>();
    waiting.put(id, answer);
    if (closed.isDone()) {
      throw new ClosedException(closed.join());
    }
    write(socket, frame.setRequestId(id).build());
    var received = await(answer);
    if (received.getBodyCase() == ServerFrame.BodyCase.REFUSED) {
      throw new RefusedException(received.getRefused());
    }
    return received;
  }

  private synchronized void write(WebSocket to, ClientFrame frame) {
    await(to.sendBinary(ByteBuffer.wrap(frame.toByteArray()), true));
  }

  private static <T> T await(CompletableFuture<T> future) {
    try {
      return future.get(ANSWER_MAX.toSeconds(), TimeUnit.SECONDS);
    } catch (ExecutionException e) {
      if (e.getCause() instanceof RuntimeException known) {
        throw known;
      }
      throw new CompletionException(e.getCause());
    } catch (TimeoutException e) {
      throw new IllegalStateException("no answer within " + ANSWER_MAX, e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
  }

  @Override
  public void close() {
    socket.sendClose(WebSocket.NORMAL_CLOSURE, "").exceptionally(ignored -> socket).join();
    socket.abort();
  }
}

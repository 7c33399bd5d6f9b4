package dev.sallyport.gateway.socket;

import com.google.protobuf.CodedInputStream;
import dev.sallyport.gateway.door.Caller;
import dev.sallyport.gateway.door.LiveCallers;
import dev.sallyport.gateway.door.Presented;
import dev.sallyport.gateway.door.Presented.NonceRule;
import dev.sallyport.gateway.door.TokenAdmission;
import dev.sallyport.gateway.door.TokenRefusal;
import dev.sallyport.gateway.limit.Limits;
import dev.sallyport.gateway.protocol.Challenge;
import dev.sallyport.gateway.protocol.ClientFrame;
import dev.sallyport.gateway.protocol.CloseCode;
import dev.sallyport.gateway.protocol.Pong;
import dev.sallyport.gateway.protocol.Ready;
import dev.sallyport.gateway.protocol.Refused;
import dev.sallyport.gateway.protocol.ServerFrame;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.handler.codec.http.websocketx.BinaryWebSocketFrame;
import io.netty.handler.codec.http.websocketx.CloseWebSocketFrame;
import io.netty.handler.codec.http.websocketx.ContinuationWebSocketFrame;
import io.netty.handler.codec.http.websocketx.CorruptedWebSocketFrameException;
import io.netty.handler.codec.http.websocketx.PingWebSocketFrame;
import io.netty.handler.codec.http.websocketx.PongWebSocketFrame;
import io.netty.handler.codec.http.websocketx.WebSocketCloseStatus;
import io.netty.handler.codec.http.websocketx.WebSocketFrame;
import io.netty.util.ReferenceCountUtil;
import java.io.IOException;
import java.net.InetAddress;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One WebSocket after its upgrade: the last handler of its channel that cares for frames. What
 * arrives is handled on the channel's event loop, one frame at a time; what leaves goes through
 * {@link Outgoing}.
 *
 * <p>The life of a socket: <em>pending</em> (Challenge sent, first frame awaited),
 * <em>checking</em> (token and proof are at the door), <em>open</em>, <em>closing</em> (close frame
 * sent, nothing taken or given any more, the peer's close awaited for a moment), gone. A socket
 * opened by headers starts open.
 */
final class Socket extends SimpleChannelInboundHandler<WebSocketFrame> implements Outbox {
  private static final Logger log = LoggerFactory.getLogger(Socket.class);

  /** A message of 64 KiB, its Commit declaration and GroupInfo. */
  static final int MESSAGE_BYTES_MAX = 128 * 1024;

  /** Nested messages in a ClientFrame: three levels; anything deeper is not ours. */
  private static final int NESTING_MAX = 8;

  private static final long FIRST_FRAME_MILLIS_MAX = 5_000;
  private static final long PING_AFTER_MILLIS = 30_000;

  /** Two pings without any sign. */
  private static final long IDLE_MILLIS_MAX = 75_000;

  private static final long CLOSING_MILLIS_MAX = 2_000;

  /** What the relay works on for one socket at once; above half of it nothing more is read. */
  private static final int IN_FLIGHT_MAX = 256;

  /** Each costs two signature checks. */
  private static final int REFRESHES_REFUSED_MAX = 5;

  /**
   * Frames in a row that were beyond a limit: a client that is told to wait, and does not, is
   * flooding. Each refusal costs an answer.
   */
  private static final int LIMITED_MAX = 256;

  /** WebSocket frames of any kind before the token: Authenticate, in pieces, and some pings. */
  private static final int PENDING_FRAMES_MAX = 64;

  private static final String PATH = "/v1/socket";

  private enum State {
    PENDING,
    CHECKING,
    OPEN,
    CLOSING
  }

  private final Sockets shared;
  private final Channel channel;
  private final Outgoing outgoing;
  private final InetAddress remote;
  private final long startedAt;
  private volatile State state;
  private volatile long lastReceived;
  private volatile long lastPing;
  private volatile long closingSince;
  private volatile @Nullable CloseCode closeCode;

  // Only touched on the event loop.
  private @Nullable Caller caller;
  private @Nullable String nonce;
  private Relay.@Nullable Attachment attachment;
  private LiveCallers.@Nullable Watch watch;
  private @Nullable ByteBuf fragments;
  private int inFlight;
  private int refreshesRefused;
  private Limits.@Nullable OfSocket limits;
  private int limited;
  private int pendingFrames;
  private boolean refreshing;
  private boolean pendingPlace;
  private boolean leaving;

  /** For {@link #tick}: end of the token, in milliseconds. */
  private volatile long expiresAt = Long.MAX_VALUE;

  /** By headers: the caller was admitted before 101. */
  static Socket admitted(Sockets shared, Channel channel, InetAddress remote, Caller caller) {
    Socket socket = new Socket(shared, channel, remote);
    socket.caller = caller;
    return socket;
  }

  /** By first frame; a place among the pending was taken for it. */
  static Socket pending(Sockets shared, Channel channel, InetAddress remote) {
    Socket socket = new Socket(shared, channel, remote);
    socket.pendingPlace = true;
    return socket;
  }

  private Socket(Sockets shared, Channel channel, InetAddress remote) {
    this.shared = shared;
    this.channel = channel;
    this.remote = remote;
    this.outgoing = new Outgoing(channel);
    this.startedAt = shared.clock.millis();
    this.lastReceived = startedAt;
    this.lastPing = startedAt;
    this.state = State.PENDING;
  }

  @Override
  public void handlerAdded(ChannelHandlerContext ctx) {
    shared.add(this);
    Caller admitted = caller;
    if (admitted != null) {
      open(admitted, 0);
    } else {
      nonce = shared.nonces.forConnection();
      send(ServerFrame.newBuilder().setChallenge(Challenge.newBuilder().setNonce(nonce)).build());
    }
    if (!channel.isActive()) {
      release();
    }
  }

  // ------------------------------------------------------------------------------------- what
  // arrives

  @Override
  protected void channelRead0(ChannelHandlerContext ctx, WebSocketFrame frame) {
    lastReceived = shared.roughMillis;
    if (frame instanceof CloseWebSocketFrame) {
      peerClosed();
      return;
    }
    if (state == State.CLOSING) {
      return;
    }
    if (flooding(frame)) {
      return;
    }
    switch (frame) {
      case BinaryWebSocketFrame binary -> binary(binary);
      case ContinuationWebSocketFrame continuation -> continuation(continuation);
      // A peer that floods pings and does not read gets no answers beyond what the channel takes.
      case PingWebSocketFrame ping when channel.isWritable() -> {
        var _ = ctx.writeAndFlush(new PongWebSocketFrame(ping.content().retain()));
      }
      case PingWebSocketFrame ping -> {}
      case PongWebSocketFrame pong -> {}
      default -> close(CloseCode.UNSUPPORTED_DATA);
    }
  }

  /**
   * Whether this frame is not to be looked at. Whole messages are counted when they are there, and
   * refused with an answer; pieces and control frames have none, and a client that sends too many
   * of them is told by the close code.
   */
  private boolean flooding(WebSocketFrame frame) {
    Limits.OfSocket mine = limits;
    if (mine == null) {
      if (++pendingFrames > PENDING_FRAMES_MAX) {
        close(CloseCode.RATE_LIMITED);
        return true;
      }
      return false;
    }
    if (frame instanceof BinaryWebSocketFrame && frame.isFinalFragment()) {
      return false;
    }
    if (mine.frame(0) == 0) {
      return false;
    }
    close(CloseCode.RATE_LIMITED);
    return true;
  }

  private void binary(BinaryWebSocketFrame frame) {
    if (fragments != null) {
      close(CloseCode.PROTOCOL_ERROR);
    } else if (frame.isFinalFragment()) {
      message(frame.content());
    } else {
      fragments = channel.alloc().buffer(frame.content().readableBytes());
      append(frame);
    }
  }

  private void continuation(ContinuationWebSocketFrame frame) {
    if (fragments == null) {
      close(CloseCode.PROTOCOL_ERROR);
      return;
    }
    append(frame);
  }

  private void append(WebSocketFrame frame) {
    ByteBuf gathered = Objects.requireNonNull(fragments);
    if (gathered.readableBytes() + frame.content().readableBytes() > MESSAGE_BYTES_MAX) {
      close(CloseCode.TOO_LARGE);
      return;
    }
    gathered.writeBytes(frame.content());
    if (frame.isFinalFragment()) {
      fragments = null;
      try {
        message(gathered);
      } finally {
        gathered.release();
      }
    }
  }

  private void message(ByteBuf bytes) {
    ClientFrame frame;
    try {
      frame = decode(bytes);
    } catch (IOException e) {
      close(CloseCode.MALFORMED);
      return;
    }
    switch (state) {
      case PENDING -> firstFrame(frame);
      case CHECKING -> close(CloseCode.AUTHENTICATION_EXPECTED);
      case OPEN -> {
        long wait = Objects.requireNonNull(limits).frame(bytes.readableBytes());
        if (wait == 0) {
          limited = 0;
          frame(frame);
        } else if (++limited >= LIMITED_MAX) {
          close(CloseCode.RATE_LIMITED);
        } else {
          limited(frame.getRequestId(), wait);
        }
      }
      case CLOSING -> {}
    }
  }

  /** One message; bounded before this in size, here in depth. */
  static ClientFrame decode(ByteBuf bytes) throws IOException {
    CodedInputStream in =
        bytes.hasArray()
            ? CodedInputStream.newInstance(
                bytes.array(), bytes.arrayOffset() + bytes.readerIndex(), bytes.readableBytes())
            : CodedInputStream.newInstance(bytes.nioBuffer());
    in.setRecursionLimit(NESTING_MAX);
    ClientFrame frame = ClientFrame.parseFrom(in);
    in.checkLastTagWas(0);
    return frame;
  }

  private void firstFrame(ClientFrame frame) {
    if (!frame.hasAuthenticate()) {
      close(CloseCode.AUTHENTICATION_EXPECTED);
      return;
    }
    state = State.CHECKING;
    shared
        .door
        .admit(
            presented(
                frame.getAuthenticate().getAccessToken(), frame.getAuthenticate().getDpopProof()))
        .subscribe(
            admission -> onLoop(() -> checked(admission, frame.getRequestId())), this::failed);
  }

  private void checked(TokenAdmission admission, long requestId) {
    if (state != State.CHECKING) {
      return;
    }
    switch (admission) {
      case TokenAdmission.Refused(TokenRefusal why) -> close(DoorCloseCodes.of(why));
      case TokenAdmission.Welcome(Caller welcome) ->
          SocketEndpoint.notForSockets(welcome)
              .ifPresentOrElse(
                  why -> close(DoorCloseCodes.of(why)),
                  () -> openUnlessLimited(welcome, requestId));
    }
  }

  private void openUnlessLimited(Caller welcome, long requestId) {
    if (shared.limits.connection(welcome.userId()) > 0) {
      close(CloseCode.RATE_LIMITED);
    } else {
      open(welcome, requestId);
    }
  }

  private void open(Caller admitted, long requestId) {
    leavePending();
    caller = admitted;
    limits =
        shared.limits.of(admitted.userId(), Objects.requireNonNullElse(admitted.deviceId(), ""));
    expiresAt = admitted.expiresAt().toEpochMilli();
    state = State.OPEN;
    shared
        .seats
        .take(admitted.userId(), Objects.requireNonNullElse(admitted.deviceId(), ""), this)
        .forEach(older -> older.close(CloseCode.REPLACED));
    ready(admitted, requestId);
    attachment = shared.relay.attach(admitted, this);
    watch = shared.live.watch(admitted, why -> close(DoorCloseCodes.of(why)));
  }

  private void ready(Caller admitted, long requestId) {
    nonce = shared.nonces.forConnection();
    send(
        ServerFrame.newBuilder()
            .setRequestId(requestId)
            .setReady(
                Ready.newBuilder()
                    .setUserId(admitted.userId())
                    .setDeviceId(Objects.requireNonNullElse(admitted.deviceId(), ""))
                    .setTokenExpiresAtMs(admitted.expiresAt().toEpochMilli())
                    .setNonce(nonce))
            .build());
  }

  private void frame(ClientFrame frame) {
    if (shared.clock.millis() >= expiresAt) {
      close(CloseCode.TOKEN_EXPIRED);
      return;
    }
    switch (frame.getBodyCase()) {
      case PING ->
          answer(
              frame.getRequestId(),
              ServerFrame.newBuilder().setPong(Pong.getDefaultInstance()).build());
      case REFRESH -> refresh(frame);
      case SEND, SUBSCRIBE -> {
        if (leaving) {
          refuse(frame.getRequestId(), "unavailable", "the gateway shuts down: reconnect", true);
        } else {
          relay(frame);
        }
      }
      case AUTHENTICATE ->
          refuse(frame.getRequestId(), "malformed", "this socket is authenticated already", false);
      case BODY_NOT_SET ->
          refuse(frame.getRequestId(), "malformed", "this frame has no body known here", false);
    }
  }

  private void relay(ClientFrame frame) {
    if (inFlight >= IN_FLIGHT_MAX) {
      refuse(frame.getRequestId(), "rate_limited", "too many frames wait for an answer", true);
      return;
    }
    inFlight++;
    if (inFlight == IN_FLIGHT_MAX / 2) {
      channel.config().setAutoRead(false);
    }
    Objects.requireNonNull(attachment)
        .handle(frame)
        .subscribe(
            answer -> {
              answer(frame.getRequestId(), answer);
              onLoop(this::answered);
            },
            this::failed);
  }

  private void answered() {
    inFlight--;
    if (inFlight == IN_FLIGHT_MAX / 4 || inFlight == 0) {
      channel.config().setAutoRead(true);
    }
    leaveIfAnswered();
  }

  private void refresh(ClientFrame frame) {
    Caller current = Objects.requireNonNull(caller);
    if (refreshing) {
      refuse(frame.getRequestId(), "rate_limited", "a refresh is under way", true);
      return;
    }
    refreshing = true;
    shared
        .door
        .renew(
            current,
            presented(frame.getRefresh().getAccessToken(), frame.getRefresh().getDpopProof()))
        .subscribe(
            admission -> onLoop(() -> refreshed(admission, frame.getRequestId())), this::failed);
  }

  private void refreshed(TokenAdmission admission, long requestId) {
    refreshing = false;
    if (state != State.OPEN) {
      return;
    }
    switch (admission) {
      case TokenAdmission.Welcome(Caller renewed) -> {
        refreshesRefused = 0;
        expiresAt = renewed.expiresAt().toEpochMilli();
        ready(renewed, requestId);
      }
      case TokenAdmission.Refused(TokenRefusal why) -> {
        refuse(requestId, why.code(), why.text(), why.retryable());
        if (++refreshesRefused >= REFRESHES_REFUSED_MAX) {
          close(CloseCode.REFRESH_FAILED);
        }
      }
    }
  }

  private Presented presented(String token, String proof) {
    return new Presented(
        token, proof, "GET", PATH, new NonceRule.Exactly(Objects.requireNonNull(nonce)), remote);
  }

  // ------------------------------------------------------------------------------------- what
  // leaves

  /** Answers a request. Who asked for no answer hears only of refusals. */
  private void answer(long requestId, ServerFrame answer) {
    if (requestId != 0 || answer.hasRefused()) {
      send(requestId == 0 ? answer : answer.toBuilder().setRequestId(requestId).build());
    }
  }

  private void refuse(long requestId, String code, String message, boolean retryable) {
    send(
        ServerFrame.newBuilder()
            .setRequestId(requestId)
            .setRefused(
                Refused.newBuilder().setCode(code).setMessage(message).setRetryable(retryable))
            .build());
  }

  private void limited(long requestId, long waitMillis) {
    send(
        ServerFrame.newBuilder()
            .setRequestId(requestId)
            .setRefused(
                Refused.newBuilder()
                    .setCode("rate_limited")
                    .setMessage("too much is sent by this device or user: wait")
                    .setRetryable(true)
                    .setRetryAfterMs((int) Math.min(waitMillis, Integer.MAX_VALUE)))
            .build());
  }

  private void send(ServerFrame frame) {
    offer(EncodedFrame.of(frame));
  }

  @Override
  public boolean offer(EncodedFrame frame) {
    return switch (outgoing.offer(frame)) {
      case QUEUED -> true;
      case SHUT -> false;
      case FULL -> {
        close(CloseCode.SLOW_READER);
        yield false;
      }
    };
  }

  @Override
  public void whenWritable(Runnable task) {
    outgoing.whenWritable(task);
  }

  @Override
  public boolean closed() {
    return closeCode != null || !channel.isActive();
  }

  // ------------------------------------------------------------------------------------- how it
  // ends

  /**
   * Closes the socket, once, from any thread: nothing more is delivered, whatever is still queued.
   */
  void close(CloseCode code) {
    synchronized (this) {
      if (closeCode != null) {
        return;
      }
      closeCode = code;
    }
    outgoing.shut();
    onLoop(() -> closeNow(code));
  }

  /**
   * Tells the client to go elsewhere, as soon as what it asked is answered and the answers are on
   * their way; from any thread. What it asks from then on is refused as retryable.
   */
  void leave() {
    onLoop(
        () -> {
          leaving = true;
          leaveIfAnswered();
        });
  }

  private void leaveIfAnswered() {
    if (!leaving || closeCode != null) {
      return;
    }
    if (state != State.OPEN) {
      close(CloseCode.GOING_AWAY);
    } else if (inFlight == 0) {
      // Nothing more is delivered, what is queued still goes out.
      detach();
      outgoing.whenEmpty(() -> close(CloseCode.GOING_AWAY));
    }
  }

  /** Drops the connection without a word. */
  void abort() {
    var _ = channel.close();
  }

  private void closeNow(CloseCode code) {
    state = State.CLOSING;
    closingSince = shared.clock.millis();
    shared.counted(code);
    detach();
    // The peer's close frame must be seen, and a paused reader would never send it.
    channel.config().setAutoRead(true);
    if (channel.isActive()) {
      var _ = channel.writeAndFlush(new CloseWebSocketFrame(code.code(), code.reason()));
    }
  }

  private void peerClosed() {
    if (state == State.CLOSING) {
      var _ = channel.close();
      return;
    }
    state = State.CLOSING;
    closingSince = shared.clock.millis();
    outgoing.shut();
    detach();
    var _ =
        channel
            .writeAndFlush(new CloseWebSocketFrame(WebSocketCloseStatus.NORMAL_CLOSURE))
            .addListener(ChannelFutureListener.CLOSE);
  }

  private void failed(Throwable error) {
    log.error("a socket failed", error);
    close(CloseCode.INTERNAL_ERROR);
  }

  @Override
  public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
    if (cause instanceof CorruptedWebSocketFrameException corrupted) {
      // The decoder is of no use any more; what still comes is thrown away until the peer lets go.
      ctx.pipeline().addBefore(SocketEndpoint.DECODER, "discard", new Discard());
      close(
          WebSocketCloseStatus.MESSAGE_TOO_BIG.equals(corrupted.closeStatus())
              ? CloseCode.TOO_LARGE
              : CloseCode.PROTOCOL_ERROR);
    } else if (cause instanceof IOException) {
      var _ = channel.close();
    } else {
      failed(cause);
    }
  }

  @Override
  public void channelInactive(ChannelHandlerContext ctx) {
    release();
    ctx.fireChannelInactive();
  }

  private void release() {
    outgoing.shut();
    leavePending();
    detach();
    shared.remove(this);
    if (fragments != null) {
      fragments.release();
      fragments = null;
    }
  }

  private void leavePending() {
    if (pendingPlace) {
      pendingPlace = false;
      shared.pending.leave(remote);
    }
  }

  private void detach() {
    if (caller != null) {
      shared.seats.leave(caller.userId(), this);
    }
    if (limits != null) {
      limits.close();
      limits = null;
    }
    if (attachment != null) {
      attachment.detach();
      attachment = null;
    }
    if (watch != null) {
      watch.close();
      watch = null;
    }
  }

  /** Called by the sweep, on its thread. */
  void tick(long now) {
    switch (state) {
      case PENDING, CHECKING -> {
        if (now - startedAt >= FIRST_FRAME_MILLIS_MAX) {
          close(CloseCode.FIRST_FRAME_TIMEOUT);
        }
      }
      case OPEN -> {
        if (now >= expiresAt) {
          close(CloseCode.TOKEN_EXPIRED);
        } else if (now - lastReceived >= IDLE_MILLIS_MAX) {
          close(CloseCode.IDLE_TIMEOUT);
        } else if (now - Math.max(lastReceived, lastPing) >= PING_AFTER_MILLIS) {
          lastPing = now;
          var _ = channel.writeAndFlush(new PingWebSocketFrame(Unpooled.EMPTY_BUFFER));
        }
      }
      case CLOSING -> {
        if (now - closingSince >= CLOSING_MILLIS_MAX) {
          abort();
        }
      }
    }
  }

  private void onLoop(Runnable task) {
    if (channel.eventLoop().inEventLoop()) {
      task.run();
    } else {
      channel.eventLoop().execute(task);
    }
  }

  /** Throws everything away. */
  private static final class Discard extends ChannelInboundHandlerAdapter {
    @Override
    public void channelRead(ChannelHandlerContext ctx, Object message) {
      ReferenceCountUtil.release(message);
    }
  }
}

package dev.sallyport.gateway.socket;

import dev.sallyport.gateway.door.AllowedOrigins;
import dev.sallyport.gateway.door.Caller;
import dev.sallyport.gateway.door.Credentials;
import dev.sallyport.gateway.door.Presented;
import dev.sallyport.gateway.door.Presented.NonceRule;
import dev.sallyport.gateway.door.ProblemWriter;
import dev.sallyport.gateway.door.Problems;
import dev.sallyport.gateway.door.RemoteAddresses;
import dev.sallyport.gateway.door.ServerNonces;
import dev.sallyport.gateway.door.TokenAdmission;
import dev.sallyport.gateway.door.TokenDoor;
import dev.sallyport.gateway.door.TokenRefusal;
import io.netty.channel.Channel;
import io.netty.channel.ChannelPipeline;
import io.netty.handler.codec.http.websocketx.WebSocket13FrameDecoder;
import io.netty.handler.codec.http.websocketx.WebSocketDecoderConfig;
import java.net.InetAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.springframework.http.HttpHeaders;
import org.springframework.http.HttpMethod;
import org.springframework.http.HttpStatus;
import org.springframework.http.server.reactive.ServerHttpRequest;
import org.springframework.http.server.reactive.ServerHttpRequestDecorator;
import org.springframework.http.server.reactive.ServerHttpResponse;
import org.springframework.http.server.reactive.ServerHttpResponseDecorator;
import org.springframework.web.server.ServerWebExchange;
import org.springframework.web.server.WebHandler;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;
import reactor.netty.NettyPipeline;
import reactor.netty.http.server.HttpServerRequest;
import reactor.netty.http.server.HttpServerResponse;
import reactor.netty.http.server.WebsocketServerSpec;

/**
 * {@code GET /v1/socket}, before 101. Two ways in: with {@code Authorization} and {@code DPoP}
 * headers, decided here; or without, for those who offer the subprotocol {@code
 * sallyport.v1.first-frame}, decided on the socket. Whoever offers neither gets 401. Nothing is
 * read from the query.
 *
 * <p>Upgraded by Reactor Netty; from then on the channel is {@link Socket}'s.
 */
final class SocketEndpoint implements WebHandler {
  static final String PROTOCOL = "sallyport.v1";
  static final String FIRST_FRAME = "sallyport.v1.first-frame";

  /** The name Netty's handshaker gives its decoder. */
  static final String DECODER = "wsdecoder";

  private static final String PATH = "/v1/socket";
  private static final String WEBSOCKET_VERSION = "13";
  private static final int KEY_CHARS = 24;

  private final Sockets sockets;
  private final TokenDoor door;
  private final ServerNonces nonces;
  private final RemoteAddresses addresses;
  private final AllowedOrigins origins;

  SocketEndpoint(
      Sockets sockets,
      TokenDoor door,
      ServerNonces nonces,
      RemoteAddresses addresses,
      AllowedOrigins origins) {
    this.sockets = sockets;
    this.door = door;
    this.nonces = nonces;
    this.addresses = addresses;
    this.origins = origins;
  }

  @Override
  public Mono<Void> handle(ServerWebExchange exchange) {
    ServerHttpRequest request = exchange.getRequest();
    HttpHeaders headers = request.getHeaders();
    if (!HttpMethod.GET.equals(request.getMethod())) {
      return refuse(exchange, HttpStatus.METHOD_NOT_ALLOWED, "method_not_allowed", "only GET");
    }
    // Browsers always send it; others need not. It is not a secret, so it only ever shuts.
    for (String origin : headers.getOrEmpty(HttpHeaders.ORIGIN)) {
      if (!origins.allows(origin)) {
        return refuse(
            exchange, HttpStatus.FORBIDDEN, "origin_refused", "this origin may not open sockets");
      }
    }
    Optional<InetAddress> remote = addresses.of(request);
    if (remote.isEmpty()) {
      return ProblemWriter.write(exchange, RemoteAddresses.unknown());
    }
    long wait = sockets.limits.connection(remote.get());
    if (wait > 0) {
      return ProblemWriter.write(exchange, Problems.limited(wait));
    }
    List<String> offered = offered(headers);
    return switch (Credentials.of(headers)) {
      case Credentials.Unusable(TokenRefusal why) -> ProblemWriter.write(exchange, why, nonces);
      case Credentials.None none ->
          offered.contains(FIRST_FRAME)
              ? byFirstFrame(exchange, offered, remote.get())
              : ProblemWriter.write(exchange, TokenRefusal.TOKEN_MISSING, nonces);
      case Credentials.Given(String token, String proof) ->
          byHeaders(exchange, offered, remote.get(), token, proof);
    };
  }

  private Mono<Void> byHeaders(
      ServerWebExchange exchange,
      List<String> offered,
      InetAddress remote,
      String token,
      String proof) {
    Optional<Mono<Void>> unfit = unfit(exchange, offered);
    if (unfit.isPresent()) {
      return unfit.get();
    }
    return door.admit(new Presented(token, proof, "GET", PATH, new NonceRule.Ours(), remote))
        .map(SocketEndpoint::forSockets)
        .publishOn(Schedulers.fromExecutor(channel(exchange).eventLoop()))
        .flatMap(
            admission ->
                switch (admission) {
                  case TokenAdmission.Refused(TokenRefusal why) ->
                      ProblemWriter.write(exchange, why, nonces);
                  case TokenAdmission.Welcome(Caller caller) -> {
                    long wait = sockets.limits.connection(caller.userId());
                    yield wait > 0
                        ? ProblemWriter.write(exchange, Problems.limited(wait))
                        : upgrade(
                            exchange,
                            offered,
                            channel -> Socket.admitted(sockets, channel, remote, caller));
                  }
                });
  }

  private Mono<Void> byFirstFrame(
      ServerWebExchange exchange, List<String> offered, InetAddress remote) {
    Optional<Mono<Void>> unfit = unfit(exchange, offered);
    if (unfit.isPresent()) {
      return unfit.get();
    }
    if (!sockets.pending.enter(remote)) {
      exchange.getResponse().getHeaders().set("Retry-After", "5");
      return refuse(
          exchange,
          HttpStatus.SERVICE_UNAVAILABLE,
          "too_many_pending",
          "too many sockets wait for their first frame; try again later");
    }
    // The place goes back with the socket, or here if there never was one.
    PendingPlace place = new PendingPlace(remote);
    return upgrade(exchange, offered, place::taken).doFinally(signal -> place.giveBack());
  }

  private final class PendingPlace {
    private final InetAddress remote;
    private boolean taken;

    PendingPlace(InetAddress remote) {
      this.remote = remote;
    }

    synchronized Socket taken(Channel channel) {
      taken = true;
      return Socket.pending(sockets, channel, remote);
    }

    synchronized void giveBack() {
      if (!taken) {
        taken = true;
        sockets.pending.leave(remote);
      }
    }
  }

  /** What must hold for any upgrade. */
  private Optional<Mono<Void>> unfit(ServerWebExchange exchange, List<String> offered) {
    HttpHeaders headers = exchange.getRequest().getHeaders();
    String key = headers.getFirst("Sec-WebSocket-Key");
    if (!"websocket".equalsIgnoreCase(headers.getUpgrade())
        || headers.getConnection().stream().noneMatch("upgrade"::equalsIgnoreCase)
        || !WEBSOCKET_VERSION.equals(headers.getFirst("Sec-WebSocket-Version"))) {
      exchange.getResponse().getHeaders().set("Upgrade", "websocket");
      exchange.getResponse().getHeaders().set("Sec-WebSocket-Version", WEBSOCKET_VERSION);
      return Optional.of(
          refuse(
              exchange,
              HttpStatus.UPGRADE_REQUIRED,
              "upgrade_required",
              "this is a WebSocket of version 13"));
    }
    if (key == null || key.length() != KEY_CHARS || selected(offered) == null) {
      return Optional.of(
          refuse(
              exchange,
              HttpStatus.BAD_REQUEST,
              "subprotocol_required",
              "offer the subprotocol `" + PROTOCOL + "`"));
    }
    if (sockets.draining()) {
      exchange.getResponse().getHeaders().set("Retry-After", "1");
      return Optional.of(
          refuse(
              exchange,
              HttpStatus.SERVICE_UNAVAILABLE,
              "going_away",
              "this gateway shuts down; try again for another"));
    }
    if (sockets.full()) {
      exchange.getResponse().getHeaders().set("Retry-After", "5");
      return Optional.of(
          refuse(
              exchange,
              HttpStatus.SERVICE_UNAVAILABLE,
              "too_many_sockets",
              "this gateway holds all the sockets it may"));
    }
    return Optional.empty();
  }

  private static Mono<Void> upgrade(
      ServerWebExchange exchange, List<String> offered, Function<Channel, Socket> made) {
    ServerHttpResponse response = exchange.getResponse();
    HttpServerResponse netty = ServerHttpResponseDecorator.getNativeResponse(response);
    WebsocketServerSpec spec =
        WebsocketServerSpec.builder()
            .protocols(java.util.Objects.requireNonNull(selected(offered)))
            .maxFramePayloadLength(Socket.MESSAGE_BYTES_MAX)
            .compress(false)
            .build();
    return response
        .setComplete()
        .then(
            Mono.defer(
                () ->
                    netty.sendWebsocket(
                        (in, out) -> {
                          in.withConnection(connection -> handOver(connection.channel(), made));
                          return out.neverComplete();
                        },
                        spec)));
  }

  /** From here on the frames are ours. */
  private static void handOver(Channel channel, Function<Channel, Socket> made) {
    ChannelPipeline pipeline = channel.pipeline();
    // Netty's own way with a frame that breaks the rules is to close at once, which may reset the
    // connection before the peer has read why.
    pipeline.replace(
        DECODER,
        DECODER,
        new WebSocket13FrameDecoder(
            WebSocketDecoderConfig.newBuilder()
                .maxFramePayloadLength(Socket.MESSAGE_BYTES_MAX)
                .expectMaskedFrames(true)
                .allowExtensions(false)
                .withUTF8Validator(false)
                .closeOnProtocolViolation(false)
                .build()));
    pipeline.addBefore(NettyPipeline.ReactiveBridge, "sallyport.socket", made.apply(channel));
    channel.config().setAutoRead(true);
  }

  /** The real protocol where it is offered; else the one that only says how to begin. */
  private static @Nullable String selected(List<String> offered) {
    return offered.contains(PROTOCOL)
        ? PROTOCOL
        : offered.contains(FIRST_FRAME) ? FIRST_FRAME : null;
  }

  private static List<String> offered(HttpHeaders headers) {
    List<String> all = new ArrayList<>();
    for (String line : headers.getOrEmpty("Sec-WebSocket-Protocol")) {
      for (String one : line.split(",", 16)) {
        all.add(one.strip());
      }
    }
    return all;
  }

  private static TokenAdmission forSockets(TokenAdmission admission) {
    return admission instanceof TokenAdmission.Welcome(Caller caller)
        ? notForSockets(caller).<TokenAdmission>map(TokenAdmission.Refused::new).orElse(admission)
        : admission;
  }

  /** What a socket asks of a token beyond what HTTP does. */
  static Optional<TokenRefusal> notForSockets(Caller caller) {
    if (caller.deviceId() == null) {
      return Optional.of(TokenRefusal.DEVICE_MISSING);
    }
    return caller.scopes().contains("chat.read") || caller.scopes().contains("chat.write")
        ? Optional.empty()
        : Optional.of(TokenRefusal.SCOPE_MISSING);
  }

  private static Channel channel(ServerWebExchange exchange) {
    HttpServerRequest netty = ServerHttpRequestDecorator.getNativeRequest(exchange.getRequest());
    Channel[] channel = new Channel[1];
    netty.withConnection(connection -> channel[0] = connection.channel());
    return channel[0];
  }

  private static Mono<Void> refuse(
      ServerWebExchange exchange, HttpStatus status, String code, String detail) {
    return ProblemWriter.write(exchange, Problems.of(status, code, detail));
  }
}

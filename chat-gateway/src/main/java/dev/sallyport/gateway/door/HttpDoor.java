package dev.sallyport.gateway.door;

import dev.sallyport.gateway.door.Presented.NonceRule;
import dev.sallyport.gateway.limit.Limits;
import java.net.InetAddress;
import java.util.Optional;
import java.util.Set;
import org.springframework.core.annotation.Order;
import org.springframework.core.io.buffer.DataBuffer;
import org.springframework.http.HttpHeaders;
import org.springframework.http.HttpStatus;
import org.springframework.http.ProblemDetail;
import org.springframework.http.server.reactive.ServerHttpRequest;
import org.springframework.http.server.reactive.ServerHttpRequestDecorator;
import org.springframework.stereotype.Component;
import org.springframework.web.server.ResponseStatusException;
import org.springframework.web.server.ServerWebExchange;
import org.springframework.web.server.WebFilter;
import org.springframework.web.server.WebFilterChain;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/**
 * Stands before HTTP. {@code /v1/**} needs a token and a proof, except {@code /v1/socket}, which
 * decides for itself before 101; health and the API's description are open; whatever else is asked
 * for does not exist.
 */
@Component
@Order(HttpDoor.ORDER)
final class HttpDoor implements WebFilter {
  static final int ORDER = 0;

  /** A batch of key packages is the largest body there is. */
  static final int BODY_BYTES_MAX = 256 * 1024;

  private static final String API = "/v1/";

  private static final String ROOMS = "/v1/rooms";

  private static final ProblemDetail LIMITED =
      Problems.of(
          HttpStatus.FORBIDDEN,
          "insufficient_authorization",
          "the token is limited to rooms, and this is not about one");

  /** Whole paths: what follows one could match something else behind this door. */
  private static final Set<String> OPEN =
      Set.of(
          "/v1/socket",
          ApiDescription.PATH,
          "/actuator/health",
          "/actuator/health/liveness",
          "/actuator/health/readiness");

  private final TokenDoor door;
  private final ServerNonces nonces;
  private final RemoteAddresses addresses;
  private final Limits limits;

  HttpDoor(TokenDoor door, ServerNonces nonces, RemoteAddresses addresses, Limits limits) {
    this.door = door;
    this.nonces = nonces;
    this.addresses = addresses;
    this.limits = limits;
  }

  @Override
  public Mono<Void> filter(ServerWebExchange exchange, WebFilterChain chain) {
    HttpHeaders headers = exchange.getResponse().getHeaders();
    headers.set("X-Content-Type-Options", "nosniff");
    headers.set("Referrer-Policy", "no-referrer");
    headers.set("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'");
    // Compared as sent: what is written in any other way needs a token, whatever it may match
    // later.
    String path = exchange.getRequest().getPath().pathWithinApplication().value();
    if (OPEN.contains(path)) {
      return chain.filter(exchange);
    }
    headers.setCacheControl("no-store");
    return admitted(exchange, chain, path);
  }

  private Mono<Void> admitted(ServerWebExchange exchange, WebFilterChain chain, String path) {
    ServerHttpRequest request = exchange.getRequest();
    return switch (Credentials.of(request.getHeaders())) {
      case Credentials.None none ->
          ProblemWriter.write(exchange, TokenRefusal.TOKEN_MISSING, nonces);
      case Credentials.Unusable(TokenRefusal why) -> ProblemWriter.write(exchange, why, nonces);
      case Credentials.Given(String token, String proof) -> {
        Optional<InetAddress> remote = addresses.of(request);
        if (remote.isEmpty()) {
          yield ProblemWriter.write(exchange, RemoteAddresses.unknown());
        }
        long wait = limits.request(remote.get());
        if (wait > 0) {
          yield ProblemWriter.write(exchange, Problems.limited(wait));
        }
        yield door.admit(
                new Presented(
                    token,
                    proof,
                    request.getMethod().name(),
                    path,
                    new NonceRule.Ours(),
                    remote.get()))
            .flatMap(
                admission ->
                    switch (admission) {
                      case TokenAdmission.Refused(TokenRefusal why) ->
                          ProblemWriter.write(exchange, why, nonces);
                      case TokenAdmission.Welcome(Caller caller) -> {
                        if (caller.limited() && !aboutRooms(path)) {
                          yield ProblemWriter.write(exchange, LIMITED);
                        }
                        long tooSoon = limits.request(caller.userId());
                        if (tooSoon > 0) {
                          yield ProblemWriter.write(exchange, Problems.limited(tooSoon));
                        }
                        exchange.getAttributes().put(CallerArgument.ATTRIBUTE, caller);
                        yield path.startsWith(API)
                            ? chain.filter(bounded(exchange))
                            : ProblemWriter.write(
                                exchange,
                                Problems.of(
                                    HttpStatus.NOT_FOUND, "not_found", "there is nothing here"));
                      }
                    });
      }
    };
  }

  /** Where a token that is limited to rooms may go; there the second door looks at which. */
  private static boolean aboutRooms(String path) {
    return path.equals(ROOMS) || path.startsWith(ROOMS + "/");
  }

  private static ServerWebExchange bounded(ServerWebExchange exchange) {
    if (exchange.getRequest().getHeaders().getContentLength() > BODY_BYTES_MAX) {
      throw tooLarge();
    }
    return exchange
        .mutate()
        .request(
            new ServerHttpRequestDecorator(exchange.getRequest()) {
              @Override
              public Flux<DataBuffer> getBody() {
                return super.getBody()
                    .scanWith(() -> new Counted(null, 0), Counted::plus)
                    .skip(1)
                    .map(Counted::requireBuffer);
              }
            })
        .build();
  }

  private record Counted(@org.jspecify.annotations.Nullable DataBuffer buffer, long total) {
    Counted plus(DataBuffer next) {
      long sum = total + next.readableByteCount();
      if (sum > BODY_BYTES_MAX) {
        org.springframework.core.io.buffer.DataBufferUtils.release(next);
        throw tooLarge();
      }
      return new Counted(next, sum);
    }

    DataBuffer requireBuffer() {
      return java.util.Objects.requireNonNull(buffer);
    }
  }

  private static ResponseStatusException tooLarge() {
    return new ResponseStatusException(
        HttpStatus.CONTENT_TOO_LARGE, "the body is longer than " + BODY_BYTES_MAX + " bytes");
  }
}

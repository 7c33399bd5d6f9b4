package dev.sallyport.gateway.door;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.Optional;
import org.springframework.http.HttpStatus;
import org.springframework.http.ProblemDetail;
import org.springframework.http.server.reactive.ServerHttpRequest;
import org.springframework.stereotype.Component;

/**
 * Where a request comes from. {@code X-Forwarded-For} is read from the right, and only as far as
 * the hops are trusted proxies: what a client wrote itself is never believed, and nothing it puts
 * in front changes what is. The server's bound of a request's headers bounds the work.
 */
@Component
public final class RemoteAddresses {
  private final List<Cidr> trusted;

  RemoteAddresses(DoorSettings settings) {
    this.trusted = settings.trustedProxies().stream().map(Cidr::of).toList();
  }

  /** What is answered where nobody knows who asks. */
  public static ProblemDetail unknown() {
    return Problems.of(
        HttpStatus.BAD_REQUEST, "malformed", "`X-Forwarded-For` holds what is no address");
  }

  /**
   * The client's address; empty if a hop that must be believed is no address. Whose request it is
   * cannot be known then, and the proxy must not be taken for the client: it may be let in where
   * the client is not.
   */
  public Optional<InetAddress> of(ServerHttpRequest request) {
    InetSocketAddress peer = request.getRemoteAddress();
    InetAddress address = peer == null ? null : peer.getAddress();
    return address == null
        ? Optional.empty()
        : through(address, request.getHeaders().getOrEmpty("X-Forwarded-For"));
  }

  /**
   * The nearest address that is not one of ours: each proxy appends whom it heard from. Where all
   * are ours, the farthest of them is who asked; without a header the proxy asks for itself.
   */
  Optional<InetAddress> through(InetAddress peer, List<String> forwardedFor) {
    InetAddress nearest = peer;
    if (!isTrusted(nearest)) {
      return Optional.of(nearest);
    }
    for (String line : forwardedFor.reversed()) {
      int end = line.length();
      while (end >= 0) {
        int comma = line.lastIndexOf(',', end - 1);
        try {
          nearest = InetAddress.ofLiteral(line.substring(comma + 1, end).strip());
        } catch (IllegalArgumentException e) {
          return Optional.empty();
        }
        if (!isTrusted(nearest)) {
          return Optional.of(nearest);
        }
        end = comma;
      }
    }
    return Optional.of(nearest);
  }

  private boolean isTrusted(InetAddress address) {
    return trusted.stream().anyMatch(range -> range.contains(address));
  }
}

package dev.sallyport.gateway.door;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;
import org.springframework.http.server.reactive.ServerHttpRequest;
import org.springframework.stereotype.Component;

/**
 * Where a request comes from. {@code X-Forwarded-For} is read from the right, and only as far as
 * the hops are trusted proxies: what a client wrote itself is never believed.
 */
@Component
public final class RemoteAddresses {
  /** A chain of proxies is short; the rest is noise. */
  private static final int HOPS_MAX = 16;

  private final List<Cidr> trusted;

  RemoteAddresses(DoorSettings settings) {
    this.trusted = settings.trustedProxies().stream().map(Cidr::of).toList();
  }

  public InetAddress of(ServerHttpRequest request) {
    InetSocketAddress peer = request.getRemoteAddress();
    InetAddress address = peer == null ? null : peer.getAddress();
    if (address == null) {
      return InetAddress.getLoopbackAddress();
    }
    if (trusted.isEmpty()) {
      return address;
    }
    return through(address, request.getHeaders().getOrEmpty("X-Forwarded-For"));
  }

  InetAddress through(InetAddress peer, List<String> forwardedFor) {
    List<String> hops = new ArrayList<>();
    for (String line : forwardedFor) {
      hops.addAll(List.of(line.split(",", HOPS_MAX + 1)));
    }
    InetAddress address = peer;
    for (int i = hops.size() - 1; i >= Math.max(0, hops.size() - HOPS_MAX); i--) {
      if (!isTrusted(address)) {
        return address;
      }
      try {
        address = InetAddress.ofLiteral(hops.get(i).strip());
      } catch (IllegalArgumentException e) {
        return address;
      }
    }
    return address;
  }

  private boolean isTrusted(InetAddress address) {
    return trusted.stream().anyMatch(range -> range.contains(address));
  }
}

package dev.sallyport.gateway.socket;

import java.net.InetAddress;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Sockets that were upgraded before they showed a token: few in all, and few from one place, so
 * that strangers cannot use up what callers need. Thread-safe.
 */
final class PendingSockets {
  private static final int NETWORK_BYTES_V6 = 8;

  private final int max;
  private final int perAddressMax;
  private final AtomicInteger all = new AtomicInteger();
  private final ConcurrentHashMap<ByteBuffer, Integer> byNetwork = new ConcurrentHashMap<>();

  PendingSockets(int max, int perAddressMax) {
    this.max = max;
    this.perAddressMax = perAddressMax;
  }

  /** Takes a place, to be given back by {@link #leave}; false if there is none. */
  boolean enter(InetAddress address) {
    if (all.incrementAndGet() > max) {
      all.decrementAndGet();
      return false;
    }
    boolean[] entered = {true};
    byNetwork.compute(
        network(address),
        (network, count) -> {
          int now = count == null ? 0 : count;
          entered[0] = now < perAddressMax;
          return entered[0] ? Integer.valueOf(now + 1) : count;
        });
    if (!entered[0]) {
      all.decrementAndGet();
    }
    return entered[0];
  }

  void leave(InetAddress address) {
    all.decrementAndGet();
    byNetwork.computeIfPresent(network(address), (network, count) -> count == 1 ? null : count - 1);
  }

  int count() {
    return all.get();
  }

  /** One household or server has a whole /64 of IPv6. */
  private static ByteBuffer network(InetAddress address) {
    byte[] bytes = address.getAddress();
    return ByteBuffer.wrap(
        bytes.length > NETWORK_BYTES_V6 ? Arrays.copyOf(bytes, NETWORK_BYTES_V6) : bytes);
  }
}

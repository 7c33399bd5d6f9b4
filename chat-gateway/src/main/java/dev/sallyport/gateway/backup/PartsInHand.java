package dev.sallyport.gateway.backup;

import java.util.HashMap;
import java.util.Map;
import org.springframework.stereotype.Component;
import org.springframework.web.server.ServerWebExchange;
import org.springframework.web.server.WebFilter;
import org.springframework.web.server.WebFilterChain;
import reactor.core.publisher.Mono;

/**
 * How many parts this node holds in memory: from before a body is read, or a part looked up, until
 * the answer went out to a client that may take its time over it. Thread-safe.
 */
@Component
final class PartsInHand implements WebFilter {

  /** With parts of 256 KiB, 32 MiB. */
  static final int ALL_MAX = 128;

  /** Enough to fill a line, few enough that it takes many accounts to use all up. */
  static final int OF_USER_MAX = 4;

  /** What a place is worth waiting for. */
  static final long WAIT_MILLIS = 1_000;

  private static final String ATTRIBUTE = PartsInHand.class.getName();

  // Guarded by this object.
  private final Map<String, Integer> ofUsers = new HashMap<>();
  private int all;

  /** False: there is no room now. Given back when the exchange is over. */
  boolean admit(ServerWebExchange exchange, String userId) {
    synchronized (this) {
      int own = ofUsers.getOrDefault(userId, 0);
      if (all >= ALL_MAX || own >= OF_USER_MAX) {
        return false;
      }
      all++;
      ofUsers.put(userId, own + 1);
    }
    exchange.getAttributes().put(ATTRIBUTE, userId);
    return true;
  }

  @Override
  public Mono<Void> filter(ServerWebExchange exchange, WebFilterChain chain) {
    return chain.filter(exchange).doFinally(end -> release(exchange));
  }

  private void release(ServerWebExchange exchange) {
    if (exchange.getAttributes().remove(ATTRIBUTE) instanceof String userId) {
      synchronized (this) {
        all--;
        ofUsers.computeIfPresent(userId, (id, own) -> own == 1 ? null : own - 1);
      }
    }
  }

  synchronized int held() {
    return all;
  }
}

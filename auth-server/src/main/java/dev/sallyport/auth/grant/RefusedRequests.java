package dev.sallyport.auth.grant;

import dev.sallyport.auth.limit.Buckets;
import dev.sallyport.auth.limit.Network;
import dev.sallyport.auth.limit.RateLimits;
import jakarta.servlet.FilterChain;
import jakarta.servlet.ServletException;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import org.springframework.security.core.AuthenticationException;
import org.springframework.security.oauth2.core.OAuth2AuthenticationException;
import org.springframework.stereotype.Component;
import org.springframework.web.filter.OncePerRequestFilter;

/**
 * Keeps whoever is refused again and again from costing more than that: 429 until there is room
 * again. What succeeds costs nothing here; what is refused is counted in the database for all
 * nodes, and a node that has seen that there is no room remembers it until there is some.
 */
@Component
final class RefusedRequests extends OncePerRequestFilter {

  /** Of these, one does not come about in the ordinary run of things, such as polling. */
  private static final Set<String> COUNTED = Set.of("invalid_client", "invalid_grant");

  private static final String ERROR = RefusedRequests.class.getName();

  /** At some 200 bytes each. */
  private static final int KEPT_MAX = 10_000;

  private static final int CLIENT_ID_MAX = 100;

  private final Buckets buckets;
  private final Clock clock;

  private final Map<String, Instant> shut =
      new LinkedHashMap<>() {
        @Override
        protected boolean removeEldestEntry(Map.Entry<String, Instant> eldest) {
          return size() > KEPT_MAX;
        }
      };

  RefusedRequests(RefusedRequestLimit limit, RateLimits limits, Clock clock) {
    this.buckets = limits.buckets("refused", limit.burst(), limit.perMinute());
    this.clock = clock;
  }

  /** This request was refused so. */
  static void note(HttpServletRequest request, AuthenticationException refusal) {
    if (refusal instanceof OAuth2AuthenticationException oauth) {
      request.setAttribute(ERROR, oauth.getError().getErrorCode());
    }
  }

  @Override
  protected void doFilterInternal(
      HttpServletRequest request, HttpServletResponse response, FilterChain chain)
      throws ServletException, IOException {
    String key = key(request);
    Duration wait = shutFor(key);
    if (!wait.isZero()) {
      OAuthErrors.write(response, new OAuthErrors.TooMany(wait));
      return;
    }
    chain.doFilter(request, response);
    if (request.getAttribute(ERROR) instanceof String error && COUNTED.contains(error)) {
      buckets.take(key).ifPresent(empty -> shut(key, empty));
    }
  }

  @Override
  protected boolean shouldNotFilter(HttpServletRequest request) {
    return !"POST".equals(request.getMethod())
        || "/oauth2/authorize".equals(request.getRequestURI());
  }

  private static String key(HttpServletRequest request) {
    String clientId = request.getParameter("client_id");
    return Network.of(request.getRemoteAddr())
        + ' '
        + (clientId == null || clientId.length() > CLIENT_ID_MAX ? "" : clientId);
  }

  private Duration shutFor(String key) {
    Instant now = clock.instant();
    synchronized (shut) {
      Instant until = shut.get(key);
      if (until == null) {
        return Duration.ZERO;
      }
      if (!until.isAfter(now)) {
        shut.remove(key);
        return Duration.ZERO;
      }
      return Duration.between(now, until);
    }
  }

  private void shut(String key, Duration empty) {
    synchronized (shut) {
      shut.put(key, clock.instant().plus(empty));
    }
  }
}

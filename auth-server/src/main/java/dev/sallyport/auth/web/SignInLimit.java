package dev.sallyport.auth.web;

import dev.sallyport.auth.limit.Buckets;
import dev.sallyport.auth.limit.Network;
import dev.sallyport.auth.limit.RateLimits;
import jakarta.servlet.FilterChain;
import jakarta.servlet.ServletException;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.time.Duration;
import java.util.Optional;
import java.util.Set;
import org.springframework.core.annotation.Order;
import org.springframework.http.HttpHeaders;
import org.springframework.stereotype.Component;
import org.springframework.web.filter.OncePerRequestFilter;

/**
 * Before anything that a sign-in costs: so many attempts of one network, then 429. An attempt that
 * succeeds is given back, so that an office behind one address is not kept out by its own number.
 * The beginning of a sign-in at another provider is counted too, since it costs a row, and so is
 * what sends mail or tries a link from one.
 */
@Component
@Order(LiveSignInFilter.ORDER - 1)
class SignInLimit extends OncePerRequestFilter {

  private static final Set<String> ATTEMPTS =
      Set.of(
          "/login",
          "/login/code",
          "/login/recovery",
          "/login/passkey",
          "/login/passkey/second",
          SentCodePages.SIGN_IN,
          SentCodePages.ENROL);

  /** What costs something whether or not it succeeds. */
  private static final Set<String> COSTS =
      Set.of(
          "/login/forgotten",
          "/login/reset",
          "/login/passkey/begin",
          SentCodePages.SIGN_IN + SentCodePages.SEND,
          SentCodePages.ENROL + SentCodePages.SEND,
          SignUpPages.ASK,
          SignUpPages.MAKE);

  private static final Set<String> LINKS = Set.of("/login/link", SignUpPages.LINK);
  private static final String PROVIDERS = "/oauth2/authorization/";

  private final Buckets buckets;

  SignInLimit(SignInLimitSettings settings, RateLimits limits) {
    this.buckets = limits.buckets("sign-in", settings.burst(), settings.perMinute());
  }

  @Override
  protected void doFilterInternal(
      HttpServletRequest request, HttpServletResponse response, FilterChain chain)
      throws ServletException, IOException {
    String network = Network.of(request.getRemoteAddr());
    Optional<Duration> wait = buckets.take(network);
    if (wait.isPresent()) {
      response.setHeader(
          HttpHeaders.RETRY_AFTER, Long.toString(wait.get().plusMillis(999).toSeconds()));
      response.sendError(429);
      return;
    }
    chain.doFilter(request, response);
    if (attempt(request) && response.getStatus() < 400) {
      buckets.giveBack(network);
    }
  }

  /** By the decoded path: what a controller takes for its own must be counted, however spelt. */
  @Override
  protected boolean shouldNotFilter(HttpServletRequest request) {
    String path = request.getServletPath();
    boolean costs = "POST".equals(request.getMethod()) && COSTS.contains(path);
    return !attempt(request) && !costs && !LINKS.contains(path) && !path.startsWith(PROVIDERS);
  }

  private static boolean attempt(HttpServletRequest request) {
    return "POST".equals(request.getMethod()) && ATTEMPTS.contains(request.getServletPath());
  }
}

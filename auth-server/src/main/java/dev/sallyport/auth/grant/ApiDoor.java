package dev.sallyport.auth.grant;

import dev.sallyport.auth.certificate.MutualTls;
import dev.sallyport.auth.token.ApiCaller;
import dev.sallyport.auth.token.ApiRule;
import dev.sallyport.auth.token.ApiRule.Access;
import dev.sallyport.auth.token.ApiRules;
import dev.sallyport.auth.token.DpopCheck;
import dev.sallyport.auth.token.DpopProofs;
import dev.sallyport.auth.token.Hashes;
import dev.sallyport.auth.token.IssuerSettings;
import dev.sallyport.auth.token.ServerNonces;
import jakarta.servlet.FilterChain;
import jakarta.servlet.ServletException;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.springframework.http.HttpHeaders;
import org.springframework.http.HttpMethod;
import org.springframework.http.MediaType;
import org.springframework.http.server.PathContainer;
import org.springframework.security.core.context.SecurityContext;
import org.springframework.security.core.context.SecurityContextHolder;
import org.springframework.security.web.authentication.preauth.PreAuthenticatedAuthenticationToken;
import org.springframework.web.filter.OncePerRequestFilter;
import org.springframework.web.util.pattern.PathPattern;
import org.springframework.web.util.pattern.PathPatternParser;

/**
 * The one gate of the API: finds the rule of a request, bounds its body, and lets it pass only with
 * a token that the rule accepts and, for sender-constrained clients, a proof by the token's key
 * (RFC 9449 §7). What no rule names does not exist.
 */
final class ApiDoor extends OncePerRequestFilter {

  private static final String SCHEME_DPOP = "DPoP ";
  private static final String SCHEME_BEARER = "Bearer ";
  private static final String NONCE_HEADER = "DPoP-Nonce";

  private record Line(PathPattern pattern, ApiRule rule) {}

  private sealed interface Outcome {
    record Passed(ApiCaller caller) implements Outcome {}

    record Turned(ApiRefusal refusal) implements Outcome {}
  }

  private final List<Line> lines;
  private final AccessTokens tokens;
  private final DpopProofs proofs;
  private final ServerNonces nonces;
  private final IssuerSettings issuer;
  private final MutualTls tls;

  ApiDoor(
      List<ApiRules> features,
      AccessTokens tokens,
      DpopProofs proofs,
      ServerNonces nonces,
      IssuerSettings issuer,
      MutualTls tls) {
    this.lines =
        features.stream()
            .flatMap(feature -> feature.rules().stream())
            .map(rule -> new Line(PathPatternParser.defaultInstance.parse(rule.path()), rule))
            .sorted(Comparator.comparing(Line::pattern))
            .toList();
    this.tokens = tokens;
    this.proofs = proofs;
    this.nonces = nonces;
    this.issuer = issuer;
    this.tls = tls;
  }

  @Override
  protected void doFilterInternal(
      HttpServletRequest request, HttpServletResponse response, FilterChain chain)
      throws ServletException, IOException {
    @Nullable ApiRule rule = rule(request);
    if (rule == null) {
      ApiRefusal.notFound().write(response);
      return;
    }
    if (request.getContentLengthLong() > rule.bodyBytesMax()) {
      ApiRefusal.tooLarge(rule.bodyBytesMax()).write(response);
      return;
    }
    if (request.getHeader(HttpHeaders.TRANSFER_ENCODING) != null) {
      ApiRefusal.lengthRequired().write(response);
      return;
    }
    if (rule.access() instanceof Access.Open) {
      chain.doFilter(request, response);
      return;
    }
    switch (admit(request, rule.access())) {
      case Outcome.Passed(ApiCaller caller) -> {
        if (caller.jkt() != null) {
          response.setHeader(NONCE_HEADER, nonces.fresh());
        }
        SecurityContext context = SecurityContextHolder.createEmptyContext();
        context.setAuthentication(new PreAuthenticatedAuthenticationToken(caller, null, List.of()));
        SecurityContextHolder.setContext(context);
        chain.doFilter(request, response);
      }
      case Outcome.Turned(ApiRefusal refusal) -> {
        response.setHeader(NONCE_HEADER, nonces.fresh());
        refusal.write(response);
      }
    }
  }

  private @Nullable ApiRule rule(HttpServletRequest request) {
    PathContainer path = PathContainer.parsePath(request.getRequestURI());
    for (Line line : lines) {
      if (line.pattern().matches(path)
          && (line.rule().method() == null
              || line.rule().method().matches(request.getMethod())
              || headOfOpen(line.rule(), request))) {
        return line.rule();
      }
    }
    return null;
  }

  /** What anyone may read, anyone may ask about (RFC 9110 §9.3.2): caches and monitors do. */
  private static boolean headOfOpen(ApiRule rule, HttpServletRequest request) {
    return HttpMethod.HEAD.matches(request.getMethod())
        && HttpMethod.GET.equals(rule.method())
        && rule.access() instanceof Access.Open;
  }

  private Outcome admit(HttpServletRequest request, Access access) {
    List<String> authorizations = headers(request, HttpHeaders.AUTHORIZATION);
    String posted = posted(request);
    if (posted != null) {
      if (!authorizations.isEmpty()) {
        return new Outcome.Turned(ApiRefusal.invalidRequest("there are two access tokens"));
      }
      authorizations = List.of(SCHEME_BEARER + posted);
    }
    if (authorizations.isEmpty()) {
      return new Outcome.Turned(ApiRefusal.tokenMissing());
    }
    if (authorizations.size() > 1) {
      return new Outcome.Turned(ApiRefusal.invalidRequest("there are two Authorization headers"));
    }
    String authorization = authorizations.getFirst();
    boolean dpop = scheme(authorization, SCHEME_DPOP);
    if (!dpop && !scheme(authorization, SCHEME_BEARER)) {
      return new Outcome.Turned(ApiRefusal.tokenMissing());
    }
    String token = authorization.substring(authorization.indexOf(' ') + 1).strip();
    Optional<ApiCaller> caller = tokens.verify(token);
    if (caller.isEmpty()) {
      return new Outcome.Turned(
          ApiRefusal.invalidToken("the token is malformed, expired, revoked or not for this API"));
    }
    @Nullable ApiRefusal unproven =
        dpop ? proven(request, caller.get(), token) : bearer(caller.get());
    if (unproven == null) {
      unproven = certified(request, caller.get());
    }
    if (unproven == null) {
      unproven = allowed(caller.get(), access);
    }
    return unproven == null ? new Outcome.Passed(caller.get()) : new Outcome.Turned(unproven);
  }

  /** A bearer token in the body of a form (RFC 6750 §2.2), which UserInfo alone takes. */
  private static @Nullable String posted(HttpServletRequest request) {
    String type = request.getContentType();
    return request.getRequestURI().equals(UserInfo.PATH)
            && "POST".equals(request.getMethod())
            && request.getQueryString() == null
            && type != null
            && type.startsWith(MediaType.APPLICATION_FORM_URLENCODED_VALUE)
        ? request.getParameter("access_token")
        : null;
  }

  private static boolean scheme(String authorization, String scheme) {
    return authorization.regionMatches(true, 0, scheme, 0, scheme.length());
  }

  /** A token that is bound to a key is never accepted as a bearer token (RFC 9449 §7.2). */
  private static @Nullable ApiRefusal bearer(ApiCaller caller) {
    return caller.jkt() == null
        ? null
        : ApiRefusal.invalidToken("the token is bound to a key: use the DPoP scheme");
  }

  /** A token that is bound to a certificate opens nothing without it (RFC 8705 §3). */
  private @Nullable ApiRefusal certified(HttpServletRequest request, ApiCaller caller) {
    String bound = caller.x5t();
    return bound == null
            || tls.of(request).filter(shown -> Hashes.same(bound, shown.thumbprint())).isPresent()
        ? null
        : ApiRefusal.invalidToken("the token is bound to a certificate: come with it");
  }

  private @Nullable ApiRefusal proven(HttpServletRequest request, ApiCaller caller, String token) {
    @Nullable String jkt = caller.jkt();
    if (jkt == null) {
      return ApiRefusal.invalidToken("the token is not bound to a key");
    }
    List<String> presented = headers(request, "DPoP");
    if (presented.size() != 1) {
      return ApiRefusal.proof(DpopCheck.Refused.invalid("there must be one DPoP header"));
    }
    return switch (proofs.check(
        presented.getFirst(), request.getMethod(), ProofFilter.urls(request, issuer, tls), token)) {
      case DpopCheck.Refused refused -> ApiRefusal.proof(refused);
      case DpopCheck.Proven(String proven, var _) when !Hashes.same(proven, jkt) ->
          ApiRefusal.proof(DpopCheck.Refused.invalid("the token is bound to another key"));
      case DpopCheck.Proven _ -> null;
    };
  }

  private static @Nullable ApiRefusal allowed(ApiCaller caller, Access access) {
    return switch (access) {
      case Access.Open _ -> null;
      case Access.Client(String scope) ->
          caller.person() || !caller.scopes().contains(scope)
              ? ApiRefusal.insufficientScope(scope)
              : null;
      case Access.Person(String scope, _)
          when !caller.person() || !caller.scopes().contains(scope) ->
          ApiRefusal.insufficientScope(scope);
      case Access.Person(_, boolean secondFactor) ->
          secondFactor && !caller.secondFactor() ? ApiRefusal.secondFactorMissing() : null;
    };
  }

  private static List<String> headers(HttpServletRequest request, String name) {
    return Collections.list(request.getHeaders(name));
  }
}

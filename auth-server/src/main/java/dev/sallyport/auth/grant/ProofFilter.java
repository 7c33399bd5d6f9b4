package dev.sallyport.auth.grant;

import dev.sallyport.auth.certificate.MutualTls;
import dev.sallyport.auth.token.DpopCheck;
import dev.sallyport.auth.token.DpopProofs;
import dev.sallyport.auth.token.IssuerSettings;
import dev.sallyport.auth.token.ServerNonces;
import jakarta.servlet.FilterChain;
import jakarta.servlet.ServletException;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.springframework.web.filter.OncePerRequestFilter;

/**
 * The first door of the endpoints that clients POST to: bounds the body, and checks a DPoP proof
 * before the client authenticates, so that asking for a nonce does not cost an assertion that may
 * be used once only.
 */
final class ProofFilter extends OncePerRequestFilter {

  /** A pushed request with all its parameters; two large tokens at an exchange. */
  private static final int BODY_BYTES_MAX = 64 * 1024;

  /** Whose grants spend the proofs themselves, see {@link Grant#answer}. */
  private static final String TOKEN = "/oauth2/token";

  private static final Set<String> PROVEN =
      Set.of(TOKEN, "/oauth2/par", DeviceAuthorizationEndpoint.PATH);

  /** Where a request in any other way is none. */
  private static final Set<String> POSTED =
      Set.of(
          TOKEN,
          "/oauth2/par",
          DeviceAuthorizationEndpoint.PATH,
          "/oauth2/introspect",
          "/oauth2/revoke");

  private static final String PROOF = ProofFilter.class.getName() + ".proof";

  private final DpopProofs proofs;
  private final ServerNonces nonces;
  private final IssuerSettings issuer;
  private final MutualTls tls;

  ProofFilter(DpopProofs proofs, ServerNonces nonces, IssuerSettings issuer, MutualTls tls) {
    this.tls = tls;
    this.proofs = proofs;
    this.nonces = nonces;
    this.issuer = issuer;
  }

  /** By which a request may have been sent here: {@code htu} is one of them. */
  static List<String> urls(HttpServletRequest request, IssuerSettings issuer, MutualTls tls) {
    String path = request.getRequestURI();
    return tls.url(path)
        .map(alias -> List.of(issuer.url(path), alias))
        .orElseGet(() -> List.of(issuer.url(path)));
  }

  /** The proof that came with this request. */
  static DpopCheck.@Nullable Proven proof(HttpServletRequest request) {
    return (DpopCheck.Proven) request.getAttribute(PROOF);
  }

  /** The key whose possession this request has shown. */
  static @Nullable String jkt(HttpServletRequest request) {
    DpopCheck.Proven proof = proof(request);
    return proof == null ? null : proof.jkt();
  }

  @Override
  protected void doFilterInternal(
      HttpServletRequest request, HttpServletResponse response, FilterChain chain)
      throws ServletException, IOException {
    if (!"POST".equals(request.getMethod())) {
      if (POSTED.contains(request.getRequestURI())) {
        // RFC 9126 §2.3, RFC 6749 §3.2
        response.setStatus(HttpServletResponse.SC_METHOD_NOT_ALLOWED);
        response.setHeader("Allow", "POST");
        OAuthErrors.json(response, Map.of("error", "invalid_request"));
        return;
      }
      chain.doFilter(request, response);
      return;
    }
    long length = request.getContentLengthLong();
    if (length < 0 || length > BODY_BYTES_MAX) {
      // Without a length we would have to read to know.
      response.setStatus(
          length < 0
              ? HttpServletResponse.SC_LENGTH_REQUIRED
              : HttpServletResponse.SC_REQUEST_ENTITY_TOO_LARGE);
      OAuthErrors.json(response, Map.of("error", "invalid_request"));
      return;
    }
    if (!PROVEN.contains(request.getRequestURI())) {
      chain.doFilter(request, response);
      return;
    }
    response.setHeader(OAuthErrors.DPOP_NONCE, nonces.fresh());
    List<String> headers = Collections.list(request.getHeaders("DPoP"));
    if (headers.size() > 1) {
      OAuthErrors.write(response, "invalid_dpop_proof", "more than one proof", Map.of());
      return;
    }
    if (headers.size() == 1) {
      String proof = headers.getFirst();
      List<String> urls = urls(request, issuer, tls);
      switch (TOKEN.equals(request.getRequestURI())
          ? proofs.verify(proof, "POST", urls, null)
          : proofs.check(proof, "POST", urls, null)) {
        case DpopCheck.Refused refused -> {
          OAuthErrors.write(response, refused.error(), refused.description(), Map.of());
          return;
        }
        case DpopCheck.Proven proven -> request.setAttribute(PROOF, proven);
      }
    }
    chain.doFilter(request, response);
  }
}

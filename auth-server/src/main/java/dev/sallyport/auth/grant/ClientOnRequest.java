package dev.sallyport.auth.grant;

import com.nimbusds.jwt.SignedJWT;
import dev.sallyport.auth.certificate.MutualTls;
import dev.sallyport.auth.client.ClientAuthentication;
import dev.sallyport.auth.token.JwsVerification;
import jakarta.servlet.http.HttpServletRequest;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.text.ParseException;
import java.util.Base64;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.springframework.security.core.Authentication;
import org.springframework.security.oauth2.core.ClientAuthenticationMethod;
import org.springframework.security.oauth2.server.authorization.authentication.OAuth2ClientAuthenticationToken;
import org.springframework.security.web.authentication.AuthenticationConverter;

/**
 * Reads by which client, and with what proof of it, a request comes: one way only (RFC 6749 §2.3).
 */
final class ClientOnRequest implements AuthenticationConverter {

  /** Its id and no more, or that and a certificate: its registration says which it is to be. */
  static final String BY_NAME = ClientAuthentication.NONE.value();

  private static final String ASSERTION_TYPE =
      "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

  private static final int ASSERTION_LENGTH_MAX = 8 * 1024;
  private static final int SECRET_LENGTH_MAX = 512;

  private final MutualTls tls;

  ClientOnRequest(MutualTls tls) {
    this.tls = tls;
  }

  @Override
  public Authentication convert(HttpServletRequest request) {
    Form form =
        Form.read(request)
            .orElseThrow(
                () ->
                    OAuthErrors.refused(
                        "invalid_request", "parameters belong in the body, each once"));
    String clientId = form.one("client_id").orElse(null);
    String assertion = form.one("client_assertion").orElse(null);
    String secret = form.one("client_secret").orElse(null);
    String header = request.getHeader("Authorization");
    int ways = (assertion != null ? 1 : 0) + (secret != null ? 1 : 0) + (header != null ? 1 : 0);
    if (ways > 1) {
      throw OAuthErrors.refused("invalid_request", "more than one client authentication");
    }
    if (assertion != null) {
      return assertion(form, clientId, assertion);
    }
    if (header != null) {
      return basic(header, clientId);
    }
    if (clientId == null) {
      throw OAuthErrors.refused("invalid_client", "no client authentication");
    }
    if (secret != null) {
      return token(clientId, ClientAuthentication.CLIENT_SECRET_POST, bounded(secret));
    }
    return token(clientId, ClientAuthentication.NONE, tls.of(request).orElse(null));
  }

  private static Authentication assertion(Form form, @Nullable String clientId, String assertion) {
    if (!ASSERTION_TYPE.equals(form.one("client_assertion_type").orElse(""))
        || assertion.length() > ASSERTION_LENGTH_MAX
        || !JwsVerification.compact(assertion)) {
      throw OAuthErrors.refused("invalid_client", "client_assertion is not acceptable");
    }
    // RFC 7523 §3: client_id may be left out; the assertion's sub, verified later, then names it.
    String subject;
    try {
      subject = SignedJWT.parse(assertion).getJWTClaimsSet().getSubject();
    } catch (ParseException | RuntimeException malformed) {
      throw OAuthErrors.refused("invalid_client", "client_assertion is not a signed JWT");
    }
    if (subject == null || (clientId != null && !clientId.equals(subject))) {
      throw OAuthErrors.refused("invalid_client", "client_assertion is for another client");
    }
    return token(subject, ClientAuthentication.PRIVATE_KEY_JWT, assertion);
  }

  private static Authentication basic(String header, @Nullable String clientId) {
    if (!header.regionMatches(true, 0, "Basic ", 0, 6)) {
      throw OAuthErrors.refused("invalid_client", "unsupported client authentication");
    }
    String id;
    String secret;
    try {
      String decoded =
          new String(
              Base64.getDecoder().decode(header.substring(6).strip()), StandardCharsets.UTF_8);
      int colon = decoded.indexOf(':');
      if (colon < 1) {
        throw OAuthErrors.refused("invalid_client", "malformed Basic authentication");
      }
      id = URLDecoder.decode(decoded.substring(0, colon), StandardCharsets.UTF_8);
      secret = URLDecoder.decode(decoded.substring(colon + 1), StandardCharsets.UTF_8);
    } catch (IllegalArgumentException e) {
      throw OAuthErrors.refused("invalid_client", "malformed Basic authentication");
    }
    if (clientId != null && !clientId.equals(id)) {
      throw OAuthErrors.refused("invalid_client", "client_id is of another client");
    }
    return token(id, ClientAuthentication.CLIENT_SECRET_BASIC, bounded(secret));
  }

  private static String bounded(String secret) {
    if (secret.length() > SECRET_LENGTH_MAX) {
      throw OAuthErrors.refused("invalid_client", "client authentication failed");
    }
    return secret;
  }

  private static OAuth2ClientAuthenticationToken token(
      String clientId, ClientAuthentication method, @Nullable Object credentials) {
    return new OAuth2ClientAuthenticationToken(
        clientId, new ClientAuthenticationMethod(method.value()), credentials, Map.of());
  }
}

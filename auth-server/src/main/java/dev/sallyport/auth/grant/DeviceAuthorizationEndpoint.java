package dev.sallyport.auth.grant;

import dev.sallyport.auth.client.Client;
import dev.sallyport.auth.client.ClientAuthentication;
import dev.sallyport.auth.client.GrantType;
import dev.sallyport.auth.detail.AuthorizationDetails;
import dev.sallyport.auth.limit.Buckets;
import dev.sallyport.auth.limit.Network;
import dev.sallyport.auth.limit.RateLimits;
import dev.sallyport.auth.pairing.Pairings;
import dev.sallyport.auth.token.IssuerSettings;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.springframework.http.HttpHeaders;
import org.springframework.security.authentication.AbstractAuthenticationToken;
import org.springframework.security.authentication.AuthenticationProvider;
import org.springframework.security.core.Authentication;
import org.springframework.security.web.authentication.AuthenticationConverter;
import org.springframework.security.web.authentication.AuthenticationSuccessHandler;
import org.springframework.stereotype.Component;

/**
 * The device authorization endpoint (RFC 8628 §3.1), behind Spring's filter: reads the request, has
 * codes made, writes the answer. Spring's own provider keeps both codes in the clear, binds neither
 * to a key and answers every poll alike.
 *
 * <p>A client whose tokens are sender-constrained fixes its key here, by a proof or by {@code
 * dpop_jkt}: whoever looks over the shoulder of a device has no use for its device code.
 */
@Component
final class DeviceAuthorizationEndpoint
    implements AuthenticationConverter, AuthenticationProvider, AuthenticationSuccessHandler {

  static final String PATH = "/oauth2/device_authorization";

  /** Where its owner enters the code; short, since people type it from a screen. */
  static final String VERIFICATION_PATH = "/device";

  /** RFC 7638 thumbprints: SHA-256, base64url. */
  private static final Pattern THUMBPRINT = Pattern.compile("[A-Za-z0-9_-]{43}");

  private final Pairings pairings;

  private final Extents extents;

  private final IssuerSettings issuer;

  private final Buckets buckets;

  DeviceAuthorizationEndpoint(
      Pairings pairings,
      Extents extents,
      IssuerSettings issuer,
      DeviceAuthorizationLimit limit,
      RateLimits limits) {
    this.pairings = pairings;
    this.extents = extents;
    this.issuer = issuer;
    this.buckets = limits.buckets("device-authorization", limit.burst(), limit.perMinute());
  }

  /** A request on its way through Spring's filter, then its answer. */
  private static final class Exchange extends AbstractAuthenticationToken {

    private static final long serialVersionUID = 1;

    private final transient Client client;

    private final transient AuthorizationRequest asked;

    private final transient @Nullable String jkt;

    private final transient String address;

    private final transient @Nullable String userAgent;

    private transient Pairings.@Nullable Begun begun;

    private Exchange(
        Client client,
        AuthorizationRequest asked,
        @Nullable String jkt,
        String address,
        @Nullable String userAgent) {
      super(List.of());
      this.client = client;
      this.asked = asked;
      this.jkt = jkt;
      this.address = address;
      this.userAgent = userAgent;
    }

    @Override
    public Object getPrincipal() {
      return client.clientId();
    }

    @Override
    public Object getCredentials() {
      return "";
    }
  }

  @Override
  public Authentication convert(HttpServletRequest request) {
    Client client = TokenEndpoint.client();
    Form form =
        Form.read(request)
            .orElseThrow(
                () ->
                    OAuthErrors.refused(
                        "invalid_request", "parameters belong in the body, each once"));
    if (!client.may(GrantType.DEVICE_CODE)) {
      throw OAuthErrors.refused("unauthorized_client", "the client is not registered for this");
    }
    Optional<Duration> wait = buckets.take(key(client, request));
    if (wait.isPresent()) {
      throw new OAuthErrors.TooMany(wait.get());
    }
    Set<String> scopes = Set.copyOf(form.words("scope"));
    if (scopes.isEmpty() || !client.scopes().containsAll(scopes)) {
      throw OAuthErrors.refused(
          "invalid_scope", "scope is missing, or exceeds what the client is registered for");
    }
    String details = form.one(AuthorizationDetails.NAME).orElse(null);
    GrantOutcome.Denied fault = extents.fault(client, scopes, form.all("resource"), details);
    if (fault != null) {
      throw OAuthErrors.refused(fault.error(), fault.description());
    }
    AuthorizationRequest asked =
        new AuthorizationRequest(issuer.url(PATH), null, null, scopes, parameters(form));
    return new Exchange(
        client,
        asked,
        key(client, form, ProofFilter.jkt(request)),
        request.getRemoteAddr(),
        request.getHeader(HttpHeaders.USER_AGENT));
  }

  private static Map<String, Object> parameters(Form form) {
    Map<String, Object> parameters = new LinkedHashMap<>();
    form.one("nonce").ifPresent(nonce -> parameters.put("nonce", bounded(nonce)));
    if (!form.all("resource").isEmpty()) {
      parameters.put("resource", form.all("resource"));
    }
    form.one(AuthorizationDetails.NAME)
        .ifPresent(details -> parameters.put(AuthorizationDetails.NAME, details));
    return parameters;
  }

  private static String bounded(String nonce) {
    if (nonce.length() > 255) {
      throw OAuthErrors.refused("invalid_request", "nonce is too long");
    }
    return nonce;
  }

  /** The key that must be shown with the device code: by a proof now, or named (RFC 9449 §10). */
  private static @Nullable String key(Client client, Form form, @Nullable String proven) {
    String named = form.one("dpop_jkt").orElse(null);
    if (named != null && !THUMBPRINT.matcher(named).matches()) {
      throw OAuthErrors.refused("invalid_request", "dpop_jkt is malformed");
    }
    if (named != null && proven != null && !named.equals(proven)) {
      throw OAuthErrors.refused("invalid_dpop_proof", "dpop_jkt is of another key");
    }
    String jkt = proven != null ? proven : named;
    if (jkt == null && client.boundToKey()) {
      throw OAuthErrors.refused(
          "invalid_dpop_proof", "this client must send a DPoP proof or dpop_jkt");
    }
    return jkt;
  }

  /** Anyone can name a public client: its users must not be kept out by a stranger's requests. */
  private static String key(Client client, HttpServletRequest request) {
    return client.authentication() == ClientAuthentication.NONE
        ? "network " + Network.of(request.getRemoteAddr())
        : "client " + client.clientId();
  }

  @Override
  public boolean supports(Class<?> type) {
    return Exchange.class.isAssignableFrom(type);
  }

  @Override
  public Authentication authenticate(Authentication authentication) {
    Exchange exchange = (Exchange) authentication;
    exchange.begun =
        pairings.begin(
            exchange.client,
            exchange.asked.scopes(),
            exchange.asked.toJson(),
            exchange.asked.details(),
            exchange.jkt,
            exchange.address,
            exchange.userAgent);
    return exchange;
  }

  /** §3.2. */
  @Override
  public void onAuthenticationSuccess(
      HttpServletRequest request, HttpServletResponse response, Authentication authentication)
      throws IOException {
    Pairings.Begun begun = ((Exchange) authentication).begun;
    if (begun == null) {
      throw new IllegalStateException("a device authorization without codes");
    }
    Map<String, Object> body = new LinkedHashMap<>();
    body.put("device_code", begun.deviceCode());
    body.put("user_code", begun.userCode());
    body.put("verification_uri", issuer.url(VERIFICATION_PATH));
    body.put(
        "verification_uri_complete",
        issuer.url(VERIFICATION_PATH)
            + "?user_code="
            + URLEncoder.encode(begun.userCode(), StandardCharsets.UTF_8));
    body.put("expires_in", Pairings.LIFE.toSeconds());
    body.put("interval", Pairings.INTERVAL.toSeconds());
    OAuthErrors.json(response, body);
  }
}

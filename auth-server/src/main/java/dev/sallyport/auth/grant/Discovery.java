package dev.sallyport.auth.grant;

import com.nimbusds.jose.util.JSONObjectUtils;
import dev.sallyport.auth.certificate.MutualTls;
import dev.sallyport.auth.client.ClientAuthentication;
import dev.sallyport.auth.client.GrantType;
import dev.sallyport.auth.client.ResponseType;
import dev.sallyport.auth.client.Scopes;
import dev.sallyport.auth.detail.AuthorizationDetails;
import dev.sallyport.auth.session.Assurance;
import dev.sallyport.auth.session.MoreAssurance;
import dev.sallyport.auth.token.ApiRule;
import dev.sallyport.auth.token.ApiRules;
import dev.sallyport.auth.token.IssuerSettings;
import dev.sallyport.auth.token.StoredSigningKeys;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeSet;
import org.springframework.http.CacheControl;
import org.springframework.http.HttpMethod;
import org.springframework.http.MediaType;
import org.springframework.http.ResponseEntity;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.RestController;

/** What this server is and can (OpenID Connect Discovery, RFC 8414): what is true, nothing else. */
@RestController
class Discovery implements ApiRules {

  private static final String OPENID = "/.well-known/openid-configuration";
  private static final String OAUTH = "/.well-known/oauth-authorization-server";
  private static final List<String> PROOF_ALGS = List.of("ES256", "PS256", "EdDSA");

  /** RS256 for clients of the profile {@code web} alone. */
  private static final List<String> CLIENT_ALGS = List.of("ES256", "PS256", "EdDSA", "RS256");

  /** Where clients authenticate, and where a bound token is taken. */
  private static final List<String> ALIASED =
      List.of(
          "token_endpoint",
          "pushed_authorization_request_endpoint",
          "device_authorization_endpoint",
          "introspection_endpoint",
          "revocation_endpoint",
          "userinfo_endpoint");

  private final String document;

  Discovery(IssuerSettings issuer, MutualTls tls, MoreAssurance more) {
    this.document = JSONObjectUtils.toJSONString(describe(issuer, tls, more));
  }

  @Override
  public List<ApiRule> rules() {
    return List.of(ApiRule.open(HttpMethod.GET, OPENID), ApiRule.open(HttpMethod.GET, OAUTH));
  }

  @GetMapping({OPENID, OAUTH})
  ResponseEntity<String> describe() {
    return ResponseEntity.ok()
        .cacheControl(CacheControl.maxAge(Duration.ofMinutes(5)).cachePublic())
        .contentType(MediaType.APPLICATION_JSON)
        .body(document);
  }

  private static Map<String, Object> describe(
      IssuerSettings issuer, MutualTls tls, MoreAssurance more) {
    List<String> authentication =
        Arrays.stream(ClientAuthentication.values())
            .filter(way -> !way.certificate() || tls.offered())
            .filter(way -> way != ClientAuthentication.TLS_CLIENT_AUTH || tls.anchored())
            .flatMap(way -> way.methods().stream().sorted())
            .distinct()
            .toList();
    List<String> confidential = new ArrayList<>(authentication);
    confidential.remove(ClientAuthentication.NONE.value());
    Map<String, Object> it = new LinkedHashMap<>();
    it.put("issuer", issuer.issuer());
    it.put("authorization_endpoint", issuer.url("/oauth2/authorize"));
    it.put("token_endpoint", issuer.url("/oauth2/token"));
    it.put("pushed_authorization_request_endpoint", issuer.url("/oauth2/par"));
    it.put("device_authorization_endpoint", issuer.url("/oauth2/device_authorization"));
    it.put("introspection_endpoint", issuer.url("/oauth2/introspect"));
    it.put("revocation_endpoint", issuer.url("/oauth2/revoke"));
    it.put("userinfo_endpoint", issuer.url("/userinfo"));
    it.put("end_session_endpoint", issuer.url("/oauth2/logout"));
    it.put("registration_endpoint", issuer.url("/connect/register"));
    it.put("backchannel_logout_supported", true);
    it.put("backchannel_logout_session_supported", true);
    it.put("jwks_uri", issuer.url("/oauth2/jwks"));
    it.put(
        "response_types_supported",
        Arrays.stream(ResponseType.values()).map(ResponseType::value).toList());
    it.put("response_modes_supported", ResponseMode.supported());
    it.put(
        "grant_types_supported", Arrays.stream(GrantType.values()).map(GrantType::value).toList());
    List<String> scopes = new ArrayList<>(new TreeSet<>(Scopes.OF_PERSONS));
    scopes.add(Scopes.GATEWAY);
    it.put("scopes_supported", scopes);
    List<String> claims =
        new ArrayList<>(
            List.of(
                "sub",
                "iss",
                "aud",
                "exp",
                "iat",
                "auth_time",
                "nonce",
                "acr",
                "amr",
                "azp",
                "sid",
                "at_hash"));
    claims.addAll(PersonClaims.NAMES);
    it.put("claims_supported", claims);
    it.put("claim_types_supported", List.of("normal"));
    it.put("authorization_details_types_supported", List.of(AuthorizationDetails.TYPE));
    it.put("prompt_values_supported", Demands.PROMPTS);
    List<String> acrs = new ArrayList<>(List.of(Assurance.ONE_FACTOR, Assurance.TWO_FACTORS));
    acrs.addAll(more.acrs());
    it.put("acr_values_supported", acrs);
    it.put("subject_types_supported", List.of("public", "pairwise"));
    it.put("id_token_signing_alg_values_supported", StoredSigningKeys.TOKEN_ALGORITHMS);
    it.put("userinfo_signing_alg_values_supported", StoredSigningKeys.TOKEN_ALGORITHMS);
    it.put("introspection_signing_alg_values_supported", StoredSigningKeys.TOKEN_ALGORITHMS);
    it.put("authorization_signing_alg_values_supported", StoredSigningKeys.TOKEN_ALGORITHMS);
    it.put("code_challenge_methods_supported", List.of("S256"));
    it.put("token_endpoint_auth_methods_supported", authentication);
    it.put("token_endpoint_auth_signing_alg_values_supported", CLIENT_ALGS);
    it.put("revocation_endpoint_auth_methods_supported", authentication);
    it.put("revocation_endpoint_auth_signing_alg_values_supported", CLIENT_ALGS);
    it.put("introspection_endpoint_auth_methods_supported", confidential);
    it.put("introspection_endpoint_auth_signing_alg_values_supported", CLIENT_ALGS);
    it.put("dpop_signing_alg_values_supported", PROOF_ALGS);
    it.put("authorization_response_iss_parameter_supported", true);
    it.put("request_parameter_supported", true);
    it.put("request_object_signing_alg_values_supported", CLIENT_ALGS);
    it.put("request_uri_parameter_supported", true);
    it.put("require_request_uri_registration", true);
    it.put("require_signed_request_object", false);
    it.put("claims_parameter_supported", true);
    it.put("require_pushed_authorization_requests", false);
    it.put("tls_client_certificate_bound_access_tokens", tls.offered());
    if (tls.offered()) {
      // RFC 8705 §5
      Map<String, Object> aliases = new LinkedHashMap<>();
      for (String endpoint : ALIASED) {
        tls.url(
                Objects.requireNonNull(it.get(endpoint))
                    .toString()
                    .substring(issuer.issuer().length()))
            .ifPresent(url -> aliases.put(endpoint, url));
      }
      it.put("mtls_endpoint_aliases", aliases);
    }
    return it;
  }
}

package dev.sallyport.acceptance;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.nimbusds.jose.jwk.JWK;
import com.nimbusds.jose.jwk.JWKSet;
import java.net.URI;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

/**
 * OpenID Connect Discovery 1.0 and RFC 8414, as {@code oidcc-config-certification-test-plan} and
 * the Dynamic plan ask for them in {@code oidcc-discovery-endpoint-verification}.
 */
class OpenIdDiscoveryTest {

  private final Provider provider = Provider.get();
  private final Map<String, Object> metadata = provider.metadata();

  private Set<?> list(String member) {
    assertTrue(metadata.get(member) instanceof List<?>, member);
    var list = (List<?>) metadata.get(member);
    assertEquals(list.size(), new HashSet<>(list).size(), member + " holds something twice");
    return new HashSet<>(list);
  }

  /** §4.3: the issuer is the URL that it was found at, letter by letter. */
  @Test
  void issuer_isWhereTheDocumentIs() {
    assertEquals(provider.issuer(), metadata.get("issuer"));
    var answer = Http.get(URI.create(provider.issuer() + "/.well-known/openid-configuration"));
    assertTrue(String.valueOf(answer.header("Content-Type")).startsWith("application/json"));
    assertEquals(
        answer.json(),
        Http.get(URI.create(provider.issuer() + "/.well-known/oauth-authorization-server")).json());
  }

  /** §3; OpenID Connect Core §15.2 for Dynamic OPs. */
  @Test
  void responseAndGrantTypes_areThoseOfADynamicProvider() {
    assertEquals(Set.of("code", "id_token", "id_token token"), list("response_types_supported"));
    assertTrue(list("grant_types_supported").containsAll(Set.of("authorization_code", "implicit")));
    assertTrue(list("response_modes_supported").containsAll(Set.of("query", "fragment")));
    assertTrue(list("subject_types_supported").containsAll(Set.of("public", "pairwise")));
  }

  /** §3: RS256 must be included, and `none` is offered nowhere. */
  @Test
  void algorithms_includeRs256_andNeverNone() {
    assertTrue(list("id_token_signing_alg_values_supported").contains("RS256"));
    assertTrue(list("userinfo_signing_alg_values_supported").contains("RS256"));
    assertTrue(list("request_object_signing_alg_values_supported").contains("RS256"));
    metadata.forEach(
        (name, value) ->
            assertFalse(
                name.contains("_alg_values")
                    && value instanceof List<?> list
                    && list.contains("none"),
                name));
  }

  /** {@code CheckDiscEndpointAllEndpointsAreHttps} but for the loopback address of this test. */
  @Test
  void endpoints_areUrlsOfTheIssuer() {
    for (var name :
        List.of(
            "authorization_endpoint",
            "token_endpoint",
            "userinfo_endpoint",
            "jwks_uri",
            "registration_endpoint",
            "end_session_endpoint",
            "introspection_endpoint",
            "revocation_endpoint",
            "pushed_authorization_request_endpoint",
            "device_authorization_endpoint")) {
      assertTrue(provider.endpoint(name).toString().startsWith(provider.issuer() + "/"), name);
    }
  }

  /** {@code OIDCCCheckDiscEndpointClaimsSupported}; {@code oidcc-scope-*} go by the scopes. */
  @Test
  void scopesAndClaims_areSaid() {
    assertTrue(
        list("scopes_supported")
            .containsAll(
                Set.of("openid", "profile", "email", "address", "phone", "offline_access")));
    assertTrue(
        list("claims_supported")
            .containsAll(Set.of("sub", "iss", "auth_time", "acr", "name", "birthdate", "address")));
    assertEquals(true, metadata.get("claims_parameter_supported"));
    assertEquals(true, metadata.get("request_parameter_supported"));
    assertEquals(true, metadata.get("request_uri_parameter_supported"));
    assertEquals(Set.of("S256"), list("code_challenge_methods_supported"));
  }

  /** {@code ValidateServerJWKs}: distinct `kid`s, and nothing private. */
  @Test
  void keys_arePublicAndNamed() throws Exception {
    var keys = JWKSet.parse(Http.get(provider.endpoint("jwks_uri")).body()).getKeys();
    assertFalse(keys.isEmpty());
    assertEquals(keys.size(), keys.stream().map(JWK::getKeyID).distinct().count());
    for (var key : keys) {
      assertFalse(key.isPrivate());
      assertEquals("sig", String.valueOf(key.getKeyUse()));
    }
    assertTrue(keys.stream().anyMatch(key -> "RSA".equals(key.getKeyType().getValue())));
  }
}

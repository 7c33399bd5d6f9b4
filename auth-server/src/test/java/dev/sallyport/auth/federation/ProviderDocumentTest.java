package dev.sallyport.auth.federation;

import static org.assertj.core.api.Assertions.assertThat;

import java.security.SecureRandom;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.core.type.TypeReference;
import tools.jackson.databind.json.JsonMapper;

/** What an admin may say of a provider. */
class ProviderDocumentTest {

  private static final JsonMapper JSON = JsonMapper.builder().build();

  private static Map<String, Object> corp(Map<String, Object> more) {
    Map<String, Object> document =
        new HashMap<>(
            Map.of(
                "id", "corp",
                "protocol", "oidc",
                "issuer", "https://acme.example",
                "client_id", "sallyport"));
    document.putAll(more);
    return document;
  }

  private static IdentityProvider read(Map<String, Object> document) {
    return ((ProviderDocument.Reading.Read) ProviderDocument.read(JSON.valueToTree(document)))
        .provider();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{'claim_rules': [{'claim': 'a', 'value': 'b', 'roles': ['admin']}]}",
        "{'claim_rules': [{'claim': 'a', 'value': 'b', 'roles': ['Admin']}]}",
        "{'claim_rules': [{'claim': 'a', 'value': 'b'}]}",
        "{'claim_rules': [{'claim': 'a', 'value': 'b', 'role': ['x']}]}",
        "{'new_accounts': {'create': true}}",
        "{'new_accounts': {'create': true, 'email_domains': ['a b']}}",
        "{'issuer': 'http://acme.example'}",
        "{'issuer': 'https://acme.example?x'}",
        "{'authorization_endpoint': 'https://acme.example/a'}",
        "{'scopes': ['email']}",
        "{'client_secret': ''}",
        "{'protocol': 'saml'}",
        "{'id': 'UPPER'}",
        "{'surprise': 1}",
        "{'second_factor': {'amr': 'mfa'}}",
        "{'token_endpoint_auth_method': 'private_key_jwt'}",
        "{'protocol': 'oauth2'}",
      })
  void document_thatIsNotSound_isRefusedWithASentence(String more) {
    Map<String, Object> document = corp(Map.of());
    document.putAll(
        JSON.readValue(more.replace('\'', '"'), new TypeReference<Map<String, Object>>() {}));
    ProviderDocument.Reading reading = ProviderDocument.read(JSON.valueToTree(document));
    assertThat(reading).isInstanceOf(ProviderDocument.Reading.Faulty.class);
    assertThat(((ProviderDocument.Reading.Faulty) reading).message()).isNotBlank();
  }

  @Test
  void document_mayMakeAdministrators_onlyWhereItSaysSo() {
    assertThat(
            read(corp(
                    Map.of(
                        "admin_by_claims",
                        true,
                        "claim_rules",
                        List.of(Map.of("claim", "a", "value", "b", "roles", List.of("admin"))))))
                .adminByClaims())
        .isTrue();
  }

  @Test
  void document_isKeptAsItWasRead() {
    IdentityProvider full =
        read(
            corp(
                Map.of(
                    "authorization_endpoint",
                    "https://acme.example/a",
                    "token_endpoint",
                    "https://acme.example/t",
                    "jwks_uri",
                    "https://acme.example/k",
                    "userinfo_endpoint",
                    "https://acme.example/u",
                    "use_userinfo",
                    true,
                    "second_factor",
                    Map.of("amr", List.of("mfa"), "acr", List.of("x")),
                    "new_accounts",
                    Map.of("create", true, "email_domains", List.of("A.example")),
                    "claim_rules",
                    List.of(Map.of("claim", "/a/b", "value", "v", "groups", List.of("g"))))));
    assertThat(ProviderDocument.ofStored(ProviderDocument.stored(full), null, 0, ""))
        .isEqualTo(full);
    assertThat(full.newAccounts().emailDomains()).containsExactly("a.example");
    IdentityProvider oauth =
        read(
            new HashMap<>(
                Map.of(
                    "id", "forge",
                    "protocol", "oauth2",
                    "authorization_endpoint", "https://forge.example/a",
                    "token_endpoint", "https://forge.example/t",
                    "userinfo_endpoint", "https://api.forge.example/user",
                    "user_fields", Map.of("id", "/data/id", "email_verified", "ok"),
                    "client_id", "sallyport")));
    assertThat(ProviderDocument.ofStored(ProviderDocument.stored(oauth), null, 0, ""))
        .isEqualTo(oauth);
  }

  @Test
  void document_ofAnyShape_isReadOrRefused() {
    long seed = new SecureRandom().nextLong();
    Random random = new Random(seed);
    List<Object> values =
        List.of("", "x", 1, true, List.of(), List.of(1), Map.of(), Map.of("a", "b"), "https://x");
    for (int i = 0; i < 2000; i++) {
      Map<String, Object> document = corp(Map.of());
      for (String member : ProviderDocument.MEMBERS) {
        if (random.nextInt(4) == 0) {
          document.put(member, values.get(random.nextInt(values.size())));
        }
      }
      assertThat(ProviderDocument.read(JSON.valueToTree(document)))
          .as("seed %d, round %d", seed, i)
          .isNotNull();
    }
  }

  @Test
  void claimPath_findsByNameAndByPointer() {
    Map<String, Object> claims =
        Map.of(
            "https://a.example/roles", List.of("x"),
            "realm_access", Map.of("roles", List.of("a", "b", 3)),
            "odd/name", "y");
    assertThat(ClaimPath.texts(claims, "https://a.example/roles")).containsExactly("x");
    assertThat(ClaimPath.texts(claims, "/realm_access/roles"))
        .containsExactlyInAnyOrder("a", "b", "3");
    assertThat(ClaimPath.texts(claims, "/realm_access/roles/1")).containsExactly("b");
    assertThat(ClaimPath.texts(claims, "/odd~1name")).containsExactly("y");
    assertThat(ClaimPath.texts(claims, "/realm_access/nothing/more")).isEmpty();
  }
}

package dev.sallyport.auth.token;

import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.springframework.http.CacheControl;
import org.springframework.http.HttpMethod;
import org.springframework.http.MediaType;
import org.springframework.http.ResponseEntity;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.RestController;

/** The public halves of the signing keys, one JWKS (RFC 7517 §5) per purpose. */
@RestController
class KeySetEndpoint implements ApiRules {

  private static final MediaType JWK_SET = MediaType.parseMediaType("application/jwk-set+json");

  private final SigningKeys keys;

  KeySetEndpoint(SigningKeys keys) {
    this.keys = keys;
  }

  @Override
  public List<ApiRule> rules() {
    return List.of(
        ApiRule.open(HttpMethod.GET, "/oauth2/jwks"),
        ApiRule.open(HttpMethod.GET, "/v1/keys/{purpose}"));
  }

  @GetMapping("/oauth2/jwks")
  ResponseEntity<String> tokenKeys() {
    return answer(KeyPurpose.TOKEN);
  }

  @GetMapping("/v1/keys/{purpose}")
  ResponseEntity<String> keys(@PathVariable String purpose) {
    return purpose(purpose).map(this::answer).orElseGet(() -> ResponseEntity.notFound().build());
  }

  private static Optional<KeyPurpose> purpose(String text) {
    for (KeyPurpose purpose : KeyPurpose.values()) {
      if (purpose != KeyPurpose.TOKEN && purpose.name().toLowerCase(Locale.ROOT).equals(text)) {
        return Optional.of(purpose);
      }
    }
    return Optional.empty();
  }

  private ResponseEntity<String> answer(KeyPurpose purpose) {
    return ResponseEntity.ok()
        .cacheControl(CacheControl.maxAge(StoredSigningKeys.JWKS_AGE_MAX).cachePublic())
        .contentType(JWK_SET)
        .body(keys.published(purpose).toString());
  }
}

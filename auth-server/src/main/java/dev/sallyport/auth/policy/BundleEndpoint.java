package dev.sallyport.auth.policy;

import dev.sallyport.auth.policy.PolicyBundle.Signed;
import dev.sallyport.auth.token.ApiRule;
import dev.sallyport.auth.token.ApiRules;
import java.util.List;
import java.util.Optional;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.http.HttpMethod;
import org.springframework.http.HttpStatus;
import org.springframework.http.MediaType;
import org.springframework.http.ResponseEntity;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.RestController;
import org.springframework.web.context.request.ServletWebRequest;

/** {@code GET /v1/policy/bundle}, for gateways. */
@RestController
class BundleEndpoint {

  private static final MediaType JOSE = MediaType.parseMediaType("application/jose");

  private final PolicyBundle bundle;

  BundleEndpoint(PolicyBundle bundle) {
    this.bundle = bundle;
  }

  @GetMapping("/v1/policy/bundle")
  ResponseEntity<String> bundle(ServletWebRequest request) {
    Optional<Signed> signed = bundle.current();
    if (signed.isEmpty()) {
      return ResponseEntity.status(HttpStatus.SERVICE_UNAVAILABLE).build();
    }
    String tag = "\"" + signed.get().version() + "\"";
    if (request.checkNotModified(tag)) {
      return ResponseEntity.status(HttpStatus.NOT_MODIFIED).eTag(tag).build();
    }
    return ResponseEntity.ok().eTag(tag).contentType(JOSE).body(signed.get().jws());
  }

  @Configuration(proxyBeanMethods = false)
  static class Rules {
    @Bean
    ApiRules bundleRules() {
      return () -> List.of(ApiRule.client(HttpMethod.GET, "/v1/policy/bundle", "gateway"));
    }
  }
}

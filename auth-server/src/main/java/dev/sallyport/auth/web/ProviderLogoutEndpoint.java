package dev.sallyport.auth.web;

import dev.sallyport.auth.federation.ProviderLogouts;
import java.util.List;
import java.util.Map;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.http.CacheControl;
import org.springframework.http.HttpStatus;
import org.springframework.http.MediaType;
import org.springframework.http.ResponseEntity;
import org.springframework.util.MultiValueMap;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestBody;
import org.springframework.web.bind.annotation.RestController;

/** Where providers tell of sign-outs (OpenID Connect Back-Channel Logout 1.0, section 2.5). */
@RestController
class ProviderLogoutEndpoint {

  /** With the provider's id behind it, what is to be registered there. */
  static final String PATH = "/login/backchannel";

  private static final Logger LOG = LoggerFactory.getLogger(ProviderLogoutEndpoint.class);

  private final ProviderLogouts logouts;

  ProviderLogoutEndpoint(ProviderLogouts logouts) {
    this.logouts = logouts;
  }

  @PostMapping(
      path = PATH + "/{idp:[a-z0-9][a-z0-9-]{0,63}}",
      consumes = MediaType.APPLICATION_FORM_URLENCODED_VALUE)
  ResponseEntity<?> receive(
      @PathVariable String idp, @RequestBody MultiValueMap<String, String> form) {
    List<String> tokens = form.getOrDefault("logout_token", List.of());
    if (tokens.size() != 1) {
      return refused("there must be one `logout_token`");
    }
    return switch (logouts.receive(idp, tokens.getFirst())) {
      case ProviderLogouts.Outcome.Ended(int sessions) -> {
        LOG.info("identity provider `{}` told of a sign-out: {} sessions ended", idp, sessions);
        yield ResponseEntity.ok().cacheControl(CacheControl.noStore()).build();
      }
      case ProviderLogouts.Outcome.Refused(String reason) -> {
        LOG.info("a logout token for identity provider `{}` is refused: {}", idp, reason);
        yield refused(reason);
      }
      case ProviderLogouts.Outcome.NoSuchProvider() -> ResponseEntity.notFound().build();
    };
  }

  private static ResponseEntity<?> refused(String reason) {
    return ResponseEntity.status(HttpStatus.BAD_REQUEST)
        .cacheControl(CacheControl.noStore())
        .contentType(MediaType.APPLICATION_JSON)
        .body(Map.of("error", "invalid_request", "error_description", reason));
  }
}

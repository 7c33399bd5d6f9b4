package dev.sallyport.gateway.issuer;

import com.nimbusds.jose.jwk.JWK;
import java.util.Optional;

/** The issuer's keys for device credentials, as far as the gateway holds them. */
public interface DeviceKeys {
  /**
   * The public key of that id. Does not block; for an id it does not know it starts one
   * rate-limited look-up at the issuer and answers empty, so that a later try may find it.
   */
  Optional<JWK> byKid(String kid);
}

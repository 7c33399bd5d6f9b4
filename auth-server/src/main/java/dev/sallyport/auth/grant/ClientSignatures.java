package dev.sallyport.auth.grant;

import com.nimbusds.jose.jwk.JWKSet;
import com.nimbusds.jwt.SignedJWT;
import dev.sallyport.auth.client.Client;
import dev.sallyport.auth.client.Clients;
import dev.sallyport.auth.token.JwsVerification;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.springframework.stereotype.Component;

/**
 * Whether a client signed something, with a key that it registered. Where its keys are at a URL and
 * none of those known fits, they are looked for anew: that is how a client rotates them (OpenID
 * Connect Core §10.1.1).
 */
@Component
final class ClientSignatures {

  private final Clients clients;

  ClientSignatures(Clients clients) {
    this.clients = clients;
  }

  /**
   * @param alg the only one that the client wants believed; null: any of its profile
   */
  boolean signed(SignedJWT jwt, Client client, @Nullable String alg) {
    Set<String> algs = alg == null ? client.profile().clientAlgs() : Set.of(alg);
    // before any key is looked for
    return algs.contains(jwt.getHeader().getAlgorithm().getName())
        && (byOneOf(clients.keysOf(client), jwt, algs)
            || clients.newKeysOf(client).filter(keys -> byOneOf(keys, jwt, algs)).isPresent());
  }

  private static boolean byOneOf(JWKSet keys, SignedJWT jwt, Set<String> algs) {
    String kid = jwt.getHeader().getKeyID();
    return keys.getKeys().stream()
        .filter(key -> kid == null || kid.equals(key.getKeyID()))
        .anyMatch(key -> JwsVerification.signedBy(jwt, key, algs));
  }
}

package dev.sallyport.auth.client;

import com.nimbusds.jose.jwk.JWKSet;
import java.util.Optional;

/** The registered OAuth clients. Safe for use by many threads. */
public interface Clients {

  Optional<Client> find(String clientId);

  /**
   * Registers a client if the rules of its profile allow it and its id is free. A secret, where the
   * client authenticates by one, is generated here.
   */
  Registration register(Client client);

  /** Whether this is the client's secret; takes as long for a client that does not exist. */
  boolean secretMatches(String clientId, String secret);

  /** The public keys by which the client may sign assertions now; empty when it has none. */
  JWKSet keysOf(Client client);

  /**
   * As {@link #keysOf}, looked for anew, for a signature by a key that is not among them: where
   * they are at a URL, and not more often than once a minute. Empty where there is nothing new to
   * see.
   */
  default Optional<JWKSet> newKeysOf(Client client) {
    return Optional.empty();
  }
}

package dev.sallyport.auth.client;

import java.util.Objects;
import javax.crypto.SecretKey;
import org.springframework.stereotype.Component;

/**
 * By which name a client knows a person (OpenID Connect Core §8): the account's id; or, for
 * pairwise clients, one of its sector's own, a keyed hash that tells nobody whose it is, and is the
 * same at every sign-in. Safe for use by many threads and nodes.
 */
@Component
public final class Subjects {

  private static final String KEY = "pairwise-subject";

  private final SharedKeys keys;

  Subjects(SharedKeys keys) {
    this.keys = keys;
  }

  /** The {@code sub} of this account for this client. */
  public String of(Client client, String accountId) {
    if (!client.metadata().pairwise()) {
      return accountId;
    }
    SecretKey key = keys.hmac(KEY);
    // a host holds no line break
    return Macs.hmacSha256(
        key, Objects.requireNonNull(client.metadata().sector()) + "\n" + accountId);
  }
}

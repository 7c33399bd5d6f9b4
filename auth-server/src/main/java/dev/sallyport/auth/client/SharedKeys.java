package dev.sallyport.auth.client;

import dev.sallyport.auth.vault.Vault;
import java.security.SecureRandom;
import java.util.Base64;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import javax.crypto.SecretKey;
import javax.crypto.spec.SecretKeySpec;
import org.springframework.dao.DuplicateKeyException;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.stereotype.Component;
import org.springframework.transaction.PlatformTransactionManager;
import org.springframework.transaction.TransactionDefinition;
import org.springframework.transaction.support.TransactionTemplate;

/**
 * Symmetric keys that all nodes on one database share, made when first asked for and sealed at
 * rest. For MACs that every node must be able to check; nothing that leaves the server.
 */
@Component
public final class SharedKeys {

  private static final int KEY_BYTES = 32;

  private final JdbcClient jdbc;
  private final Vault vault;
  private final SecureRandom random;
  private final TransactionTemplate alone;
  private final ConcurrentMap<String, SecretKey> known = new ConcurrentHashMap<>();

  public SharedKeys(
      JdbcClient jdbc, Vault vault, SecureRandom random, PlatformTransactionManager transactions) {
    this.jdbc = jdbc;
    this.vault = vault;
    this.random = random;
    // a key is made where it is first needed, and stays when that is rolled back: it may have been
    // used by then
    this.alone = new TransactionTemplate(transactions);
    this.alone.setPropagationBehavior(TransactionDefinition.PROPAGATION_REQUIRES_NEW);
  }

  /** The HMAC-SHA-256 key of this name, the same on every node. */
  public SecretKey hmac(String name) {
    SecretKey key = known.get(name);
    if (key == null) {
      key = load(name).orElseGet(() -> create(name));
      known.put(name, key);
    }
    return key;
  }

  private Optional<SecretKey> load(String name) {
    return jdbc.sql("SELECT sealed_key FROM shared_key WHERE name = ?")
        .param(name)
        .query(String.class)
        .optional()
        .map(cipherText -> open(name, cipherText));
  }

  private SecretKey create(String name) {
    byte[] fresh = new byte[KEY_BYTES];
    random.nextBytes(fresh);
    String cipherText = Base64.getUrlEncoder().encodeToString(vault.seal(fresh, purpose(name)));
    try {
      alone.executeWithoutResult(
          _ ->
              jdbc.sql("INSERT INTO shared_key (name, sealed_key) VALUES (?, ?)")
                  .params(name, cipherText)
                  .update());
    } catch (DuplicateKeyException otherNodeWasFirst) {
      return load(name).orElseThrow();
    }
    return new SecretKeySpec(fresh, "HmacSHA256");
  }

  private SecretKey open(String name, String cipherText) {
    return new SecretKeySpec(
        vault.open(Base64.getUrlDecoder().decode(cipherText), purpose(name)), "HmacSHA256");
  }

  private static String purpose(String name) {
    return "shared-key:" + name;
  }
}

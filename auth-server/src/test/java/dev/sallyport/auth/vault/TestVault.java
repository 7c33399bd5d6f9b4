package dev.sallyport.auth.vault;

import java.security.SecureRandom;

/** A vault with a master key of its own, for tests of other packages. */
public final class TestVault {

  private TestVault() {}

  public static Vault create() {
    SecureRandom random = new SecureRandom();
    byte[] key = new byte[Vault.KEY_BYTES];
    random.nextBytes(key);
    return new Vault(key, random);
  }
}

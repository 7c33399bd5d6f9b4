package dev.sallyport.auth.vault;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.security.GeneralSecurityException;
import java.security.SecureRandom;
import java.util.Arrays;
import javax.crypto.AEADBadTagException;
import javax.crypto.Cipher;
import javax.crypto.KDF;
import javax.crypto.Mac;
import javax.crypto.SecretKey;
import javax.crypto.spec.GCMParameterSpec;
import javax.crypto.spec.HKDFParameterSpec;
import javax.crypto.spec.SecretKeySpec;

/**
 * Seals what must not lie open in the database: AES-256-GCM under keys derived from the master key
 * by HKDF-SHA-256 (RFC 5869), one for each purpose, so that a value sealed for one purpose does not
 * open for another. A purpose may name the row ({@code "totp/<account id>"}): then a sealed value
 * moved to another row does not open either.
 *
 * <p>Sealed form: one byte version (1), 12 bytes nonce, ciphertext with a 16-byte tag. Safe for use
 * by any number of threads.
 */
public final class Vault {

  static final int KEY_BYTES = 32;

  private static final byte VERSION = 1;
  private static final int NONCE_BYTES = 12;
  private static final int TAG_BITS = 128;

  private final SecretKey master;
  private final SecureRandom random;

  Vault(byte[] masterKey, SecureRandom random) {
    if (masterKey.length != KEY_BYTES) {
      throw new IllegalArgumentException("the master key must have 32 bytes");
    }
    this.master = new SecretKeySpec(masterKey, "HKDF");
    this.random = random;
  }

  /** Encrypts and authenticates. Two calls with the same arguments give different results. */
  public byte[] seal(byte[] plaintext, String purpose) {
    byte[] nonce = new byte[NONCE_BYTES];
    random.nextBytes(nonce);
    try {
      Cipher cipher = Cipher.getInstance("AES/GCM/NoPadding");
      cipher.init(
          Cipher.ENCRYPT_MODE,
          key("seal/" + purpose, "AES"),
          new GCMParameterSpec(TAG_BITS, nonce));
      byte[] sealed = new byte[1 + NONCE_BYTES + cipher.getOutputSize(plaintext.length)];
      sealed[0] = VERSION;
      System.arraycopy(nonce, 0, sealed, 1, NONCE_BYTES);
      cipher.doFinal(plaintext, 0, plaintext.length, sealed, 1 + NONCE_BYTES);
      return sealed;
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("this JDK cannot seal", e);
    }
  }

  /**
   * Opens what {@link #seal} made for the same purpose under the same master key.
   *
   * @throws SealBroken when it was made otherwise or changed since: the database and the key do not
   *     belong together
   */
  public byte[] open(byte[] sealed, String purpose) {
    if (sealed.length < 1 + NONCE_BYTES + TAG_BITS / 8 || sealed[0] != VERSION) {
      throw new SealBroken();
    }
    try {
      Cipher cipher = Cipher.getInstance("AES/GCM/NoPadding");
      GCMParameterSpec nonce = new GCMParameterSpec(TAG_BITS, sealed, 1, NONCE_BYTES);
      cipher.init(Cipher.DECRYPT_MODE, key("seal/" + purpose, "AES"), nonce);
      return cipher.doFinal(sealed, 1 + NONCE_BYTES, sealed.length - 1 - NONCE_BYTES);
    } catch (AEADBadTagException e) {
      throw new SealBroken();
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("this JDK cannot open what is sealed", e);
    }
  }

  /**
   * HMAC-SHA-256 under a key of this purpose: for high-entropy secrets of ours (recovery codes,
   * client secrets) that are only ever compared. Not for passwords.
   */
  public byte[] mac(byte[] input, String purpose) {
    try {
      Mac mac = Mac.getInstance("HmacSHA256");
      mac.init(key("mac/" + purpose, "HmacSHA256"));
      return mac.doFinal(input);
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("this JDK has no HMAC", e);
    }
  }

  private SecretKey key(String info, String algorithm) throws GeneralSecurityException {
    return KDF.getInstance("HKDF-SHA256")
        .deriveKey(
            algorithm,
            HKDFParameterSpec.ofExtract()
                .addIKM(master)
                .thenExpand(("sallyport/" + info).getBytes(UTF_8), KEY_BYTES));
  }

  /** Wipes a buffer that held a secret, as far as the JVM lets one. */
  public static void wipe(byte[] secret) {
    Arrays.fill(secret, (byte) 0);
  }

  /**
   * A sealed value does not open: changed, or sealed for another purpose or under another master
   * key.
   */
  public static final class SealBroken extends RuntimeException {
    SealBroken() {
      super("a sealed value does not open under this master key");
    }
  }
}

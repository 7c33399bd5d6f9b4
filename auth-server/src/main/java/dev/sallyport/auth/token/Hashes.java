package dev.sallyport.auth.token;

import com.nimbusds.jose.JWSAlgorithm;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.Base64;

/** SHA-256 as text: how secrets of high entropy are stored, and {@code ath}. */
public final class Hashes {

  private Hashes() {}

  /** SHA-256 of the UTF-8 text, as 43 characters of base64url. */
  public static String sha256(String text) {
    try {
      return Base64.getUrlEncoder()
          .withoutPadding()
          .encodeToString(
              MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8)));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("SHA-256 is missing from this JVM", e);
    }
  }

  /**
   * {@code at_hash} (OpenID Connect Core §3.1.3.6): the left half of the hash that the ID token's
   * algorithm uses, which for Ed25519 is SHA-512; base64url.
   */
  public static String leftHalf(JWSAlgorithm alg, String token) {
    String name =
        switch (alg.getName()) {
          case "RS256", "PS256", "ES256" -> "SHA-256";
          case "EdDSA" -> "SHA-512";
          default -> throw new IllegalArgumentException("no ID token is signed by " + alg);
        };
    try {
      byte[] hash = MessageDigest.getInstance(name).digest(token.getBytes(StandardCharsets.UTF_8));
      return Base64.getUrlEncoder()
          .withoutPadding()
          .encodeToString(Arrays.copyOf(hash, hash.length / 2));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(name + " is missing from this JVM", e);
    }
  }

  /** Compares without telling by its time how much is equal. */
  public static boolean same(String a, String b) {
    return MessageDigest.isEqual(
        a.getBytes(StandardCharsets.UTF_8), b.getBytes(StandardCharsets.UTF_8));
  }
}

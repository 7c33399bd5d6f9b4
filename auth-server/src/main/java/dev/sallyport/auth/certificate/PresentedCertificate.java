package dev.sallyport.auth.certificate;

import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.security.PublicKey;
import java.security.cert.CertificateEncodingException;
import java.security.cert.CertificateExpiredException;
import java.security.cert.CertificateNotYetValidException;
import java.security.cert.X509Certificate;
import java.security.interfaces.ECPublicKey;
import java.security.interfaces.EdECPublicKey;
import java.security.interfaces.RSAPublicKey;
import java.time.Instant;
import java.util.Base64;
import java.util.Date;
import java.util.List;

/** A certificate whose key the sender of a request has shown to have, and what it sent along. */
public final class PresentedCertificate {

  /** FAPI 2.0 Security Profile §5.4.1. */
  private static final int RSA_BITS_MIN = 2048;

  /** A longer modulus would only cost us time. */
  private static final int RSA_BITS_MAX = 8192;

  private static final int EC_BITS_MIN = 224;

  private final List<X509Certificate> chain;

  /**
   * @param chain the client's own first
   */
  PresentedCertificate(List<X509Certificate> chain) {
    this.chain = List.copyOf(chain);
  }

  List<X509Certificate> chain() {
    return chain;
  }

  X509Certificate leaf() {
    return chain.getFirst();
  }

  /** {@code x5t#S256} (RFC 8705 §3.1): base64url SHA-256 of the certificate's DER encoding. */
  public String thumbprint() {
    try {
      return Base64.getUrlEncoder()
          .withoutPadding()
          .encodeToString(MessageDigest.getInstance("SHA-256").digest(der()));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("SHA-256 is missing from this JVM", e);
    }
  }

  /** Whether it is this one, octet by octet. */
  public boolean is(byte[] der) {
    return MessageDigest.isEqual(der(), der);
  }

  /** Whether its period of validity has begun and not ended. */
  public boolean valid(Instant at) {
    try {
      leaf().checkValidity(Date.from(at));
      return true;
    } catch (CertificateExpiredException | CertificateNotYetValidException e) {
      return false;
    }
  }

  private byte[] der() {
    try {
      return leaf().getEncoded();
    } catch (CertificateEncodingException e) {
      throw new IllegalStateException("a certificate that was decoded cannot be encoded", e);
    }
  }

  /** Whether its key is one that nobody can find by computing. */
  static boolean strong(X509Certificate certificate) {
    PublicKey key = certificate.getPublicKey();
    return switch (key) {
      case RSAPublicKey rsa ->
          rsa.getModulus().bitLength() >= RSA_BITS_MIN
              && rsa.getModulus().bitLength() <= RSA_BITS_MAX;
      case ECPublicKey ec -> ec.getParams().getOrder().bitLength() >= EC_BITS_MIN;
      case EdECPublicKey _ -> true;
      default -> false;
    };
  }

  @Override
  public String toString() {
    return "PresentedCertificate[" + thumbprint() + "]";
  }
}

package dev.sallyport.acceptance;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.math.BigInteger;
import java.net.http.HttpClient;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.KeyStore;
import java.security.PrivateKey;
import java.security.cert.X509Certificate;
import java.security.spec.ECGenParameterSpec;
import java.time.Duration;
import java.time.Instant;
import java.util.Base64;
import java.util.Date;
import java.util.List;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;
import javax.security.auth.x500.X500Principal;
import org.bouncycastle.asn1.x509.BasicConstraints;
import org.bouncycastle.asn1.x509.Extension;
import org.bouncycastle.asn1.x509.GeneralName;
import org.bouncycastle.asn1.x509.GeneralNames;
import org.bouncycastle.cert.CertIOException;
import org.bouncycastle.cert.jcajce.JcaX509CertificateConverter;
import org.bouncycastle.cert.jcajce.JcaX509v3CertificateBuilder;
import org.bouncycastle.operator.OperatorCreationException;
import org.bouncycastle.operator.jcajce.JcaContentSignerBuilder;
import org.jspecify.annotations.Nullable;

/** An authority of the tests, and what it issues. */
final class Certificates {

  /** A certificate and its key. */
  record Held(PrivateKey key, X509Certificate certificate) {
    @Override
    public String toString() {
      return "Held[" + certificate.getSubjectX500Principal() + "]";
    }
  }

  private final Held self;

  Certificates(String name) {
    var keys = keys();
    self = new Held(keys.getPrivate(), certificate(name, keys, name, keys.getPrivate(), null));
  }

  X509Certificate certificate() {
    return self.certificate();
  }

  /**
   * @param host an alternative name; null: none
   */
  Held issue(String subject, @Nullable String host) {
    var keys = keys();
    return new Held(
        keys.getPrivate(),
        certificate(
            subject,
            keys,
            self.certificate().getSubjectX500Principal().getName(),
            self.key(),
            host));
  }

  private static KeyPair keys() {
    try {
      var generator = KeyPairGenerator.getInstance("EC");
      generator.initialize(new ECGenParameterSpec("secp256r1"));
      return generator.generateKeyPair();
    } catch (GeneralSecurityException e) {
      throw new AssertionError(e);
    }
  }

  private static X509Certificate certificate(
      String subject, KeyPair keys, String issuer, PrivateKey signer, @Nullable String host) {
    try {
      var now = Instant.now();
      var builder =
          new JcaX509v3CertificateBuilder(
              new X500Principal(issuer),
              BigInteger.valueOf(System.nanoTime()),
              Date.from(now.minus(Duration.ofDays(1))),
              Date.from(now.plus(Duration.ofDays(1))),
              new X500Principal(subject),
              keys.getPublic());
      if (host != null) {
        builder.addExtension(
            Extension.subjectAlternativeName,
            false,
            new GeneralNames(new GeneralName(GeneralName.dNSName, host)));
      }
      if (subject.equals(issuer)) {
        builder.addExtension(Extension.basicConstraints, true, new BasicConstraints(true));
      }
      return new JcaX509CertificateConverter()
          .getCertificate(
              builder.build(new JcaContentSignerBuilder("SHA256withECDSA").build(signer)));
    } catch (CertIOException | OperatorCreationException | GeneralSecurityException e) {
      throw new AssertionError(e);
    }
  }

  /** As PEM. */
  static Path write(Path file, X509Certificate certificate) {
    try {
      return write(file, "CERTIFICATE", certificate.getEncoded());
    } catch (GeneralSecurityException e) {
      throw new AssertionError(e);
    }
  }

  static Path write(Path file, PrivateKey key) {
    return write(file, "PRIVATE KEY", key.getEncoded());
  }

  private static Path write(Path file, String what, byte[] der) {
    var lines = Base64.getMimeEncoder(64, "\n".getBytes(StandardCharsets.US_ASCII));
    try {
      return Files.writeString(
          file,
          "-----BEGIN %s-----\n%s\n-----END %s-----\n"
              .formatted(what, lines.encodeToString(der), what));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Shows this certificate, or none, to servers that this authority vouches for. */
  HttpClient client(@Nullable Held shown) {
    return HttpClient.newBuilder()
        .version(HttpClient.Version.HTTP_1_1)
        .sslContext(context(shown))
        .connectTimeout(Duration.ofSeconds(20))
        .build();
  }

  SSLContext context(@Nullable Held shown) {
    try {
      var anchors = KeyStore.getInstance("PKCS12");
      anchors.load(null, null);
      anchors.setCertificateEntry("authority", certificate());
      var trust = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
      trust.init(anchors);
      var own = KeyStore.getInstance("PKCS12");
      own.load(null, null);
      if (shown != null) {
        var chain = List.of(shown.certificate()).toArray(X509Certificate[]::new);
        own.setKeyEntry("own", shown.key(), new char[0], chain);
      }
      var keys = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
      keys.init(own, new char[0]);
      var context = SSLContext.getInstance("TLS");
      context.init(keys.getKeyManagers(), trust.getTrustManagers(), null);
      return context;
    } catch (IOException | GeneralSecurityException e) {
      throw new AssertionError(e);
    }
  }
}

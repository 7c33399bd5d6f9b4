package dev.sallyport.auth.certificate;

import java.io.IOException;
import java.math.BigInteger;
import java.net.InetAddress;
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
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Stream;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;
import javax.security.auth.x500.X500Principal;
import org.bouncycastle.asn1.x509.BasicConstraints;
import org.bouncycastle.asn1.x509.ExtendedKeyUsage;
import org.bouncycastle.asn1.x509.Extension;
import org.bouncycastle.asn1.x509.GeneralName;
import org.bouncycastle.asn1.x509.GeneralNames;
import org.bouncycastle.asn1.x509.KeyPurposeId;
import org.bouncycastle.asn1.x509.KeyUsage;
import org.bouncycastle.cert.CertIOException;
import org.bouncycastle.cert.jcajce.JcaX509CertificateConverter;
import org.bouncycastle.cert.jcajce.JcaX509v3CertificateBuilder;
import org.bouncycastle.operator.OperatorCreationException;
import org.bouncycastle.operator.jcajce.JcaContentSignerBuilder;
import org.jspecify.annotations.Nullable;

/** Issues certificates for tests, good and bad. */
public final class TestAuthority {

  private static final Instant LONG_AGO = Instant.parse("2020-01-01T00:00:00Z");
  private static final Instant FAR_OFF = Instant.parse("2049-01-01T00:00:00Z");
  private static final AtomicLong SERIAL = new AtomicLong(1);

  private final Held self;

  public TestAuthority(String name) {
    KeyPair keys = ecKeys();
    self =
        new Held(
            keys.getPrivate(),
            List.of(
                certificate(
                    name,
                    keys,
                    new X500Principal(name),
                    keys.getPrivate(),
                    Wanted.ordinary().authority())));
  }

  private TestAuthority(Held self) {
    this.self = self;
  }

  /** A certificate, those behind it, and its key. */
  public record Held(PrivateKey key, List<X509Certificate> chain) {

    public X509Certificate certificate() {
      return chain.getFirst();
    }

    public String x5c() {
      try {
        return Base64.getEncoder().encodeToString(certificate().getEncoded());
      } catch (GeneralSecurityException e) {
        throw new AssertionError(e);
      }
    }

    @Override
    public String toString() {
      return "Held[" + certificate().getSubjectX500Principal() + "]";
    }
  }

  /** What is to be in one. */
  public record Wanted(
      Instant from,
      Instant until,
      List<GeneralName> names,
      @Nullable KeyPurposeId purpose,
      boolean isAuthority) {

    public static Wanted ordinary() {
      return new Wanted(LONG_AGO, FAR_OFF, List.of(), null, false);
    }

    public Wanted validity(Instant newFrom, Instant newUntil) {
      return new Wanted(newFrom, newUntil, names, purpose, isAuthority);
    }

    public Wanted named(int tag, String name) {
      return new Wanted(from, until, List.of(new GeneralName(tag, name)), purpose, isAuthority);
    }

    public Wanted meant(KeyPurposeId newPurpose) {
      return new Wanted(from, until, names, newPurpose, isAuthority);
    }

    Wanted authority() {
      return new Wanted(from, until, names, purpose, true);
    }
  }

  /** Its own certificate, to be trusted. */
  public X509Certificate certificate() {
    return self.certificate();
  }

  public Held issue(String subject, Wanted wanted) {
    KeyPair keys = ecKeys();
    X509Certificate leaf = signed(subject, keys, wanted);
    return new Held(
        keys.getPrivate(), Stream.concat(Stream.of(leaf), self.chain().stream()).toList());
  }

  public Held issue(String subject) {
    return issue(subject, Wanted.ordinary());
  }

  /** As if whoever holds this certificate were an authority. */
  public Held issuedBy(Held holder, String subject) {
    return new TestAuthority(holder).issue(subject);
  }

  /** An authority that this one vouches for. */
  public TestAuthority subordinate(String name) {
    return new TestAuthority(issue(name, Wanted.ordinary().authority()));
  }

  public static Held selfSigned(String subject, Wanted wanted) {
    return selfSigned(subject, wanted, ecKeys());
  }

  public static Held selfSigned(String subject) {
    return selfSigned(subject, Wanted.ordinary());
  }

  /** With an RSA key of this many bits. */
  public static Held selfSignedRsa(String subject, int bits) {
    try {
      KeyPairGenerator generator = KeyPairGenerator.getInstance("RSA");
      generator.initialize(bits);
      return selfSigned(subject, Wanted.ordinary(), generator.generateKeyPair());
    } catch (GeneralSecurityException e) {
      throw new AssertionError(e);
    }
  }

  private static Held selfSigned(String subject, Wanted wanted, KeyPair keys) {
    return new Held(
        keys.getPrivate(),
        List.of(certificate(subject, keys, new X500Principal(subject), keys.getPrivate(), wanted)));
  }

  private X509Certificate signed(String subject, KeyPair keys, Wanted wanted) {
    return certificate(
        subject, keys, self.certificate().getSubjectX500Principal(), self.key(), wanted);
  }

  private static X509Certificate certificate(
      String subject, KeyPair keys, X500Principal issuer, PrivateKey signer, Wanted wanted) {
    try {
      JcaX509v3CertificateBuilder builder =
          new JcaX509v3CertificateBuilder(
              issuer,
              BigInteger.valueOf(SERIAL.getAndIncrement()),
              Date.from(wanted.from()),
              Date.from(wanted.until()),
              new X500Principal(subject),
              keys.getPublic());
      if (!wanted.names().isEmpty()) {
        builder.addExtension(
            Extension.subjectAlternativeName,
            false,
            new GeneralNames(wanted.names().toArray(GeneralName[]::new)));
      }
      if (wanted.purpose() != null) {
        builder.addExtension(
            Extension.extendedKeyUsage, false, new ExtendedKeyUsage(wanted.purpose()));
      }
      if (wanted.isAuthority()) {
        builder.addExtension(Extension.basicConstraints, true, new BasicConstraints(true));
        builder.addExtension(Extension.keyUsage, true, new KeyUsage(KeyUsage.keyCertSign));
      }
      String algorithm = signer.getAlgorithm().equals("RSA") ? "SHA256withRSA" : "SHA256withECDSA";
      return new JcaX509CertificateConverter()
          .getCertificate(builder.build(new JcaContentSignerBuilder(algorithm).build(signer)));
    } catch (CertIOException | OperatorCreationException | GeneralSecurityException e) {
      throw new AssertionError(e);
    }
  }

  private static KeyPair ecKeys() {
    try {
      KeyPairGenerator generator = KeyPairGenerator.getInstance("EC");
      generator.initialize(new ECGenParameterSpec("secp256r1"));
      return generator.generateKeyPair();
    } catch (GeneralSecurityException e) {
      throw new AssertionError(e);
    }
  }

  /** As PEM, one after the other. */
  public static void write(Path file, List<X509Certificate> certificates) throws IOException {
    StringBuilder pem = new StringBuilder();
    for (X509Certificate certificate : certificates) {
      try {
        pem.append(pem("CERTIFICATE", certificate.getEncoded()));
      } catch (GeneralSecurityException e) {
        throw new AssertionError(e);
      }
    }
    Files.writeString(file, pem);
  }

  public static void write(Path file, PrivateKey key) throws IOException {
    Files.writeString(file, pem("PRIVATE KEY", key.getEncoded()));
  }

  private static String pem(String what, byte[] der) {
    return "-----BEGIN %s-----\n%s\n-----END %s-----\n"
        .formatted(
            what,
            Base64.getMimeEncoder(64, "\n".getBytes(StandardCharsets.US_ASCII)).encodeToString(der),
            what);
  }

  /** Shows this certificate, or none, to servers that this authority vouches for. */
  public HttpClient client(@Nullable Held shown) {
    return client(shown, "127.0.0.1");
  }

  /** As {@link #client(Held)}, calling from this address. */
  public HttpClient client(@Nullable Held shown, String from) {
    try {
      KeyStore anchors = KeyStore.getInstance("PKCS12");
      anchors.load(null, null);
      anchors.setCertificateEntry("authority", certificate());
      TrustManagerFactory trust =
          TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
      trust.init(anchors);
      KeyManagerFactory keys =
          KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
      KeyStore own = KeyStore.getInstance("PKCS12");
      own.load(null, null);
      if (shown != null) {
        own.setKeyEntry(
            "own", shown.key(), new char[0], shown.chain().toArray(X509Certificate[]::new));
      }
      keys.init(own, new char[0]);
      SSLContext context = SSLContext.getInstance("TLS");
      context.init(keys.getKeyManagers(), trust.getTrustManagers(), null);
      return HttpClient.newBuilder()
          .version(HttpClient.Version.HTTP_1_1)
          .sslContext(context)
          .localAddress(InetAddress.ofLiteral(from))
          .connectTimeout(Duration.ofSeconds(10))
          .build();
    } catch (IOException | GeneralSecurityException e) {
      throw new AssertionError(e);
    }
  }
}

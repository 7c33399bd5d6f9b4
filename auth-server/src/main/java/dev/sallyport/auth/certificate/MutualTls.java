package dev.sallyport.auth.certificate;

import dev.sallyport.auth.installation.SettingRefused;
import jakarta.servlet.http.HttpServletRequest;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.cert.CertPathBuilder;
import java.security.cert.CertStore;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import java.security.cert.CollectionCertStoreParameters;
import java.security.cert.PKIXBuilderParameters;
import java.security.cert.TrustAnchor;
import java.security.cert.X509CertSelector;
import java.security.cert.X509Certificate;
import java.time.Clock;
import java.util.Date;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.springframework.stereotype.Component;

/** What this installation does with client certificates. */
@Component
public final class MutualTls {

  /** Where the servlet specification puts the certificates of a TLS client. */
  public static final String CERTIFICATES = "jakarta.servlet.request.X509Certificate";

  private static final int PEM_BYTES_MAX = 4 * 1024 * 1024;

  /** Of a chain, the client's own and the anchor not counted. */
  private static final int INTERMEDIATES_MAX = 5;

  private static final int CHAIN_MAX = 10;

  /** RFC 5280 §4.2.1.12. */
  private static final Set<String> CLIENT_USAGES = Set.of("1.3.6.1.5.5.7.3.2", "2.5.29.37.0");

  private final @Nullable String url;
  private final Set<TrustAnchor> anchors;
  private final Clock clock;

  MutualTls(MutualTlsSettings settings, Clock clock) {
    this.url = settings.url() == null ? null : settings.url().toString();
    this.anchors = settings.trustPem() == null ? Set.of() : anchors(settings.trustPem());
    this.clock = clock;
  }

  /** Whether certificates are asked for anywhere. */
  public boolean offered() {
    return url != null;
  }

  /** Whether any issuer of certificates is believed: {@code tls_client_auth}. */
  public boolean anchored() {
    return !anchors.isEmpty();
  }

  /** The public URL of a path where certificates are asked for; empty where none are. */
  public Optional<String> url(String path) {
    return url == null ? Optional.empty() : Optional.of(url + path);
  }

  /** The certificate with which a request came; empty also where it is not to be relied on. */
  public Optional<PresentedCertificate> of(HttpServletRequest request) {
    return url != null
            && request.getAttribute(CERTIFICATES) instanceof X509Certificate[] chain
            && chain.length > 0
            && chain.length <= CHAIN_MAX
            && PresentedCertificate.strong(chain[0])
        ? Optional.of(new PresentedCertificate(List.of(chain)))
        : Optional.empty();
  }

  /**
   * Whether a trust anchor stands behind the certificate, for a client, now, and it names this
   * subject (RFC 8705 §2.1). Revocation lists are not looked at.
   */
  public boolean proves(PresentedCertificate certificate, CertificateSubject subject) {
    return subject.named(certificate.leaf()) && trusted(certificate);
  }

  private boolean trusted(PresentedCertificate certificate) {
    X509Certificate leaf = certificate.leaf();
    if (anchors.isEmpty() || !certificate.valid(clock.instant())) {
      return false;
    }
    try {
      List<String> usages = leaf.getExtendedKeyUsage();
      boolean[] uses = leaf.getKeyUsage();
      if ((usages != null && usages.stream().noneMatch(CLIENT_USAGES::contains))
          // digitalSignature
          || (uses != null && !uses[0])) {
        return false;
      }
      X509CertSelector target = new X509CertSelector();
      target.setCertificate(leaf);
      PKIXBuilderParameters parameters = new PKIXBuilderParameters(anchors, target);
      parameters.addCertStore(
          CertStore.getInstance(
              "Collection", new CollectionCertStoreParameters(certificate.chain())));
      parameters.setRevocationEnabled(false);
      parameters.setDate(Date.from(clock.instant()));
      parameters.setMaxPathLength(INTERMEDIATES_MAX);
      CertPathBuilder.getInstance("PKIX").build(parameters);
      return true;
    } catch (GeneralSecurityException untrusted) {
      return false;
    }
  }

  private static Set<TrustAnchor> anchors(Path pem) {
    Set<TrustAnchor> anchors = new HashSet<>();
    try {
      if (Files.size(pem) > PEM_BYTES_MAX) {
        throw new SettingRefused(
            "`sallyport.mtls.trust-pem` is larger than 4 MiB: `%s`".formatted(pem));
      }
      try (InputStream in = Files.newInputStream(pem)) {
        for (Certificate one : CertificateFactory.getInstance("X.509").generateCertificates(in)) {
          if (one instanceof X509Certificate anchor) {
            anchors.add(new TrustAnchor(anchor, null));
          }
        }
      }
    } catch (IOException | GeneralSecurityException e) {
      throw new SettingRefused(
          "cannot read `sallyport.mtls.trust-pem` `%s`: %s".formatted(pem, e.getMessage()), e);
    }
    if (anchors.isEmpty()) {
      throw new SettingRefused(
          "`sallyport.mtls.trust-pem` holds no certificate: `%s`".formatted(pem));
    }
    return Set.copyOf(anchors);
  }
}

package dev.sallyport.auth.fetch;

import dev.sallyport.auth.installation.SettingRefused;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.util.List;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManager;
import javax.net.ssl.TrustManagerFactory;
import javax.net.ssl.X509TrustManager;
import org.jspecify.annotations.Nullable;

/** Whom outgoing TLS believes: the JDK's anchors, and those of the settings. */
final class TrustAnchors {

  private static final int PEM_BYTES_MAX = 4 * 1024 * 1024;

  private TrustAnchors() {}

  static SSLContext context(@Nullable Path everywhere, @Nullable Path fetching) {
    try {
      KeyStore anchors = KeyStore.getInstance(KeyStore.getDefaultType());
      anchors.load(null, null);
      for (X509Certificate anchor : jdkAnchors()) {
        anchors.setCertificateEntry("jdk-" + anchors.size(), anchor);
      }
      add(anchors, everywhere, "sallyport.trust-pem");
      add(anchors, fetching, "sallyport.fetch.trust-pem");
      SSLContext context = SSLContext.getInstance("TLS");
      context.init(null, trust(anchors), null);
      return context;
    } catch (IOException | GeneralSecurityException e) {
      throw new IllegalStateException("this JVM has no TLS", e);
    }
  }

  private static void add(KeyStore anchors, @Nullable Path pem, String setting) {
    if (pem == null) {
      return;
    }
    try {
      if (Files.size(pem) > PEM_BYTES_MAX) {
        throw new SettingRefused("`%s` is larger than 4 MiB: `%s`".formatted(setting, pem));
      }
      int before = anchors.size();
      try (InputStream in = Files.newInputStream(pem)) {
        for (Certificate certificate :
            CertificateFactory.getInstance("X.509").generateCertificates(in)) {
          anchors.setCertificateEntry("pem-" + anchors.size(), certificate);
        }
      }
      if (anchors.size() == before) {
        throw new SettingRefused("`%s` holds no certificate: `%s`".formatted(setting, pem));
      }
    } catch (IOException | GeneralSecurityException e) {
      throw new SettingRefused(
          "cannot read `%s` `%s`: %s".formatted(setting, pem, e.getMessage()), e);
    }
  }

  private static List<X509Certificate> jdkAnchors() throws GeneralSecurityException {
    for (TrustManager manager : trust(null)) {
      if (manager instanceof X509TrustManager x509) {
        return List.of(x509.getAcceptedIssuers());
      }
    }
    return List.of();
  }

  private static TrustManager[] trust(@Nullable KeyStore anchors) throws GeneralSecurityException {
    TrustManagerFactory factory =
        TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
    factory.init(anchors);
    return factory.getTrustManagers();
  }
}

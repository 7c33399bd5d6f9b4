package dev.sallyport.auth.certificate;

import java.security.cert.CertificateException;
import java.security.cert.X509Certificate;

/**
 * As {@link PossessionOnly}, where no issuer is believed: then a certificate of one is of no use,
 * and is not taken. Made by Tomcat, by name.
 */
public final class SelfSignedOnly extends PossessionOnly {

  /** By Tomcat. */
  public SelfSignedOnly() {}

  @Override
  public void checkClientTrusted(X509Certificate[] chain, String authType)
      throws CertificateException {
    super.checkClientTrusted(chain, authType);
    if (!chain[0].getSubjectX500Principal().equals(chain[0].getIssuerX500Principal())) {
      throw new CertificateException("no issuer of certificates is believed here");
    }
  }
}

package dev.sallyport.auth.web;

import java.io.ByteArrayInputStream;
import java.security.cert.Certificate;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;

/**
 * The header fields {@code Client-Cert} and {@code Client-Cert-Chain} (RFC 9440): DER certificates
 * as byte sequences of RFC 8941, {@code :base64:}.
 */
final class ClientCertificate {

  static final String HEADER = "Client-Cert";
  static final String CHAIN_HEADER = "Client-Cert-Chain";

  /** Real certificates have one to four KiB. */
  private static final int TEXT_MAX = 12 * 1024;

  private static final int CHAIN_MAX = 8;

  private ClientCertificate() {}

  /** The client's certificate first, then its chain; empty where the proxy names none. */
  static List<X509Certificate> parse(List<String> header, List<String> chainHeader)
      throws CertificateException {
    if (header.isEmpty()) {
      return List.of();
    }
    // section 2.2: one value, never a list
    if (header.size() != 1) {
      throw new CertificateException("more than one client certificate");
    }
    List<X509Certificate> certificates = new ArrayList<>();
    certificates.add(certificate(header.getFirst()));
    for (String list : chainHeader) {
      for (String item : list.split(",", CHAIN_MAX + 1)) {
        if (certificates.size() > CHAIN_MAX) {
          throw new CertificateException("too long a chain");
        }
        certificates.add(certificate(item));
      }
    }
    return List.copyOf(certificates);
  }

  private static X509Certificate certificate(String item) throws CertificateException {
    String text = item.strip();
    if (text.length() < 2
        || text.length() > TEXT_MAX
        || text.charAt(0) != ':'
        || text.charAt(text.length() - 1) != ':') {
      throw new CertificateException("not a byte sequence");
    }
    byte[] der;
    try {
      der = Base64.getDecoder().decode(text.substring(1, text.length() - 1));
    } catch (IllegalArgumentException e) {
      throw new CertificateException("not base64", e);
    }
    ByteArrayInputStream in = new ByteArrayInputStream(der);
    Certificate certificate = CertificateFactory.getInstance("X.509").generateCertificate(in);
    if (!(certificate instanceof X509Certificate x509) || in.available() > 0) {
      throw new CertificateException("not one X.509 certificate");
    }
    return x509;
  }
}

package dev.sallyport.auth.certificate;

import java.net.Socket;
import java.security.cert.CertificateException;
import java.security.cert.X509Certificate;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.X509ExtendedTrustManager;

/**
 * At the port for client certificates, lets every client show one: TLS then proves that the client
 * has its key, which is all that a self-signed certificate and a bound token need (RFC 8705 §2.2,
 * §3). Whether an issuer stands behind it is asked where the client authenticates. Made by Tomcat,
 * by name.
 */
public class PossessionOnly extends X509ExtendedTrustManager {

  /** By Tomcat. */
  public PossessionOnly() {}

  @Override
  public void checkClientTrusted(X509Certificate[] chain, String authType)
      throws CertificateException {
    if (chain.length == 0 || !PresentedCertificate.strong(chain[0])) {
      throw new CertificateException("the key of the certificate is too weak");
    }
  }

  @Override
  public void checkClientTrusted(X509Certificate[] chain, String authType, Socket socket)
      throws CertificateException {
    checkClientTrusted(chain, authType);
  }

  @Override
  public void checkClientTrusted(X509Certificate[] chain, String authType, SSLEngine engine)
      throws CertificateException {
    checkClientTrusted(chain, authType);
  }

  /** This server calls nobody with it. */
  @Override
  public void checkServerTrusted(X509Certificate[] chain, String authType)
      throws CertificateException {
    throw new CertificateException("not for servers");
  }

  @Override
  public void checkServerTrusted(X509Certificate[] chain, String authType, Socket socket)
      throws CertificateException {
    checkServerTrusted(chain, authType);
  }

  @Override
  public void checkServerTrusted(X509Certificate[] chain, String authType, SSLEngine engine)
      throws CertificateException {
    checkServerTrusted(chain, authType);
  }

  /** None is named to clients, since some send nothing then that is not of one of them. */
  @Override
  public X509Certificate[] getAcceptedIssuers() {
    return new X509Certificate[0];
  }
}

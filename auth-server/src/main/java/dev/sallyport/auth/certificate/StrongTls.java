package dev.sallyport.auth.certificate;

import org.apache.catalina.connector.Connector;
import org.apache.coyote.http11.AbstractHttp11Protocol;
import org.apache.tomcat.util.net.SSLHostConfig;
import org.springframework.boot.tomcat.TomcatConnectorCustomizer;
import org.springframework.core.env.Environment;
import org.springframework.stereotype.Component;

/**
 * TLS as FAPI 2.0 Security Profile §5.2 and RFC 9325 §4.2 want it, wherever this server speaks it
 * itself: 1.3, or 1.2 with forward secrecy and AEAD. The JDK would offer CBC, too. Whoever sets
 * {@code server.ssl.ciphers} or {@code server.ssl.enabled-protocols} knows better.
 */
@Component
final class StrongTls implements TomcatConnectorCustomizer {

  private static final String PROTOCOLS = "TLSv1.2+TLSv1.3";

  private static final String CIPHERS_OF_TLS_1_2 =
      "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256:TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256:"
          + "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384:TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384";

  private final boolean ciphersChosen;
  private final boolean protocolsChosen;

  StrongTls(Environment environment) {
    ciphersChosen = environment.containsProperty("server.ssl.ciphers");
    protocolsChosen = environment.containsProperty("server.ssl.enabled-protocols");
  }

  /** After TLS was set up. */
  @Override
  public void customize(Connector connector) {
    if (!(connector.getProtocolHandler() instanceof AbstractHttp11Protocol<?> http)) {
      return;
    }
    for (SSLHostConfig host : http.findSslHostConfigs()) {
      if (!protocolsChosen) {
        host.setProtocols(PROTOCOLS);
      }
      if (!ciphersChosen) {
        host.setCiphers(CIPHERS_OF_TLS_1_2);
      }
    }
  }
}

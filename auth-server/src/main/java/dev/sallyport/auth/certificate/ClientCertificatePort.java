package dev.sallyport.auth.certificate;

import dev.sallyport.auth.installation.SettingRefused;
import dev.sallyport.auth.pace.TimelyProtocol;
import java.util.Map;
import org.apache.catalina.connector.Connector;
import org.apache.commons.logging.LogFactory;
import org.apache.coyote.ProtocolHandler;
import org.apache.coyote.http11.AbstractHttp11Protocol;
import org.apache.tomcat.util.net.SSLHostConfig;
import org.jspecify.annotations.Nullable;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.ssl.NoSuchSslBundleException;
import org.springframework.boot.ssl.SslBundle;
import org.springframework.boot.ssl.SslBundles;
import org.springframework.boot.tomcat.SslConnectorCustomizer;
import org.springframework.boot.tomcat.TomcatConnectorCustomizer;
import org.springframework.boot.tomcat.TomcatProtocolHandlerCustomizer;
import org.springframework.boot.tomcat.servlet.TomcatServletWebServerFactory;
import org.springframework.boot.web.server.Ssl;
import org.springframework.boot.web.server.WebServerFactoryCustomizer;
import org.springframework.boot.web.server.WebServerSslBundle;
import org.springframework.core.Ordered;
import org.springframework.core.annotation.Order;
import org.springframework.stereotype.Component;

/**
 * A second port, with TLS, where clients are asked for a certificate and may have none. Not the
 * first one: browsers would ask people for a certificate there (RFC 8705 §5).
 */
@Component
// after Spring Boot's own, whose bounds hold for this port, too
@Order(Ordered.LOWEST_PRECEDENCE)
final class ClientCertificatePort
    implements WebServerFactoryCustomizer<TomcatServletWebServerFactory> {

  private final MutualTlsSettings settings;
  private final StrongTls strong;
  private final @Nullable SslBundles bundles;

  ClientCertificatePort(
      MutualTlsSettings settings, StrongTls strong, ObjectProvider<SslBundles> bundles) {
    this.settings = settings;
    this.strong = strong;
    this.bundles = bundles.getIfAvailable();
  }

  @Override
  public void customize(TomcatServletWebServerFactory factory) {
    Integer port = settings.port();
    if (port == null) {
      return;
    }
    Connector connector = new Connector(TimelyProtocol.class.getName());
    connector.setPort(port);
    connector.setScheme("https");
    connector.setSecure(true);
    if (!(connector.getProtocolHandler() instanceof AbstractHttp11Protocol<?> http)) {
      throw new IllegalStateException("Tomcat's connector is of an unexpected kind");
    }
    if (factory.getAddress() != null) {
      http.setAddress(factory.getAddress());
    }
    for (TomcatConnectorCustomizer customizer : factory.getConnectorCustomizers()) {
      customizer.customize(connector);
    }
    for (TomcatProtocolHandlerCustomizer<?> customizer : factory.getProtocolHandlerCustomizers()) {
      apply(customizer, connector.getProtocolHandler());
    }
    SslConnectorCustomizer ssl =
        new SslConnectorCustomizer(
            LogFactory.getLog(ClientCertificatePort.class), connector, Ssl.ClientAuth.WANT);
    ssl.customize(bundle(factory), Map.of());
    for (SSLHostConfig host : http.findSslHostConfigs()) {
      host.setTrustManagerClassName(
          (settings.trustPem() == null ? SelfSignedOnly.class : PossessionOnly.class).getName());
    }
    strong.customize(connector);
    if (settings.bundle() != null && bundles != null) {
      // with `reload-on-update`, a certificate is renewed without a restart
      bundles.addBundleUpdateHandler(settings.bundle(), renewed -> ssl.update(null, renewed));
    }
    factory.addAdditionalConnectors(connector);
  }

  @SuppressWarnings("unchecked") // Spring Boot calls its own in the same way
  private static <T extends ProtocolHandler> void apply(
      TomcatProtocolHandlerCustomizer<T> customizer, ProtocolHandler handler) {
    customizer.customize((T) handler);
  }

  private SslBundle bundle(TomcatServletWebServerFactory factory) {
    String named = settings.bundle();
    try {
      if (named != null && bundles != null) {
        return bundles.getBundle(named);
      }
      if (Ssl.isEnabled(factory.getSsl())) {
        return WebServerSslBundle.get(factory.getSsl(), factory.getSslBundles());
      }
    } catch (NoSuchSslBundleException e) {
      throw new SettingRefused(
          "`sallyport.mtls.bundle`: there is no `spring.ssl.bundle.pem.%s`".formatted(named), e);
    }
    throw new SettingRefused(
        "`sallyport.mtls.port` needs a certificate: `server.ssl.certificate`, or"
            + " `sallyport.mtls.bundle`");
  }
}

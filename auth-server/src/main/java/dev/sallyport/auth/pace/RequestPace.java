package dev.sallyport.auth.pace;

import org.apache.catalina.connector.Connector;
import org.springframework.boot.tomcat.TomcatConnectorCustomizer;
import org.springframework.boot.tomcat.servlet.TomcatServletWebServerFactory;
import org.springframework.boot.web.server.WebServerFactoryCustomizer;
import org.springframework.core.Ordered;
import org.springframework.core.annotation.Order;
import org.springframework.stereotype.Component;

/** Sets the deadlines of this server's ports. */
@Component
@Order(Ordered.HIGHEST_PRECEDENCE)
final class RequestPace
    implements WebServerFactoryCustomizer<TomcatServletWebServerFactory>,
        TomcatConnectorCustomizer {

  private final PaceSettings settings;

  RequestPace(PaceSettings settings) {
    this.settings = settings;
  }

  @Override
  public void customize(TomcatServletWebServerFactory factory) {
    factory.setProtocol(TimelyProtocol.class.getName());
    factory.addEngineValves(new BodyDeadline(settings.httpBodyTimeout()));
  }

  @Override
  public void customize(Connector connector) {
    if (connector.getProtocolHandler() instanceof TimelyProtocol timely) {
      timely.headMax(settings.httpHeadTimeout());
    }
  }
}

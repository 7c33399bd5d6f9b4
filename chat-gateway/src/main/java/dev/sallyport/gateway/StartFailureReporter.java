package dev.sallyport.gateway;

import dev.sallyport.gateway.issuer.StartRefused;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.boot.SpringBootExceptionReporter;
import org.springframework.boot.context.properties.ConfigurationPropertiesBindException;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.core.Ordered;
import org.springframework.core.annotation.Order;

/**
 * Says in one line why the gateway does not start, where its operator can do something about it: a
 * setting that is wrong, no policy bundle. All else is left to Spring Boot. The process ends with
 * status 1.
 */
@Order(Ordered.HIGHEST_PRECEDENCE)
final class StartFailureReporter implements SpringBootExceptionReporter {
  private static final Logger log = LoggerFactory.getLogger(StartFailureReporter.class);

  /** Made by Spring Boot, by reflection. */
  StartFailureReporter(ConfigurableApplicationContext context) {}

  @Override
  public boolean reportException(Throwable failure) {
    for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
      if (cause instanceof StartRefused refused) {
        log.error("the gateway does not start: {}", refused.getMessage());
        return true;
      }
      if (cause instanceof ConfigurationPropertiesBindException bind) {
        log.error("the gateway does not start: {}", root(bind));
        return true;
      }
    }
    return false;
  }

  private static String root(Throwable error) {
    Throwable root = error;
    while (root.getCause() != null) {
      root = root.getCause();
    }
    String message = root.getMessage() == null ? error.getMessage() : root.getMessage();
    return message == null ? "a setting is wrong" : message.lines().findFirst().orElse("");
  }
}

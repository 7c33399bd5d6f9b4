package dev.sallyport.gateway;

import java.nio.file.Path;
import java.util.Map;
import org.springframework.boot.EnvironmentPostProcessor;
import org.springframework.boot.SpringApplication;
import org.springframework.core.Ordered;
import org.springframework.core.env.ConfigurableEnvironment;
import org.springframework.core.env.MapPropertySource;

/**
 * Makes {@code sallyport.data} absolute, whoever set it: it may be given relative to the working
 * directory, but H2 refuses such paths in its URL.
 */
final class DataFolder implements EnvironmentPostProcessor, Ordered {
  private static final String NAME = "sallyport.data";

  @Override
  public void postProcessEnvironment(
      ConfigurableEnvironment environment, SpringApplication application) {
    String data = environment.getProperty(NAME);
    if (data != null && !data.isBlank()) {
      environment
          .getPropertySources()
          .addFirst(
              new MapPropertySource(
                  "absolute data folder", Map.of(NAME, Path.of(data).toAbsolutePath().toString())));
    }
  }

  /** After all sources of settings were read. */
  @Override
  public int getOrder() {
    return Ordered.LOWEST_PRECEDENCE;
  }
}

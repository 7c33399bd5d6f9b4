package dev.sallyport.auth.installation;

import java.nio.file.Path;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.EnvironmentPostProcessor;
import org.springframework.boot.SpringApplication;
import org.springframework.core.Ordered;
import org.springframework.core.env.ConfigurableEnvironment;
import org.springframework.core.env.MapPropertySource;

/**
 * Makes {@code sallyport.data} absolute before anything reads it: H2 refuses a path relative to the
 * working directory.
 */
final class DataFolder implements EnvironmentPostProcessor, Ordered {

  private static final String PROPERTY = "sallyport.data";

  @Override
  public void postProcessEnvironment(
      ConfigurableEnvironment environment, SpringApplication application) {
    @Nullable String configured = environment.getProperty(PROPERTY);
    if (configured == null || configured.isBlank()) {
      return;
    }
    Path absolute = Path.of(configured).toAbsolutePath().normalize();
    if (absolute.toString().indexOf(';') >= 0) {
      throw new SettingRefused(
          "`sallyport.data` must not contain `;`: it is part of a database URL");
    }
    environment
        .getPropertySources()
        .addFirst(new MapPropertySource("dataFolder", Map.of(PROPERTY, absolute.toString())));
  }

  /** After configuration files were read. */
  @Override
  public int getOrder() {
    return Ordered.LOWEST_PRECEDENCE;
  }
}

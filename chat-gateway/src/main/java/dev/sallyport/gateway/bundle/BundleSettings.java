package dev.sallyport.gateway.bundle;

import java.time.Duration;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;

/**
 * How long policies are waited for, and how long they are good.
 *
 * @param bundleWait how long a gateway without a bundle waits for one before it gives up starting
 * @param bundleAgeMax how long a bundle is good without the auth-server confirming that it is
 *     current
 */
@ConfigurationProperties("sallyport")
public record BundleSettings(
    @DefaultValue("30s") Duration bundleWait, @DefaultValue("24h") Duration bundleAgeMax) {
  public BundleSettings {
    if (bundleWait.isNegative()) {
      throw new IllegalArgumentException("`sallyport.bundle-wait` must not be negative");
    }
    if (!bundleAgeMax.isPositive()) {
      throw new IllegalArgumentException("`sallyport.bundle-age-max` must be positive");
    }
  }
}

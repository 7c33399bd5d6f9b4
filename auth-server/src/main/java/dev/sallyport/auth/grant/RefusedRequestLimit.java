package dev.sallyport.auth.grant;

import dev.sallyport.auth.installation.SettingRefused;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;

/**
 * How often one network may fail in the name of one client: to authenticate as it, or with a code
 * or token that is not good. By both together, so that nobody keeps out a client, or a neighbour's.
 *
 * @param burst so many at once
 * @param perMinute and so many more each minute
 */
@ConfigurationProperties("sallyport.refused-requests")
record RefusedRequestLimit(@DefaultValue("120") int burst, @DefaultValue("60") int perMinute) {

  RefusedRequestLimit {
    if (burst < 1 || perMinute < 1) {
      throw new SettingRefused("`sallyport.refused-requests` must allow at least one");
    }
  }
}

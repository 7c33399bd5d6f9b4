package dev.sallyport.auth.grant;

import dev.sallyport.auth.installation.SettingRefused;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;

/**
 * How many authorization requests may be pushed: by one network for a public client, since anyone
 * can name it; by one client that has proved itself.
 *
 * @param burst so many at once
 * @param perMinute and so many more each minute
 */
@ConfigurationProperties("sallyport.pushed-requests")
record PushedRequestLimit(@DefaultValue("60") int burst, @DefaultValue("60") int perMinute) {

  PushedRequestLimit {
    if (burst < 1 || perMinute < 1) {
      throw new SettingRefused("`sallyport.pushed-requests` must allow at least one");
    }
  }
}

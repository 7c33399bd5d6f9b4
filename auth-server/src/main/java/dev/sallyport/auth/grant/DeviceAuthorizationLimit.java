package dev.sallyport.auth.grant;

import dev.sallyport.auth.installation.SettingRefused;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;

/**
 * How many devices may ask to be let in: of one network for a public client, of one client that has
 * proved itself. Each that waits is a code that a guess could hit.
 *
 * @param burst so many at once
 * @param perMinute and so many more each minute
 */
@ConfigurationProperties("sallyport.device-authorization")
record DeviceAuthorizationLimit(@DefaultValue("20") int burst, @DefaultValue("20") int perMinute) {

  DeviceAuthorizationLimit {
    if (burst < 1 || perMinute < 1) {
      throw new SettingRefused("`sallyport.device-authorization` must allow at least one");
    }
  }
}

package dev.sallyport.auth.web;

import dev.sallyport.auth.installation.SettingRefused;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;

/**
 * How many attempts to sign in that come to nothing one network (an IPv4 address, an IPv6 /64) may
 * make, whomever they are about.
 *
 * @param burst so many at once
 * @param perMinute and so many more each minute
 */
@ConfigurationProperties("sallyport.sign-in-limit")
record SignInLimitSettings(@DefaultValue("30") int burst, @DefaultValue("30") int perMinute) {

  SignInLimitSettings {
    if (burst < 1 || perMinute < 1) {
      throw new SettingRefused("`sallyport.sign-in-limit` must allow at least one");
    }
  }
}

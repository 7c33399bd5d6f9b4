package dev.sallyport.auth.registration;

import dev.sallyport.auth.installation.SettingRefused;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;

/**
 * @param open whether a client may register itself without an initial access token
 * @param burst registrations and changes of one network: so many at once
 * @param perMinute and so many more each minute
 * @param clientsMax so many clients that registered themselves, at most
 */
@ConfigurationProperties("sallyport.registration")
record RegistrationSettings(
    @DefaultValue("false") boolean open,
    @DefaultValue("30") int burst,
    @DefaultValue("30") int perMinute,
    @DefaultValue("10000") int clientsMax) {

  RegistrationSettings {
    if (burst < 1 || perMinute < 1 || clientsMax < 1) {
      throw new SettingRefused("`sallyport.registration` must allow at least one");
    }
  }
}

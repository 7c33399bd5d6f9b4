package dev.sallyport.auth.grant;

import dev.sallyport.auth.installation.SettingRefused;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;

/**
 * Whose ID tokens may be exchanged (RFC 8693): the operator's word for each provider, none unless
 * said.
 *
 * @param ageMax how long ago one may have been issued
 */
@ConfigurationProperties("sallyport.id-token-exchange")
record IdTokenExchangeSettings(
    @DefaultValue List<Trusted> providers, @DefaultValue("5m") Duration ageMax) {

  /**
   * @param provider id of an identity provider
   * @param audiences the clients at that provider whose ID tokens are accepted; never empty
   */
  record Trusted(String provider, Set<String> audiences) {}

  IdTokenExchangeSettings {
    providers = List.copyOf(providers);
    for (Trusted trusted : providers) {
      if (trusted.provider() == null
          || trusted.audiences() == null
          || trusted.audiences().isEmpty()) {
        throw new SettingRefused(
            "`sallyport.id-token-exchange.providers` need a `provider` and its `audiences`");
      }
    }
    if (!ageMax.isPositive() || ageMax.compareTo(Duration.ofHours(1)) > 0) {
      throw new SettingRefused("`sallyport.id-token-exchange.age-max` must be 1 h at most");
    }
  }

  Optional<Trusted> of(String provider) {
    return providers.stream().filter(one -> one.provider().equals(provider)).findFirst();
  }
}

package dev.sallyport.auth.grant;

import dev.sallyport.auth.installation.SettingRefused;
import java.time.Duration;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;

/**
 * How long tokens live. Revocation of what is at the gateway waits for no token's end, but the
 * shorter these are, the less a lost signal costs.
 *
 * @param access at most five minutes
 * @param gateway at most five minutes ({@code ops/decisions/0002})
 */
@ConfigurationProperties("sallyport.tokens")
record TokenLives(@DefaultValue("5m") Duration access, @DefaultValue("5m") Duration gateway) {

  private static final Duration MAX = Duration.ofMinutes(5);

  TokenLives {
    if (!allowed(access) || !allowed(gateway)) {
      throw new SettingRefused(
          "`sallyport.tokens.access` and `.gateway` must be from 1 s to 5 min");
    }
  }

  private static boolean allowed(Duration life) {
    return life.compareTo(Duration.ofSeconds(1)) >= 0 && life.compareTo(MAX) <= 0;
  }
}

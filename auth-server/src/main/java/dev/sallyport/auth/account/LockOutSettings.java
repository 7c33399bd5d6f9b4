package dev.sallyport.auth.account;

import dev.sallyport.auth.installation.SettingRefused;
import java.time.Duration;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;

/**
 * @param attempts so many wrong ones are looked at; the next is refused even when it is right. Of
 *     passwords: from one network, or from one browser that is known to be the owner's; of second
 *     factors: for the account
 * @param attemptsAnywhere so many wrong passwords for one account from all networks together,
 *     browsers that are known not counted. With the defaults, and with those of one known browser,
 *     a hundred an hour (OWASP ASVS 2.2.1)
 * @param duration for so long after the last that was looked at
 */
@ConfigurationProperties("sallyport.lock-out")
record LockOutSettings(
    @DefaultValue("5") int attempts,
    @DefaultValue("20") int attemptsAnywhere,
    @DefaultValue("15m") Duration duration) {

  LockOutSettings {
    if (attempts < 1 || attempts > 100) {
      throw new SettingRefused("`sallyport.lock-out.attempts` must be between 1 and 100");
    }
    if (attemptsAnywhere < attempts || attemptsAnywhere > 10_000) {
      throw new SettingRefused(
          "`sallyport.lock-out.attempts-anywhere` must be between `attempts` and 10000");
    }
    if (!duration.isPositive()) {
      throw new SettingRefused("`sallyport.lock-out.duration` must be positive");
    }
  }
}

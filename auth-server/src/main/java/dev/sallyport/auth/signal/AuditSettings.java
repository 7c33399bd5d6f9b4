package dev.sallyport.auth.signal;

import dev.sallyport.auth.installation.SettingRefused;
import java.time.Duration;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;

/**
 * For how long security events are kept.
 *
 * @param retention all of them
 * @param failedSignIns those that anyone can cause by typing a wrong password; at most as long
 */
@ConfigurationProperties("sallyport.audit")
record AuditSettings(
    @DefaultValue("180d") Duration retention, @DefaultValue("30d") Duration failedSignIns) {

  /** Longer than any signal lives, so that no gateway can be waiting for one. */
  private static final Duration MIN = Duration.ofDays(2);

  AuditSettings {
    if (retention.compareTo(MIN) < 0 || failedSignIns.compareTo(MIN) < 0) {
      throw new SettingRefused("`sallyport.audit` must keep events for 2 days at least");
    }
    if (failedSignIns.compareTo(retention) > 0) {
      throw new SettingRefused(
          "`sallyport.audit.failed-sign-ins` must not be longer than `sallyport.audit.retention`");
    }
  }
}

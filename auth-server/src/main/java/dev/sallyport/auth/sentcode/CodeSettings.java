package dev.sallyport.auth.sentcode;

import dev.sallyport.auth.installation.SettingRefused;
import java.net.URI;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;

/**
 * @param email codes may be sent by e-mail
 * @param webhookUrl where an SMS is asked for; null: none are sent
 * @param webhookSecret the key of the signature under which it is
 * @param besideStronger also to whoever has an authenticator app or a passkey
 * @param countAsTwoFactors a sign-in with such a code is worth what one with an authenticator app
 *     is
 */
@ConfigurationProperties("sallyport.codes")
record CodeSettings(
    @DefaultValue("false") boolean email,
    @Nullable URI webhookUrl,
    @Nullable String webhookSecret,
    @DefaultValue("false") boolean besideStronger,
    @DefaultValue("false") boolean countAsTwoFactors) {

  /** Of a random text: 128 bits even in hexadecimal digits. */
  private static final int SECRET_LENGTH_MIN = 32;

  CodeSettings {
    if (webhookUrl != null
        && (webhookUrl.getHost() == null
            || webhookUrl.getRawUserInfo() != null
            || !("https".equals(webhookUrl.getScheme())
                || "http".equals(webhookUrl.getScheme())))) {
      throw new SettingRefused("`sallyport.codes.webhook-url` must be an https URL");
    }
    if ((webhookUrl == null) != (webhookSecret == null)) {
      throw new SettingRefused(
          "`sallyport.codes.webhook-url` and `sallyport.codes.webhook-secret` belong together");
    }
    if (webhookSecret != null && webhookSecret.length() < SECRET_LENGTH_MIN) {
      throw new SettingRefused(
          "`sallyport.codes.webhook-secret` must have at least 32 random characters");
    }
  }

  /** Without the secret. */
  @Override
  public String toString() {
    return "CodeSettings[email=" + email + ", webhookUrl=" + webhookUrl + "]";
  }
}

package dev.sallyport.auth.mail;

import dev.sallyport.auth.installation.SettingRefused;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.context.properties.ConfigurationProperties;

/**
 * Neither is set: no mail.
 *
 * @param from the sender's address; with it goes {@code spring.mail.host}
 * @param folder mail is not sent but written here, one file each
 */
@ConfigurationProperties("sallyport.mail")
record MailSettings(@Nullable String from, @Nullable Path folder) {

  MailSettings {
    if (from != null && from.indexOf('@') < 1) {
      throw new SettingRefused("`sallyport.mail.from` must be an e-mail address");
    }
  }
}

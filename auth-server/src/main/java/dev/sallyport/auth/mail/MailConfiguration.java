package dev.sallyport.auth.mail;

import dev.sallyport.auth.installation.SettingRefused;
import dev.sallyport.auth.vault.RandomIds;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.mail.javamail.JavaMailSender;

/** Which way mail takes. */
@Configuration(proxyBeanMethods = false)
class MailConfiguration {

  @Bean
  Delivery delivery(MailSettings settings, ObjectProvider<JavaMailSender> smtp, RandomIds ids) {
    JavaMailSender sender = smtp.getIfAvailable();
    if (sender != null) {
      if (settings.from() == null) {
        throw new SettingRefused("`spring.mail.host` needs `sallyport.mail.from`");
      }
      return new SmtpDelivery(sender, settings.from());
    }
    if (settings.from() != null) {
      throw new SettingRefused("`sallyport.mail.from` needs `spring.mail.host`");
    }
    return settings.folder() != null
        ? new FolderDelivery(settings.folder(), ids)
        : new NoDelivery();
  }
}

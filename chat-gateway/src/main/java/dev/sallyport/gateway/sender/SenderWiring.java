package dev.sallyport.gateway.sender;

import dev.sallyport.gateway.issuer.StartRefused;
import java.io.IOException;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Clock;
import org.springframework.beans.factory.annotation.Value;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

@Configuration(proxyBeanMethods = false)
@EnableConfigurationProperties(SenderSettings.class)
class SenderWiring {

  private static final String FILE = "external-sender-keys.json";

  @Bean
  SenderKeys senderKeys(
      SenderSettings settings,
      SecureRandom random,
      Clock clock,
      @Value("${sallyport.data}") Path data,
      @Value("${sallyport.public-url}") String publicUrl) {
    var file = settings.file() == null ? data.resolve(FILE) : settings.file();
    try {
      return new SenderKeys(
          SenderKeysFile.readOrMake(file, settings.rotateAfter(), random, clock.instant()),
          publicUrl);
    } catch (IOException e) {
      throw new StartRefused("file `" + file + "` cannot be read or written");
    }
  }
}

package dev.sallyport.auth.vault;

import dev.sallyport.auth.installation.Installation;
import java.security.SecureRandom;
import java.time.Clock;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.core.env.Environment;
import org.springframework.core.env.Profiles;

@Configuration(proxyBeanMethods = false)
class VaultConfiguration {

  @Bean
  Vault vault(Installation installation, SecureRandom random, Environment environment) {
    boolean mayCreate = environment.acceptsProfiles(Profiles.of("demo"));
    return new Vault(MasterKeyFile.read(installation.masterKeyPath(), mayCreate, random), random);
  }

  @Bean
  RandomIds randomIds(SecureRandom random, Clock clock) {
    return new RandomIds(random, clock);
  }
}

package dev.sallyport.gateway.nats;

import dev.sallyport.gateway.door.ProofMemory;
import dev.sallyport.gateway.fanout.Fanout;
import dev.sallyport.gateway.fanout.Remembered;
import dev.sallyport.gateway.issuer.IssuerSettings;
import dev.sallyport.gateway.issuer.TrustAnchors;
import dev.sallyport.gateway.log.LogListeners;
import dev.sallyport.gateway.log.RoomLog;
import io.micrometer.core.instrument.MeterRegistry;
import io.nats.client.Options;
import java.io.IOException;
import java.nio.file.Path;
import java.security.NoSuchAlgorithmException;
import java.security.SecureRandom;
import javax.net.ssl.SSLContext;
import org.jspecify.annotations.Nullable;
import org.springframework.beans.factory.annotation.Value;
import org.springframework.boot.autoconfigure.condition.ConditionalOnProperty;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

/** What there is with {@code sallyport.nats.url}, and not without. */
@Configuration(proxyBeanMethods = false)
@ConditionalOnProperty("sallyport.nats.url")
class NatsWiring {

  /** All of it, since each part knows another. */
  @Bean(initMethod = "start", destroyMethod = "close")
  Neighbours neighbours(
      NatsSettings settings,
      IssuerSettings issuer,
      @Value("${sallyport.cluster-key-file:}") String keyFile,
      RoomLog log,
      LogListeners listeners,
      Fanout fanout,
      Remembered rooms,
      ProofMemory proofs,
      SecureRandom random,
      MeterRegistry meters)
      throws IOException {
    var file = keyFile.isBlank() ? issuer.data().resolve("cluster-key") : Path.of(keyFile);
    return Neighbours.of(
        () -> options(settings),
        new Subjects(settings.prefix(), issuer.audience()),
        new Seal(ClusterKey.readOrMake(file, random)),
        log,
        listeners,
        fanout,
        rooms,
        proofs,
        random,
        meters);
  }

  @Bean
  ProofsOverNats proofsOverNats(Neighbours neighbours) {
    return neighbours.proofs();
  }

  @Bean
  NatsHealthIndicator natsHealthIndicator(Neighbours neighbours) {
    return new NatsHealthIndicator(neighbours.link());
  }

  private static SSLContext trusting(@Nullable Path more) throws IOException {
    try {
      return more == null ? SSLContext.getDefault() : TrustAnchors.withMore(more);
    } catch (NoSuchAlgorithmException e) {
      throw new IOException("this JVM has no TLS", e);
    }
  }

  static Options.Builder options(NatsSettings settings) throws IOException {
    var options =
        new Options.Builder().servers(settings.url().split(",")).connectionName("chat-gateway");
    if (!settings.user().isEmpty()) {
      options.userInfo(settings.user().toCharArray(), settings.password().toCharArray());
    }
    if (!settings.token().isEmpty()) {
      options.token(settings.token().toCharArray());
    }
    if (settings.nkeyFile() != null) {
      options.authHandler(NkeyAuth.read(settings.nkeyFile()));
    }
    if (settings.trustPem() != null || settings.url().contains("tls://")) {
      // By its address alone a server cannot show that it is the one that was named.
      options.noResolveHostnames().sslContext(new NamedTls(trusting(settings.trustPem())));
    }
    return options;
  }
}

package dev.sallyport.gateway.nats;

import dev.sallyport.gateway.issuer.StartRefused;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;

/**
 * The way to NATS.
 *
 * @param url of one server or, separated by commas, several of one cluster; {@code tls://} for TLS
 * @param user with {@code password}; or {@code token}; or {@code nkeyFile} with the seed of a
 *     user's key; or none of these
 * @param trustPem trust anchors for TLS, beside those of the JDK
 * @param prefix of all subjects
 */
@ConfigurationProperties("sallyport.nats")
record NatsSettings(
    @DefaultValue("") String url,
    @DefaultValue("") String user,
    @DefaultValue("") String password,
    @DefaultValue("") String token,
    @Nullable Path nkeyFile,
    @Nullable Path trustPem,
    @DefaultValue("sallyport") String prefix) {

  /** A token of a subject as NATS has them, and short. */
  private static final String PREFIX = "[A-Za-z0-9_-]{1,32}";

  NatsSettings {
    if (!prefix.matches(PREFIX)) {
      throw new StartRefused(
          "`sallyport.nats.prefix` needs 1 to 32 letters, digits, `-` or `_`, not `"
              + prefix
              + "`");
    }
    long ways =
        Stream.of(!user.isEmpty(), !token.isEmpty(), nkeyFile != null).filter(w -> w).count();
    if (ways > 1 || (user.isEmpty() && !password.isEmpty())) {
      throw new StartRefused(
          "`sallyport.nats` needs `user` with `password`, or `token`, or `nkey-file`, and only one"
              + " of them");
    }
  }

  @Override
  public String toString() {
    return "NatsSettings[" + prefix + "]";
  }
}

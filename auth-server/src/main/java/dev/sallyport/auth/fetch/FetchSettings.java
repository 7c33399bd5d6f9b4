package dev.sallyport.auth.fetch;

import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;

/**
 * @param allow addresses or CIDR ranges that may be called though they are private; loopback ones
 *     also without TLS
 * @param trustPem PEM file with trust anchors for these calls, beside {@code sallyport.trust-pem}
 *     and the JDK's
 */
@ConfigurationProperties("sallyport.fetch")
public record FetchSettings(@DefaultValue List<String> allow, @Nullable Path trustPem) {

  public FetchSettings {
    allow = List.copyOf(allow);
  }
}

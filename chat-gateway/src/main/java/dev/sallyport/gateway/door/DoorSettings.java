package dev.sallyport.gateway.door;

import java.util.List;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;

/**
 * Whom the doors believe, and what they ask for.
 *
 * @param trustedProxies addresses or CIDR ranges whose {@code X-Forwarded-For} is believed
 * @param allowedOrigins origins of browser applications, beside the gateway's own
 * @param dpopNonceRequired whether every proof on HTTP must carry a nonce of this process (RFC 9449
 *     §9), so that no other gateway of the same public URL takes it too; the first frame of a
 *     socket always must
 */
@ConfigurationProperties("sallyport")
public record DoorSettings(
    @DefaultValue List<String> trustedProxies,
    @DefaultValue List<String> allowedOrigins,
    @DefaultValue("true") boolean dpopNonceRequired) {
  public DoorSettings {
    trustedProxies.forEach(Cidr::of);
    trustedProxies = List.copyOf(trustedProxies);
    allowedOrigins = List.copyOf(allowedOrigins);
  }
}

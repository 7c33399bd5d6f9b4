package dev.sallyport.auth.client;

import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;

/**
 * Where the public keys of the built-in client {@code chat-gateway} are: a file that the gateways
 * write, read again at each authentication.
 */
@ConfigurationProperties("sallyport.gateway")
public record GatewayKeys(@DefaultValue(".sallyport/gateway/client-jwks.json") Path jwksFile) {

  /** The client id that gateways share. */
  public static final String CLIENT_ID = "chat-gateway";

  @Nullable String sourceOf(String clientId) {
    return CLIENT_ID.equals(clientId) ? jwksFile.toString() : null;
  }
}

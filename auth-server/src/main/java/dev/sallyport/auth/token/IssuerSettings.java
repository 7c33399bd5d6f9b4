package dev.sallyport.auth.token;

import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;

/**
 * The public names of this server and of the gateway it issues tokens for ({@code
 * ops/decisions/0003}).
 *
 * @param issuer {@code iss} of everything we sign, without a trailing slash
 */
@ConfigurationProperties("sallyport")
public record IssuerSettings(
    @DefaultValue("http://localhost:9000") String issuer, @DefaultValue Gateway gateway) {

  /**
   * The gateway for which tokens are exchanged.
   *
   * @param audience the gateway's public base URL
   */
  public record Gateway(@DefaultValue("http://localhost:9100") String audience) {}

  /** The public URL of a path of this server. */
  public String url(String path) {
    return issuer + path;
  }
}

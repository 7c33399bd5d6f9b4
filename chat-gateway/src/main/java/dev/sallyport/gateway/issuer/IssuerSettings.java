package dev.sallyport.gateway.issuer;

import jakarta.validation.constraints.NotNull;
import java.net.URI;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.validation.annotation.Validated;

/**
 * Where the auth-server is, and what this gateway is called there (decision 0003).
 *
 * @param publicUrl the gateway's public base URL: its audience, and the base of {@code htu}
 * @param issuer the auth-server's public name
 * @param authServerUrl where to reach it, if not by that name
 * @param data folder of everything this gateway keeps
 * @param trustPem more trust anchors for TLS towards the auth-server
 */
@Validated
@ConfigurationProperties("sallyport")
public record IssuerSettings(
    @NotNull URI publicUrl,
    @NotNull URI issuer,
    @Nullable URI authServerUrl,
    @NotNull Path data,
    @Nullable Path trustPem) {
  public IssuerSettings {
    requireBase("sallyport.public-url", publicUrl);
    requireBase("sallyport.issuer", issuer);
    requireBase("sallyport.auth-server-url", authServerUrl);
  }

  /** The value of {@code iss}: no trailing slash. */
  public String issuerName() {
    return base(issuer);
  }

  /** This gateway's value in {@code aud}: no trailing slash. */
  public String audience() {
    return base(publicUrl);
  }

  /** The base that requests go to. */
  String reachableBase() {
    return base(authServerUrl == null ? issuer : authServerUrl);
  }

  /** The folder of {@code bundle.jws}, keys and signals. */
  Path trust() {
    return data.resolve("trust");
  }

  private static String base(URI uri) {
    String text = uri.toString();
    return text.endsWith("/") ? text.substring(0, text.length() - 1) : text;
  }

  private static void requireBase(String name, @Nullable URI uri) {
    if (uri != null
        && (uri.getHost() == null
            || !("http".equals(uri.getScheme()) || "https".equals(uri.getScheme()))
            || uri.getRawQuery() != null
            || uri.getRawFragment() != null
            || uri.getRawUserInfo() != null)) {
      throw new IllegalArgumentException(
          "`" + name + "` must be an http or https URL without query, not `" + uri + "`");
    }
  }
}

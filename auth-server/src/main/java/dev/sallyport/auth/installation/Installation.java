package dev.sallyport.auth.installation;

import java.net.URI;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;

/**
 * The settings of this installation that concern more than one feature; the table is in {@code
 * ops/decisions/0003-configuration.md}.
 *
 * @param issuer public name of this server, {@code iss} of all it signs; absolute, without query,
 *     fragment or trailing slash. It is never derived from a request.
 * @param data folder of everything this server keeps in files
 * @param masterKeyFile 32 random bytes in base64; null: {@code master.key} in the data folder
 * @param trustedProxies addresses or CIDR ranges whose forwarded headers are believed
 * @param trustPem PEM file with trust anchors for outgoing TLS, beside those of the JDK
 */
@ConfigurationProperties("sallyport")
public record Installation(
    @DefaultValue("http://localhost:9000") URI issuer,
    @DefaultValue(".sallyport/auth") Path data,
    @Nullable Path masterKeyFile,
    @DefaultValue List<String> trustedProxies,
    @Nullable Path trustPem) {

  public Installation {
    String text = issuer.toString();
    boolean http = "http".equals(issuer.getScheme()) || "https".equals(issuer.getScheme());
    if (!http
        || issuer.getHost() == null
        || issuer.getRawQuery() != null
        || issuer.getRawFragment() != null) {
      throw new SettingRefused(
          "`sallyport.issuer` must be an absolute http or https URL, not `" + text + "`");
    }
    if (issuer.getRawUserInfo() != null) {
      throw new SettingRefused("`sallyport.issuer` must not contain user information");
    }
    if (text.endsWith("/")) {
      throw new SettingRefused("`sallyport.issuer` must not end in a slash: `" + text + "`");
    }
    trustedProxies = List.copyOf(trustedProxies);
  }

  /** Where the master key is, whether configured or not. */
  public Path masterKeyPath() {
    return masterKeyFile != null ? masterKeyFile : data.resolve("master.key");
  }

  /** Whether browsers reach this server by TLS, so that cookies must be {@code Secure}. */
  public boolean https() {
    return "https".equals(issuer.getScheme());
  }
}

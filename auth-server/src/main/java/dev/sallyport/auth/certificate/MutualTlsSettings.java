package dev.sallyport.auth.certificate;

import dev.sallyport.auth.installation.SettingRefused;
import java.net.URI;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.context.properties.ConfigurationProperties;

/**
 * Where client certificates are asked for; the table is in {@code
 * ops/decisions/0003-configuration.md}.
 *
 * @param url public base URL of the endpoints where they are; null: nowhere
 * @param port where this server asks for them itself; null: a trusted proxy does
 * @param bundle Spring's SSL bundle with the server's key there; null: that of {@code server.ssl}
 * @param trustPem trust anchors for {@code tls_client_auth}; null: that method is not offered
 */
@ConfigurationProperties("sallyport.mtls")
record MutualTlsSettings(
    @Nullable URI url, @Nullable Integer port, @Nullable String bundle, @Nullable Path trustPem) {

  MutualTlsSettings {
    if (url == null && (port != null || bundle != null || trustPem != null)) {
      throw new SettingRefused("`sallyport.mtls.url` is missing: clients must be told where to go");
    }
    if (url != null
        && (!"https".equals(url.getScheme())
            || url.getHost() == null
            || url.getRawUserInfo() != null
            || url.getRawQuery() != null
            || url.getRawFragment() != null
            || url.toString().endsWith("/"))) {
      throw new SettingRefused(
          "`sallyport.mtls.url` must be an https URL without a slash at its end, not `"
              + url
              + "`");
    }
    if (port != null && (port < 1 || port > 65_535)) {
      throw new SettingRefused("`sallyport.mtls.port` must be 1 to 65535, not `" + port + "`");
    }
    if (bundle != null && port == null) {
      throw new SettingRefused("`sallyport.mtls.bundle` goes with `sallyport.mtls.port`");
    }
  }
}

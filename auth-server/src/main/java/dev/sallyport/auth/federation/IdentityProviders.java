package dev.sallyport.auth.federation;

import dev.sallyport.auth.installation.SettingRefused;
import java.net.InetAddress;
import java.net.URI;
import java.net.URISyntaxException;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;

/** The configured providers, {@code sallyport.idps[n]}. */
@ConfigurationProperties("sallyport")
public record IdentityProviders(@DefaultValue List<Provider> idps) {

  public IdentityProviders {
    idps = List.copyOf(idps);
    Set<String> ids = new HashSet<>();
    for (Provider provider : idps) {
      if (!ids.add(provider.id())) {
        throw new SettingRefused("two of `sallyport.idps` have the id `" + provider.id() + "`");
      }
    }
  }

  Optional<Provider> byId(String id) {
    return idps.stream().filter(provider -> provider.id().equals(id)).findFirst();
  }

  /**
   * One provider.
   *
   * @param id in URLs and in the database: never change it
   * @param name what people see
   * @param issuer its metadata is at {@code /.well-known/openid-configuration} below
   * @param clientSecret null: a public client
   */
  public record Provider(
      String id,
      @Nullable String name,
      URI issuer,
      String clientId,
      @Nullable String clientSecret) {

    private static final Pattern LITERAL = Pattern.compile("[0-9.]+|\\[[0-9a-fA-F:.]+\\]");
    private static final Pattern ID = Pattern.compile("[a-z0-9][a-z0-9-]{0,63}");

    public Provider {
      if (id == null || !ID.matcher(id).matches()) {
        throw new SettingRefused("`sallyport.idps` need an `id` of `a-z 0-9 -`, not `" + id + "`");
      }
      if (clientId == null || clientId.isBlank()) {
        throw new SettingRefused("identity provider `" + id + "` needs a `client-id`");
      }
      if (issuer == null || issuer.getHost() == null || !(https(issuer) || loopback(issuer))) {
        throw new SettingRefused(
            "identity provider `"
                + id
                + "` needs an `issuer`: an https URL, or http on a loopback address");
      }
    }

    /**
     * Whether this provider may name this as an endpoint: by the rule of issuers, and loopback only
     * for one that is there itself. Otherwise its metadata could send a client secret out in the
     * clear, or this server's requests to itself.
     */
    boolean mayName(String endpoint) {
      URI uri;
      try {
        uri = new URI(endpoint);
      } catch (URISyntaxException e) {
        return false;
      }
      return uri.getHost() != null
          && uri.getRawUserInfo() == null
          && (loopback(issuer) ? https(uri) || loopback(uri) : https(uri) && !local(uri));
    }

    /** Names and addresses of this machine, whatever the scheme. */
    private static boolean local(URI uri) {
      String host = uri.getHost();
      return host.equals("localhost")
          || (LITERAL.matcher(host).matches() && ofThisMachine(address(host)));
    }

    private static boolean ofThisMachine(InetAddress address) {
      return address.isLoopbackAddress()
          || address.isAnyLocalAddress()
          || address.isLinkLocalAddress();
    }

    /** What people see. */
    public String displayName() {
      return name == null || name.isBlank() ? id : name;
    }

    private static boolean https(URI uri) {
      return "https".equals(uri.getScheme());
    }

    /** Only names and addresses that need no look-up. */
    private static boolean loopback(URI uri) {
      String host = uri.getHost();
      return "http".equals(uri.getScheme())
          && (host.equals("localhost")
              || (host.matches("[0-9.]+|\\[[0-9a-fA-F:]+\\]")
                  && address(host).isLoopbackAddress()));
    }

    private static InetAddress address(String literal) {
      return InetAddress.ofLiteral(literal.replaceAll("[\\[\\]]", ""));
    }

    /** Without the secret. */
    @Override
    public String toString() {
      return "Provider[" + id + ", " + issuer + "]";
    }
  }
}

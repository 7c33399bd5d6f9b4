package dev.sallyport.auth.federation;

import dev.sallyport.auth.installation.SettingRefused;
import java.net.URI;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;

/** The providers of the settings, {@code sallyport.idps[n]}. */
@ConfigurationProperties("sallyport")
record ConfiguredProviders(@DefaultValue List<Entry> idps) {

  static final Pattern ID = Pattern.compile("[a-z0-9][a-z0-9-]{0,63}");

  /** What an OpenID Provider is asked for where nobody says otherwise. */
  static final List<String> SCOPES = List.of("openid", "profile", "email");

  ConfiguredProviders {
    idps = List.copyOf(idps);
    Set<String> ids = new HashSet<>();
    for (Entry provider : idps) {
      if (!ids.add(provider.id())) {
        throw new SettingRefused("two of `sallyport.idps` have the id `" + provider.id() + "`");
      }
    }
  }

  List<IdentityProvider> providers() {
    return idps.stream().map(Entry::toProvider).toList();
  }

  /**
   * One provider. It signs people in, and nothing more; what else a provider may do is the admin
   * API's to say.
   *
   * @param id in URLs and in the database: never change it
   * @param name what people see
   * @param issuer its metadata is at {@code /.well-known/openid-configuration} below
   * @param clientSecret null: a public client
   */
  record Entry(
      String id,
      @Nullable String name,
      URI issuer,
      String clientId,
      @Nullable String clientSecret) {

    Entry {
      if (id == null || !ID.matcher(id).matches()) {
        throw new SettingRefused("`sallyport.idps` need an `id` of `a-z 0-9 -`, not `" + id + "`");
      }
      if (clientId == null || clientId.isBlank()) {
        throw new SettingRefused("identity provider `" + id + "` needs a `client-id`");
      }
      if (issuer == null || !Places.issuer(issuer)) {
        throw new SettingRefused(
            "identity provider `"
                + id
                + "` needs an `issuer`: an https URL, or http on a loopback address");
      }
    }

    IdentityProvider toProvider() {
      return new IdentityProvider(
          id,
          name == null || name.isBlank() ? id : name,
          true,
          new IdentityProvider.Protocol.OpenIdConnect(issuer, null, false),
          clientId,
          clientSecret,
          clientSecret == null ? "none" : null,
          SCOPES,
          List.of(),
          IdentityProvider.SecondFactorRule.NEVER,
          IdentityProvider.NewAccounts.NONE,
          List.of(),
          false,
          IdentityProvider.Origin.CONFIGURED,
          0,
          "configured");
    }

    /** Without the secret. */
    @Override
    public String toString() {
      return "Entry[" + id + ", " + issuer + "]";
    }
  }
}

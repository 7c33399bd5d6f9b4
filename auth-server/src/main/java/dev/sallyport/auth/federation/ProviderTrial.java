package dev.sallyport.auth.federation;

import dev.sallyport.auth.installation.Installation;
import java.util.Optional;
import org.springframework.stereotype.Component;

/** For whoever sets up a provider: whether it can be used, and what is to be registered there. */
@Component
public class ProviderTrial {

  private final ProviderMetadata metadata;
  private final Installation installation;

  ProviderTrial(ProviderMetadata metadata, Installation installation) {
    this.metadata = metadata;
    this.installation = installation;
  }

  /** Why it cannot be used now, in our own words; empty where it can. Asks the provider. */
  public Optional<String> problem(IdentityProvider provider) {
    try {
      metadata.learn(provider);
      return Optional.empty();
    } catch (ProviderMetadata.Unusable e) {
      return Optional.ofNullable(e.getMessage());
    }
  }

  public String redirectUri(IdentityProvider provider) {
    return metadata.redirectUri(provider.id());
  }

  /** Where the provider tells of sign-outs (OpenID Connect Back-Channel Logout 1.0). */
  public String backchannelLogoutUri(IdentityProvider provider) {
    return installation.issuer() + "/login/backchannel/" + provider.id();
  }
}

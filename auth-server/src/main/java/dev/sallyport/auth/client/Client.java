package dev.sallyport.auth.client;

import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A registered OAuth client, as the rules of its profile allow it to be.
 *
 * @param jwks public keys for {@code private_key_jwt}, as a JWK set
 * @param idTokenAlg JWS algorithm of its ID tokens
 */
public record Client(
    String clientId,
    String name,
    SecurityProfile profile,
    ClientAuthentication authentication,
    @Nullable String jwks,
    Set<String> redirectUris,
    Set<GrantType> grantTypes,
    Set<String> scopes,
    String idTokenAlg,
    boolean consentRequired) {

  public Client {
    redirectUris = Set.copyOf(redirectUris);
    grantTypes = Set.copyOf(grantTypes);
    scopes = Set.copyOf(scopes);
  }

  public boolean confidential() {
    return authentication != ClientAuthentication.NONE;
  }

  public boolean may(GrantType grant) {
    return grantTypes.contains(grant);
  }
}

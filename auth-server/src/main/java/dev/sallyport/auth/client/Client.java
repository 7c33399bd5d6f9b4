package dev.sallyport.auth.client;

import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A registered OAuth client, as the rules of its profile allow it to be.
 *
 * @param jwks public keys for {@code private_key_jwt} and for request objects, as a JWK set
 * @param logout when its people sign out
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
    boolean consentRequired,
    Logout logout) {

  /**
   * What becomes of a client when its people sign out here.
   *
   * @param redirectUris where they may go then (OpenID Connect RP-Initiated Logout 1.0)
   * @param backchannelUri where the client hears of it (OpenID Connect Back-Channel Logout 1.0)
   * @param sessionRequired whether it must be told which session ended; it is told anyway
   */
  public record Logout(
      Set<String> redirectUris, @Nullable String backchannelUri, boolean sessionRequired) {

    /** Nothing. */
    public static final Logout NONE = new Logout(Set.of(), null, false);

    public Logout {
      redirectUris = Set.copyOf(redirectUris);
    }
  }

  /** A client to which nothing happens when its people sign out. */
  public Client(
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
    this(
        clientId,
        name,
        profile,
        authentication,
        jwks,
        redirectUris,
        grantTypes,
        scopes,
        idTokenAlg,
        consentRequired,
        Logout.NONE);
  }

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

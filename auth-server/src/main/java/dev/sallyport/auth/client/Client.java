package dev.sallyport.auth.client;

import java.util.Set;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * A registered OAuth client, as the rules of its profile allow it to be.
 *
 * @param jwks public keys for {@code private_key_jwt} and for request objects, and certificates for
 *     {@code self_signed_tls_client_auth}, as a JWK set
 * @param logout when its people sign out
 * @param idTokenAlg JWS algorithm of its ID tokens
 * @param metadata the rest of what it says of itself
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
    Logout logout,
    ClientMetadata metadata) {

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

    /** A listener of an app has whichever port it was given (RFC 8252 §7.3). */
    private static final Pattern LOOPBACK =
        Pattern.compile("(http://(?:127\\.0\\.0\\.1|\\[::1]))(?::[0-9]{1,5})?((?:[/?].*)?)");

    public Logout {
      redirectUris = Set.copyOf(redirectUris);
    }

    /** Whether people may go there: registered, letter by letter but for a loopback's port. */
    public boolean redirectsTo(String uri) {
      return redirectUris.contains(uri)
          || (LOOPBACK.matcher(uri).matches()
              && redirectUris.stream()
                  .anyMatch(registered -> withoutPort(registered).equals(withoutPort(uri))));
    }

    private static String withoutPort(String uri) {
      return LOOPBACK.matcher(uri).replaceFirst("$1$2");
    }
  }

  /** A client that says nothing further of itself. */
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
        Logout.NONE,
        ClientMetadata.NONE);
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

  /** Whether it may ask the authorization endpoint for this. */
  public boolean may(ResponseType response) {
    return response == ResponseType.CODE
        ? may(GrantType.AUTHORIZATION_CODE)
        : metadata.implicitTypes().contains(response);
  }

  /** Whether browsers come back to it from the authorization endpoint. */
  public boolean redirects() {
    return may(GrantType.AUTHORIZATION_CODE) || may(GrantType.IMPLICIT);
  }

  /** Whether every token of it is bound to its DPoP key. */
  public boolean boundToKey() {
    return metadata.boundTokens() || (profile.senderConstrained() && !boundToCertificate());
  }

  /** Whether every token of it is bound to the certificate with which it was asked for. */
  public boolean boundToCertificate() {
    return metadata.certificates().boundTokens();
  }

  /** Whether its authorization requests must be pushed (RFC 9126). */
  public boolean pushesOnly() {
    return profile == SecurityProfile.FAPI2 || metadata.pushedOnly();
  }

  /** Whether it may be told account ids, and so be given a gateway token. */
  public boolean learnsAccountIds() {
    return !metadata.pairwise() || metadata.gatewayTokens();
  }
}

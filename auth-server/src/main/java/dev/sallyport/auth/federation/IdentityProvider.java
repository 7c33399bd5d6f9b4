package dev.sallyport.auth.federation;

import java.net.URI;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A third-party identity provider, as an admin or the settings describe it.
 *
 * @param id in URLs and in the database: it never changes
 * @param name what people see
 * @param enabled whether anybody may sign in with it
 * @param clientSecret null: a public client
 * @param clientAuthentication {@code client_secret_basic}, {@code client_secret_post} or {@code
 *     none}; null: as its metadata says
 * @param requestedAcrValues sent as {@code acr_values}
 * @param secondFactor what of its word counts as our second factor: by default nothing
 * @param newAccounts for whom it makes accounts
 * @param claimRules what its claims give, looked at anew at each sign-in
 * @param adminByClaims whether the rules may give the role {@code admin}
 * @param origin who described it, and so who may change it
 * @param version grows with each change
 * @param revision differs between any two descriptions under this id
 */
public record IdentityProvider(
    String id,
    String name,
    boolean enabled,
    Protocol protocol,
    String clientId,
    @Nullable String clientSecret,
    @Nullable String clientAuthentication,
    List<String> scopes,
    List<String> requestedAcrValues,
    SecondFactorRule secondFactor,
    NewAccounts newAccounts,
    List<ClaimRule> claimRules,
    boolean adminByClaims,
    Origin origin,
    long version,
    String revision) {

  public IdentityProvider {
    scopes = List.copyOf(scopes);
    requestedAcrValues = List.copyOf(requestedAcrValues);
    claimRules = List.copyOf(claimRules);
  }

  /** Who described a provider. */
  public enum Origin {
    /** {@code sallyport.idps[n]}: read-only in the admin API. */
    CONFIGURED,
    /** The admin API. */
    ADMIN
  }

  /** How it speaks. */
  public sealed interface Protocol {

    /**
     * OpenID Connect.
     *
     * @param endpoints null: its metadata says them
     * @param userInfo whether claims are asked for at its UserInfo endpoint, too
     */
    record OpenIdConnect(URI issuer, @Nullable OpenIdEndpoints endpoints, boolean userInfo)
        implements Protocol {}

    /**
     * Plain OAuth 2 with an API that says who someone is, as GitHub has it.
     *
     * @param emails where the addresses are listed, as {@code [{"email", "primary", "verified"}]};
     *     null: nowhere
     */
    record OAuth2(
        URI authorization, URI token, URI userInfo, @Nullable URI emails, UserFields fields)
        implements Protocol {}
  }

  /**
   * @param userInfo null: it has none
   */
  public record OpenIdEndpoints(URI authorization, URI token, URI jwks, @Nullable URI userInfo) {}

  /** Which members of the user document hold what. */
  public record UserFields(
      String id, String username, String name, String email, @Nullable String emailVerified) {}

  /**
   * The provider's word counts as the second factor if its ID token's {@code amr} holds one of
   * these, or its {@code acr} is one of these.
   */
  public record SecondFactorRule(Set<String> amr, Set<String> acr) {

    static final SecondFactorRule NEVER = new SecondFactorRule(Set.of(), Set.of());

    public SecondFactorRule {
      amr = Set.copyOf(amr);
      acr = Set.copyOf(acr);
    }
  }

  /**
   * @param create whether someone without an account here is given one
   * @param emailDomains of the verified addresses of those who are; {@code *} for anyone
   */
  public record NewAccounts(boolean create, Set<String> emailDomains) {

    static final String ANYONE = "*";
    static final NewAccounts NONE = new NewAccounts(false, Set.of());

    public NewAccounts {
      emailDomains = Set.copyOf(emailDomains);
    }
  }

  /**
   * Whoever has this value in this claim has these roles and groups.
   *
   * @param claim a name, or a JSON Pointer (RFC 6901) where it begins with a slash
   */
  public record ClaimRule(String claim, String value, Set<String> roles, Set<String> groups) {

    public ClaimRule {
      roles = Set.copyOf(roles);
      groups = Set.copyOf(groups);
    }
  }

  /** Whose subjects these are: with {@link #id}, what keeps two people apart. */
  public String issuer() {
    return switch (protocol) {
      case Protocol.OpenIdConnect openId -> openId.issuer().toString();
      // there is no issuer: the API that says who someone is stands for it
      case Protocol.OAuth2 oauth -> oauth.userInfo().toString();
    };
  }

  /** What people see. */
  public String displayName() {
    return name.isBlank() ? id : name;
  }

  /** Without the secret. */
  @Override
  public String toString() {
    return "IdentityProvider[" + id + ", " + issuer() + "]";
  }
}

package dev.sallyport.auth.policy;

import dev.sallyport.auth.token.ApiCaller;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What an {@link Authorizer} is asked.
 *
 * @param accountId who wants to do it
 * @param clientId through which client
 * @param mfa whether they signed in with two factors
 * @param ip from where; null where unknown
 * @param action without namespace: {@code token.exchange}
 * @param context what the action's context holds beside {@code session}: strings, booleans, longs,
 *     sets of strings
 */
public record Inquiry(
    String accountId,
    String clientId,
    boolean mfa,
    @Nullable String ip,
    String action,
    Resource resource,
    Map<String, Object> context) {

  public Inquiry {
    context = Map.copyOf(context);
  }

  /** A caller of {@code /v1/**} wants to do something whose context is the session alone. */
  public static Inquiry of(
      ApiCaller caller, @Nullable String ip, String action, Resource resource) {
    return new Inquiry(
        caller.sub(), caller.clientId(), caller.secondFactor(), ip, action, resource, Map.of());
  }

  /**
   * What it is done to.
   *
   * @param type without namespace: {@code Client}
   * @param attributes strings, booleans, longs, sets of strings
   */
  public record Resource(String type, String id, Map<String, Object> attributes) {

    static final String ACCOUNT = "Account";
    static final String ROLE = "Role";
    static final String GROUP = "Group";

    public Resource {
      attributes = Map.copyOf(attributes);
    }

    /** An OAuth client; {@code profile} is {@code chat}, {@code fapi2} or {@code web}. */
    public static Resource client(String clientId, String profile) {
      return new Resource("Client", clientId, Map.of("profile", profile));
    }

    public static Resource account(String accountId) {
      return new Resource(ACCOUNT, accountId, Map.of());
    }

    public static Resource role(String name) {
      return new Resource(ROLE, name, Map.of());
    }

    public static Resource group(String name) {
      return new Resource(GROUP, name, Map.of());
    }

    /** All signing keys together. */
    public static Resource signingKeys() {
      return new Resource("SigningKeys", "all", Map.of());
    }

    /** All accounts together: listing them, making one. */
    public static Resource directory() {
      return new Resource("Directory", "accounts", Map.of());
    }

    public static Resource policySet() {
      return new Resource("PolicySet", "active", Map.of());
    }

    /** All third-party identity providers together. */
    public static Resource identityProviders() {
      return new Resource("IdentityProviders", "all", Map.of());
    }

    public static Resource auditTrail() {
      return new Resource("AuditTrail", "all", Map.of());
    }
  }
}

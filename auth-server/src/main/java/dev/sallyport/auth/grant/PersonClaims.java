package dev.sallyport.auth.grant;

import dev.sallyport.auth.account.Account;
import dev.sallyport.auth.client.Scopes;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/** The claims about a person (OpenID Connect Core §5.1), and the scopes that open them (§5.4). */
final class PersonClaims {

  private static final Map<String, String> SCOPES =
      Map.of(
          "name", Scopes.PROFILE,
          "preferred_username", Scopes.PROFILE,
          "email", Scopes.EMAIL,
          "email_verified", Scopes.EMAIL);

  static final Set<String> NAMES = SCOPES.keySet();

  private PersonClaims() {}

  static String scopeOf(String claim) {
    String scope = SCOPES.get(claim);
    if (scope == null) {
      throw new IllegalArgumentException("no such claim: " + claim);
    }
    return scope;
  }

  /** Those of the claims wanted that the account has. */
  static Map<String, Object> of(Account account, Predicate<String> wanted) {
    Map<String, Object> claims = new LinkedHashMap<>();
    put(claims, "name", account.displayName(), wanted);
    put(claims, "preferred_username", account.username(), wanted);
    put(claims, "email", account.email(), wanted);
    put(claims, "email_verified", account.email() == null ? null : account.emailVerified(), wanted);
    return claims;
  }

  private static void put(
      Map<String, Object> claims, String name, @Nullable Object value, Predicate<String> wanted) {
    if (value != null && wanted.test(name)) {
      claims.put(name, value);
    }
  }
}

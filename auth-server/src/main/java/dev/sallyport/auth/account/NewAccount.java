package dev.sallyport.auth.account;

import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** What {@link Accounts#create} needs to know. */
public record NewAccount(
    String username,
    String displayName,
    @Nullable String email,
    Set<String> roles,
    Set<String> groups,
    Map<String, Object> attributes) {

  /** An account with roles and nothing else. */
  public static NewAccount named(String username, String displayName, Set<String> roles) {
    return new NewAccount(username, displayName, null, roles, Set.of(), Map.of());
  }
}

package dev.sallyport.auth.account;

import java.time.Instant;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * An account as it was when it was read.
 *
 * @param id {@code sub}: a UUID, equal for all clients of the gateway's sector
 * @param username what its owner types to sign in: lower-case, never changes
 * @param email in lower case
 * @param emailVerified its owner has shown to read what is sent there
 * @param roles names of the roles that admins gave
 * @param groups names of the groups it is in
 * @param attributes managed by admins: string to string, boolean, long or list of strings
 * @param suspended a suspended account signs in nowhere and gets no token
 * @param closed for good: suspended, and nothing is known of its owner any longer
 * @param version grows with each change
 */
public record Account(
    String id,
    String username,
    String displayName,
    @Nullable String email,
    boolean emailVerified,
    Set<String> roles,
    Set<String> groups,
    Map<String, Object> attributes,
    boolean suspended,
    boolean closed,
    Instant createdAt,
    long version) {

  public Account {
    roles = Set.copyOf(roles);
    groups = Set.copyOf(groups);
    attributes = Map.copyOf(attributes);
  }
}

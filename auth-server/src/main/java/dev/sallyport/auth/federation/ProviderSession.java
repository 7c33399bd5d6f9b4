package dev.sallyport.auth.federation;

import java.io.Serial;
import java.io.Serializable;
import java.time.Instant;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A provider's word on which a sign-in stands.
 *
 * @param sid the provider's own session; null where it named none
 * @param at when it gave its word
 * @param roles what its claims give
 * @param groups what its claims give
 */
public record ProviderSession(
    String idp,
    String issuer,
    String subject,
    @Nullable String sid,
    Instant at,
    Set<String> roles,
    Set<String> groups)
    implements Serializable {

  @Serial private static final long serialVersionUID = 1;

  public ProviderSession {
    roles = Set.copyOf(roles);
    groups = Set.copyOf(groups);
  }
}

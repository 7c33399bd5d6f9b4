package dev.sallyport.auth.password;

import dev.sallyport.auth.limit.Network;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * From where a password is tried.
 *
 * @param network as {@link Network} names it
 * @param browser a browser that has shown that it is one; null: not known
 * @param accountIds whose sign-ins that browser has completed before
 */
public record Attempt(String network, @Nullable String browser, Set<String> accountIds) {

  public Attempt {
    accountIds = Set.copyOf(accountIds);
  }

  /** From a browser that nobody has signed in with before. */
  public static Attempt from(String address) {
    return new Attempt(Network.of(address), null, Set.of());
  }

  /** From a browser in which the owners of these accounts have signed in before. */
  public static Attempt from(String address, String browser, Set<String> accountIds) {
    return new Attempt(Network.of(address), browser, accountIds);
  }

  boolean knownFor(String accountId) {
    return browser != null && accountIds.contains(accountId);
  }
}

package dev.sallyport.auth.federation;

import dev.sallyport.auth.account.Account;
import dev.sallyport.auth.account.Accounts;
import dev.sallyport.auth.account.Creation;
import dev.sallyport.auth.account.NewAccount;
import dev.sallyport.auth.federation.IdentityProvider.NewAccounts;
import dev.sallyport.auth.signal.Actor;
import dev.sallyport.auth.vault.RandomIds;
import java.text.Normalizer;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.springframework.stereotype.Component;

/**
 * Makes the account of someone who arrives for the first time. It is always a new one: an account
 * that is there already belongs to whoever can sign in to it, whatever a provider says.
 */
@Component
class ProviderAccounts {

  private static final int USERNAME_CHARS_MAX = 48;
  private static final int DISPLAY_NAME_CHARS_MAX = 128;
  private static final int SUFFIX_BYTES = 3;
  private static final int ATTEMPTS_MAX = 5;

  private final Accounts accounts;
  private final RandomIds ids;

  ProviderAccounts(Accounts accounts, RandomIds ids) {
    this.accounts = accounts;
    this.ids = ids;
  }

  /** Whether the provider makes accounts for people like this one. */
  static boolean admitted(NewAccounts rule, ProviderProof proof) {
    if (!rule.create()) {
      return false;
    }
    return rule.emailDomains().contains(NewAccounts.ANYONE) || vouchedFor(rule, proof.email());
  }

  /** Whether the provider speaks for addresses of this domain. */
  private static boolean vouchedFor(NewAccounts rule, @Nullable String email) {
    return email != null && rule.emailDomains().contains(email.substring(email.indexOf('@') + 1));
  }

  /** Whether somebody has shown to read this address. */
  boolean addressTaken(@Nullable String email) {
    return email != null && !accounts.byVerifiedEmail(email).isEmpty();
  }

  /** Makes one, in the caller's transaction; empty where its claims make no account. */
  Optional<Account> make(NewAccounts rule, ProviderProof proof) {
    String base = username(proof);
    String displayName = displayName(proof, base);
    String username = base;
    for (int i = 0; i < ATTEMPTS_MAX; i++) {
      NewAccount wanted =
          new NewAccount(username, displayName, proof.email(), Set.of(), Set.of(), Map.of());
      switch (accounts.create(wanted, Actor.system())) {
        case Creation.Created(Account account) -> {
          // of a domain that the admin named for this provider: its word is as good as our mail
          if (proof.email() != null && vouchedFor(rule, proof.email())) {
            accounts.verified(account.id(), proof.email(), Actor.system());
          }
          return Optional.of(account);
        }
        case Creation.UsernameTaken() ->
            username =
                base
                    + "-"
                    + ids.base64url(SUFFIX_BYTES)
                        .toLowerCase(Locale.ROOT)
                        .replaceAll("[^a-z0-9]", "0");
        case Creation.NotPermitted(_) -> {
          return Optional.empty();
        }
      }
    }
    return Optional.empty();
  }

  private static String username(ProviderProof proof) {
    String email = proof.email();
    String suggested =
        proof.username() != null
            ? proof.username()
            : email != null ? email.substring(0, email.indexOf('@')) : "";
    String plain =
        Normalizer.normalize(suggested, Normalizer.Form.NFKD)
            .toLowerCase(Locale.ROOT)
            .replaceAll("[^a-z0-9._+-]", "")
            .replaceAll("^[^a-z0-9]+", "");
    String cut = plain.substring(0, Math.min(plain.length(), USERNAME_CHARS_MAX));
    return cut.isEmpty() ? "user" : cut;
  }

  private static String displayName(ProviderProof proof, String username) {
    String name = proof.name() == null ? "" : proof.name().replaceAll("\\p{Cntrl}", "").strip();
    if (name.isEmpty()) {
      return username;
    }
    int end = Math.min(name.length(), DISPLAY_NAME_CHARS_MAX);
    return name.substring(0, Character.isHighSurrogate(name.charAt(end - 1)) ? end - 1 : end);
  }
}

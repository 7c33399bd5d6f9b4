package dev.sallyport.auth.policy;

import dev.sallyport.auth.account.Account;
import dev.sallyport.auth.account.Accounts;
import dev.sallyport.auth.policy.Inquiry.Resource;
import dev.sallyport.auth.vault.RandomIds;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.springframework.stereotype.Component;

/**
 * What one may do to this server as a whole, beside what one may do to a single thing of it.
 * Whoever changes an account, its password or its claims, could act through it: so nobody may do so
 * to one that may do more than they themselves, nor make it one, nor themselves. To whom these
 * powers are given is for policies to say; that those who have them not cannot pass them on is not
 * left to their authors.
 */
@Component
public class Powers {

  private record Power(String action, Resource resource) {}

  private static final List<Power> ALL =
      List.of(
          new Power("policy.activate", Resource.policySet()),
          new Power("idp.write", Resource.identityProviders()),
          new Power("signingKey.revoke", Resource.signingKeys()),
          new Power("client.create", Resource.directory()),
          new Power("account.create", Resource.directory()),
          new Power("role.assign", Resource.role("admin")),
          new Power("audit.read", Resource.auditTrail()));

  private final ActivePolicies active;
  private final PolicyAuthorizer authorizer;
  private final Accounts accounts;
  private final RandomIds ids;

  Powers(ActivePolicies active, PolicyAuthorizer authorizer, Accounts accounts, RandomIds ids) {
    this.active = active;
    this.authorizer = authorizer;
    this.accounts = accounts;
    this.ids = ids;
  }

  /**
   * Why someone may not change an account: it may do, signed in with two factors, what they may
   * not. Empty: they may. Nothing is recorded.
   *
   * @param target as it is, or as it would become
   */
  public Optional<Ruling.Refused> beyond(Inquiry asking, Account target) {
    return accounts.byId(asking.accountId()).flatMap(asker -> gained(asking, asker, target));
  }

  /**
   * Why an account may not become another: it may do more than before.
   *
   * @param before may do what it may with the second factor that the one who asks has shown
   */
  public Optional<Ruling.Refused> gained(Inquiry asking, Account before, Account after) {
    ActivePolicies.@Nullable Active policies = active.current();
    if (policies == null) {
      return Optional.empty();
    }
    return ALL.stream()
        .filter(power -> !permitted(policies, power, asking, before, asking.mfa()))
        .filter(power -> permitted(policies, power, asking, after, true))
        .map(
            power ->
                new Ruling.Refused(
                    ids.uuid7(),
                    policies.version(),
                    List.of(),
                    "the account may do what you may not: `" + power.action() + "`",
                    false))
        .findFirst();
  }

  private boolean permitted(
      ActivePolicies.Active policies, Power power, Inquiry asking, Account who, boolean mfa) {
    Inquiry inquiry =
        new Inquiry(
            who.id(),
            asking.clientId(),
            mfa,
            asking.ip(),
            power.action(),
            power.resource(),
            Map.of());
    return authorizer.rule(policies.planned(), policies.version(), inquiry, who, "")
        instanceof Ruling.Permitted;
  }
}

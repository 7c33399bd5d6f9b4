package dev.sallyport.auth.federation;

import dev.sallyport.auth.account.Account;
import dev.sallyport.auth.account.Accounts;
import dev.sallyport.auth.account.ClaimsChange;
import dev.sallyport.auth.signal.Actor;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.stereotype.Component;

/**
 * Roles and groups that providers' claims give. What a provider gave is remembered as its gift, so
 * that it takes back that and nothing else: what an admin gave, before or beside, stays.
 */
@Component
class FederatedClaims {

  private static final Logger LOG = LoggerFactory.getLogger(FederatedClaims.class);
  private static final String ROLE = "role";
  private static final String GROUP = "group";

  private final JdbcClient jdbc;
  private final Accounts accounts;

  FederatedClaims(JdbcClient jdbc, Accounts accounts) {
    this.jdbc = jdbc;
    this.accounts = accounts;
  }

  /**
   * In the transaction of a sign-in, which holds the account: its claims are now what this provider
   * gives, and what others do.
   */
  void apply(Account account, ProviderSession from) {
    apply(account, from.idp(), from.roles(), from.groups(), Actor.system());
  }

  /** The provider is gone: so is what it gave. */
  void takeAll(String idp, Actor actor) {
    List<String> given =
        jdbc.sql("SELECT DISTINCT account_id FROM federated_claim WHERE idp = ? ORDER BY 1")
            .param(idp)
            .query((row, n) -> row.getString(1))
            .list();
    for (String accountId : given) {
      take(accountId, idp, actor);
    }
  }

  /** Nothing connects this account with the provider any longer. */
  void take(String accountId, String idp, Actor actor) {
    accounts.lock(accountId).ifPresent(it -> apply(it, idp, Set.of(), Set.of(), actor));
  }

  /** The account is closed: it has no roles left to take. */
  void forget(String accountId) {
    jdbc.sql("DELETE FROM federated_claim WHERE account_id = ?").param(accountId).update();
  }

  private void apply(
      Account account, String idp, Set<String> roles, Set<String> groups, Actor actor) {
    Set<String> newRoles = after(account, idp, ROLE, account.roles(), roles);
    Set<String> newGroups = after(account, idp, GROUP, account.groups(), groups);
    ClaimsChange change =
        accounts.changeClaims(account.id(), newRoles, newGroups, account.attributes(), actor);
    Set<String> keptRoles = roles;
    Set<String> keptGroups = groups;
    if (change instanceof ClaimsChange.NotPermitted) {
      // more than an account may have: nothing is added, what is no longer claimed still goes
      LOG.warn(
          "identity provider `{}` claims more roles or groups than account `{}` may have",
          idp,
          account.id());
      newRoles.retainAll(account.roles());
      newGroups.retainAll(account.groups());
      accounts.changeClaims(account.id(), newRoles, newGroups, account.attributes(), actor);
      keptRoles = newRoles;
      keptGroups = newGroups;
    }
    remember(account, idp, ROLE, account.roles(), keptRoles, roles);
    remember(account, idp, GROUP, account.groups(), keptGroups, groups);
  }

  private Set<String> after(
      Account account, String idp, String kind, Set<String> before, Set<String> given) {
    Set<String> names = new HashSet<>(before);
    Set<String> gone = owned(account.id(), idp, kind);
    gone.removeAll(given);
    gone.removeAll(ownedByOthers(account.id(), idp, kind));
    names.removeAll(gone);
    names.addAll(given);
    return names;
  }

  /** Its gifts from now on: those it gave before, and those that the account did not have. */
  private void remember(
      Account account,
      String idp,
      String kind,
      Set<String> before,
      Set<String> kept,
      Set<String> given) {
    Set<String> owned = owned(account.id(), idp, kind);
    Set<String> others = ownedByOthers(account.id(), idp, kind);
    Set<String> gifts = new HashSet<>(given);
    gifts.retainAll(kept);
    gifts.removeIf(
        name -> before.contains(name) && !owned.contains(name) && !others.contains(name));
    for (String name : owned) {
      if (!gifts.contains(name)) {
        jdbc.sql(
                "DELETE FROM federated_claim"
                    + " WHERE account_id = ? AND idp = ? AND kind = ? AND name = ?")
            .params(account.id(), idp, kind, name)
            .update();
      }
    }
    for (String name : gifts) {
      if (!owned.contains(name)) {
        jdbc.sql("INSERT INTO federated_claim (account_id, idp, kind, name) VALUES (?, ?, ?, ?)")
            .params(account.id(), idp, kind, name)
            .update();
      }
    }
  }

  private Set<String> owned(String accountId, String idp, String kind) {
    return names(accountId, idp, kind, "=");
  }

  private Set<String> ownedByOthers(String accountId, String idp, String kind) {
    return names(accountId, idp, kind, "<>");
  }

  private Set<String> names(String accountId, String idp, String kind, String comparison) {
    return new HashSet<>(
        jdbc.sql(
                "SELECT name FROM federated_claim WHERE account_id = ? AND kind = ? AND idp "
                    + comparison
                    + " ?")
            .params(accountId, kind, idp)
            .query((row, n) -> row.getString(1))
            .list());
  }
}

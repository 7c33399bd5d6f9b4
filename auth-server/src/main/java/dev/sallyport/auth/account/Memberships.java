package dev.sallyport.auth.account;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.sallyport.auth.signal.Actor;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Base64;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;
import org.springframework.data.domain.Limit;
import org.springframework.stereotype.Component;
import org.springframework.transaction.annotation.Propagation;
import org.springframework.transaction.annotation.Transactional;

/**
 * Roles and groups from their side: who has them. One is there as long as an account has it; each
 * change is one of the account's claims, with its event, so that gateways hear of it.
 */
@Component
public class Memberships {

  /** Largest page of {@link #members}. */
  public static final int PAGE_MAX = Accounts.PAGE_MAX;

  /** Of different names, more than anyone can look at. */
  public static final int NAMES_MAX = 10_000;

  /** Changed in one transaction, each with its event: some seconds of work. */
  public static final int CHANGED_AT_ONCE_MAX = 2_000;

  /** What an account can have by name. */
  public enum Kind {
    ROLE,
    GROUP
  }

  /** One that is in use. */
  public record InUse(String name, long members) {}

  /** What came of naming a group anew, or of ending it. */
  public sealed interface Regrouping {
    record Done(int members) implements Regrouping {}

    /** Its members are others than those that the caller has seen. */
    record Stale() implements Regrouping {}

    record NoSuchGroup() implements Regrouping {}

    /** There is one of the new name. */
    record NameTaken() implements Regrouping {}

    /** More than {@link #CHANGED_AT_ONCE_MAX} are in it. */
    record TooMany() implements Regrouping {}

    /**
     * The caller's transaction is to be rolled back: some may have been changed before.
     *
     * @param message why this is no name, or too much for one of the accounts
     */
    record NotPermitted(String message) implements Regrouping {}
  }

  private final Accounts accounts;
  private final AccountRows rows;

  Memberships(Accounts accounts, AccountRows rows) {
    this.accounts = accounts;
    this.rows = rows;
  }

  /** All that are in use, in no order. */
  @Transactional(readOnly = true)
  public List<InUse> inUse(Kind kind) {
    return switch (kind) {
      case ROLE -> rows.rolesInUse(Limit.of(NAMES_MAX));
      case GROUP -> rows.groupsInUse(Limit.of(NAMES_MAX));
    };
  }

  /** Those who have it, by username, after {@code afterUsername}. */
  @Transactional(readOnly = true)
  public List<Account> members(Kind kind, String name, String afterUsername, int limit) {
    String after = AccountForm.canonical(afterUsername);
    Limit bounded = Limit.of(Math.clamp(limit, 1, PAGE_MAX));
    return (switch (kind) {
          case ROLE -> rows.withRole(name, after, bounded);
          case GROUP -> rows.inGroup(name, after, bounded);
        })
        .stream().map(AccountEntity::toAccount).toList();
  }

  /** Gives it to an account, or takes it away. */
  @Transactional
  public ClaimsChange change(
      Kind kind, String accountId, String name, boolean member, Actor actor) {
    Optional<Account> locked = accounts.lock(accountId);
    if (locked.isEmpty()) {
      return new ClaimsChange.NoSuchAccount();
    }
    Account account = locked.get();
    Set<String> roles = new HashSet<>(account.roles());
    Set<String> groups = new HashSet<>(account.groups());
    Set<String> names = kind == Kind.ROLE ? roles : groups;
    if (member) {
      names.add(name);
    } else {
      names.remove(name);
    }
    return accounts.changeClaims(accountId, roles, groups, account.attributes(), actor);
  }

  /**
   * Stands for who is in a group and in which state: another one for every change of a member.
   * Empty: nobody is.
   */
  @Transactional(readOnly = true)
  public Optional<String> state(String group) {
    return state(rows.stateOfGroup(group, Limit.of(NAMES_MAX)));
  }

  private static Optional<String> state(List<AccountState> members) {
    if (members.isEmpty()) {
      return Optional.empty();
    }
    StringBuilder text = new StringBuilder();
    members.forEach(
        member -> text.append(member.id()).append(' ').append(member.version()).append('\n'));
    try {
      byte[] hash = MessageDigest.getInstance("SHA-256").digest(text.toString().getBytes(UTF_8));
      return Optional.of(Base64.getUrlEncoder().withoutPadding().encodeToString(hash));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every JDK has SHA-256", e);
    }
  }

  /** Id and version of an account. */
  record AccountState(String id, long version) {}

  /**
   * All in a group are in one of another name instead.
   *
   * @param expected the {@link #state} that the caller has seen; null: any
   * @param changed sees each account as it was and has become; what it throws undoes all
   */
  @Transactional(propagation = Propagation.MANDATORY)
  public Regrouping rename(
      String from,
      String to,
      @Nullable String expected,
      Actor actor,
      BiConsumer<Account, Account> changed) {
    return !from.equals(to) && !rows.stateOfGroup(to, Limit.of(1)).isEmpty()
        ? new Regrouping.NameTaken()
        : regroup(from, to, expected, actor, changed);
  }

  /** Nobody is in the group any longer. As {@link #rename}. */
  @Transactional(propagation = Propagation.MANDATORY)
  public Regrouping end(
      String group, @Nullable String expected, Actor actor, BiConsumer<Account, Account> changed) {
    return regroup(group, null, expected, actor, changed);
  }

  private Regrouping regroup(
      String from,
      @Nullable String to,
      @Nullable String expected,
      Actor actor,
      BiConsumer<Account, Account> changed) {
    List<AccountState> seen = rows.stateOfGroup(from, Limit.of(CHANGED_AT_ONCE_MAX + 1));
    if (seen.isEmpty()) {
      return new Regrouping.NoSuchGroup();
    }
    if (seen.size() > CHANGED_AT_ONCE_MAX) {
      return new Regrouping.TooMany();
    }
    // in the order of their ids, so that two who do this at once wait for each other only one way
    seen.forEach(member -> accounts.lock(member.id()));
    List<AccountState> members = rows.stateOfGroup(from, Limit.of(CHANGED_AT_ONCE_MAX + 1));
    if (!members.equals(seen)
        || (expected != null && !state(members).equals(Optional.of(expected)))) {
      return new Regrouping.Stale();
    }
    for (AccountState member : members) {
      Account account = accounts.lock(member.id()).orElseThrow();
      Set<String> groups = new HashSet<>(account.groups());
      groups.remove(from);
      if (to != null) {
        groups.add(to);
      }
      switch (accounts.changeClaims(
          account.id(), account.roles(), groups, account.attributes(), actor)) {
        case ClaimsChange.Changed(Account after) -> changed.accept(account, after);
        case ClaimsChange.Unchanged _, ClaimsChange.NoSuchAccount _ -> {}
        case ClaimsChange.NotPermitted(String message) -> {
          return new Regrouping.NotPermitted(message);
        }
      }
    }
    return new Regrouping.Done(members.size());
  }
}

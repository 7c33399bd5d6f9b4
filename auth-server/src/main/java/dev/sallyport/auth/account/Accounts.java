package dev.sallyport.auth.account;

import dev.sallyport.auth.session.Sessions;
import dev.sallyport.auth.signal.Actor;
import dev.sallyport.auth.signal.SecurityEvent;
import dev.sallyport.auth.signal.SecurityEvents;
import dev.sallyport.auth.vault.RandomIds;
import java.time.Clock;
import java.time.temporal.ChronoUnit;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.springframework.data.domain.Limit;
import org.springframework.stereotype.Component;
import org.springframework.transaction.annotation.Propagation;
import org.springframework.transaction.annotation.Transactional;

/**
 * All accounts. Every method is one transaction, or part of the caller's; every change records its
 * security event in it.
 */
@Component
public class Accounts {

  /** Largest page of {@link #page}. */
  public static final int PAGE_MAX = 200;

  private final AccountRows rows;
  private final Sessions sessions;
  private final SecurityEvents events;
  private final RandomIds ids;
  private final Clock clock;

  Accounts(AccountRows rows, Sessions sessions, SecurityEvents events, RandomIds ids, Clock clock) {
    this.rows = rows;
    this.sessions = sessions;
    this.events = events;
    this.ids = ids;
    this.clock = clock;
  }

  @Transactional(readOnly = true)
  public Optional<Account> byId(String id) {
    return rows.findById(id).map(AccountEntity::toAccount);
  }

  /** Upper and lower case are the same username. */
  @Transactional(readOnly = true)
  public Optional<Account> byUsername(String username) {
    return rows.findByUsername(AccountForm.canonical(username)).map(AccountEntity::toAccount);
  }

  /**
   * Accounts in the order of their usernames, those after {@code afterUsername} (empty: from the
   * first).
   */
  @Transactional(readOnly = true)
  public List<Account> page(String afterUsername, int limit) {
    Limit bounded = Limit.of(Math.clamp(limit, 1, PAGE_MAX));
    return rows
        .findByUsernameGreaterThanOrderByUsername(AccountForm.canonical(afterUsername), bounded)
        .stream()
        .map(AccountEntity::toAccount)
        .toList();
  }

  /**
   * Locks an account until the end of the caller's transaction: its claims stay as they are read,
   * and its sessions are not all ended, before that. Where other rows are locked too: a family of
   * tokens before, sessions after.
   */
  @Transactional(propagation = Propagation.MANDATORY)
  public Optional<Account> lock(String id) {
    return rows.lockById(id).map(AccountEntity::toAccount);
  }

  /** Ends all sessions of an account, and with them every token issued to it so far. */
  @Transactional
  public void endSessions(String id, Actor actor) {
    rows.lockById(id);
    sessions.revokeAll(id, actor);
  }

  /** Makes an account. It has no credential yet. */
  @Transactional
  public Creation create(NewAccount wanted, Actor actor) {
    Optional<String> fault = AccountForm.fault(wanted);
    if (fault.isPresent()) {
      return new Creation.NotPermitted(fault.get());
    }
    if (rows.existsByUsername(AccountForm.canonical(wanted.username()))) {
      return new Creation.UsernameTaken();
    }
    AccountEntity row =
        new AccountEntity(ids.uuid7(), wanted, clock.instant().truncatedTo(ChronoUnit.MILLIS));
    rows.save(row);
    rows.flush();
    events.record(actor, new SecurityEvent.AccountCreated(row.id, row.username));
    return new Creation.Created(row.toAccount());
  }

  /**
   * Replaces roles, groups and attributes, each whole.
   *
   * @param actor id of the account that does it
   */
  @Transactional
  public ClaimsChange changeClaims(
      String id,
      Set<String> roles,
      Set<String> groups,
      Map<String, Object> attributes,
      String actor) {
    Optional<String> fault = AccountForm.fault(roles, groups, attributes);
    if (fault.isPresent()) {
      return new ClaimsChange.NotPermitted(fault.get());
    }
    Optional<AccountEntity> found = rows.lockById(id);
    if (found.isEmpty()) {
      return new ClaimsChange.NoSuchAccount();
    }
    AccountEntity row = found.get();
    if (row.roles.equals(roles) && row.groups.equals(groups) && row.attributes.equals(attributes)) {
      return new ClaimsChange.Unchanged(row.toAccount());
    }
    row.roles = new HashSet<>(roles);
    row.groups = new HashSet<>(groups);
    row.attributes = Map.copyOf(attributes);
    rows.flush();
    events.record(
        Actor.admin(actor),
        new SecurityEvent.ClaimsChanged(id, row.roles, row.groups, row.attributes));
    return new ClaimsChange.Changed(row.toAccount());
  }

  /**
   * Suspends an account and ends its sessions. Returns the account, or empty if there is none.
   *
   * @param actor id of the account that does it
   */
  @Transactional
  public Optional<Account> suspend(String id, String actor) {
    Optional<AccountEntity> found = rows.lockById(id);
    found
        .filter(row -> !row.suspended)
        .ifPresent(
            row -> {
              row.suspended = true;
              rows.flush();
              events.record(Actor.admin(actor), new SecurityEvent.AccountSuspended(id));
              sessions.revokeAll(id, Actor.admin(actor));
            });
    return found.map(AccountEntity::toAccount);
  }

  /**
   * Lifts a suspension. Returns the account, or empty if there is none.
   *
   * @param actor id of the account that does it
   */
  @Transactional
  public Optional<Account> restore(String id, String actor) {
    Optional<AccountEntity> found = rows.lockById(id);
    found
        .filter(row -> row.suspended)
        .ifPresent(
            row -> {
              row.suspended = false;
              rows.flush();
              events.record(Actor.admin(actor), new SecurityEvent.AccountRestored(id));
            });
    return found.map(AccountEntity::toAccount);
  }
}

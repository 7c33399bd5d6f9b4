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
import java.util.Objects;
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

  /** So many share an address, as the people of a shop do; more is nobody's own. */
  private static final int SAME_EMAIL_MAX = 5;

  /** Usernames of closed accounts: nobody can be given one, since an id follows. */
  private static final String CLOSED = "closed-";

  private final AccountRows rows;
  private final AccountReads reads;
  private final Sessions sessions;
  private final SecurityEvents events;
  private final RandomIds ids;
  private final Clock clock;

  Accounts(
      AccountRows rows,
      AccountReads reads,
      Sessions sessions,
      SecurityEvents events,
      RandomIds ids,
      Clock clock) {
    this.rows = rows;
    this.reads = reads;
    this.sessions = sessions;
    this.events = events;
    this.ids = ids;
    this.clock = clock;
  }

  public Optional<Account> byId(String id) {
    return reads.byId(id);
  }

  /** Upper and lower case are the same username. */
  @Transactional(readOnly = true)
  public Optional<Account> byUsername(String username) {
    return rows.findByUsername(AccountForm.canonical(username)).map(AccountEntity::toAccount);
  }

  /** Those whose owner has shown to read this address, a few at most. */
  @Transactional(readOnly = true)
  public List<Account> byVerifiedEmail(String email) {
    String canonical = Objects.requireNonNull(AccountForm.canonicalEmail(email));
    return rows
        .findByEmailAndEmailVerifiedTrueOrderById(canonical, Limit.of(SAME_EMAIL_MAX))
        .stream()
        .map(AccountEntity::toAccount)
        .toList();
  }

  /** The one with this address whose owner has not yet shown to read it; the oldest of several. */
  @Transactional(readOnly = true)
  public Optional<Account> byUnverifiedEmail(String email) {
    String canonical = Objects.requireNonNull(AccountForm.canonicalEmail(email));
    return rows.findByEmailAndEmailVerifiedFalseOrderById(canonical, Limit.of(1)).stream()
        .map(AccountEntity::toAccount)
        .findFirst();
  }

  /** Whether this may be a username. */
  public static boolean permittedUsername(String username) {
    return AccountForm.username(username);
  }

  /** Whether this may be an account, if nobody has its username. */
  public static boolean permitted(NewAccount account) {
    return AccountForm.fault(account).isEmpty();
  }

  /** Whether this may be the address of an account. */
  public static boolean permittedEmail(String email) {
    return AccountForm.email(email);
  }

  /** Its owner has shown to read this address: it is the account's from now on. */
  @Transactional
  public void verified(String id, String email, Actor actor) {
    rows.lockById(id)
        .ifPresent(
            row -> {
              row.email = AccountForm.canonicalEmail(email);
              row.emailVerified = true;
              rows.flush();
              events.record(actor, new SecurityEvent.EmailVerified(id));
            });
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
    return reads.lock(id);
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
    return changeClaims(id, roles, groups, attributes, Actor.admin(actor));
  }

  /** As {@link #changeClaims(String, Set, Set, Map, String)}, by whoever it may be. */
  @Transactional
  public ClaimsChange changeClaims(
      String id,
      Set<String> roles,
      Set<String> groups,
      Map<String, Object> attributes,
      Actor actor) {
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
        actor, new SecurityEvent.ClaimsChanged(id, row.roles, row.groups, row.attributes));
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
        .filter(row -> row.suspended && row.closedAt == null)
        .ifPresent(
            row -> {
              row.suspended = false;
              rows.flush();
              events.record(Actor.admin(actor), new SecurityEvent.AccountRestored(id));
            });
    return found.map(AccountEntity::toAccount);
  }

  /**
   * Closes an account for good and erases who its owner was, but for the audit trail, which is kept
   * for its time. The id stays, so that it never becomes another's. False: there is no such
   * account, or it was closed before.
   */
  @Transactional
  public boolean close(String id, Actor actor) {
    Optional<AccountEntity> found = rows.lockById(id).filter(row -> row.closedAt == null);
    if (found.isEmpty()) {
      return false;
    }
    sessions.revokeAll(id, actor);
    // while its owner can still be told
    events.record(actor, new SecurityEvent.AccountClosed(id));
    AccountEntity row = rows.lockById(id).orElseThrow();
    row.username = CLOSED + id;
    row.displayName = "Closed account";
    row.email = null;
    row.emailVerified = false;
    row.roles = new HashSet<>();
    row.groups = new HashSet<>();
    row.attributes = Map.of();
    row.suspended = true;
    row.closedAt = clock.instant().truncatedTo(ChronoUnit.MILLIS);
    rows.flush();
    return true;
  }
}

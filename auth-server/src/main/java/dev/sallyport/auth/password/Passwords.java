package dev.sallyport.auth.password;

import dev.sallyport.auth.account.Account;
import dev.sallyport.auth.account.Accounts;
import dev.sallyport.auth.account.LockOut;
import dev.sallyport.auth.account.LockOut.Admission;
import dev.sallyport.auth.account.LockOut.Credential;
import dev.sallyport.auth.account.NewAccount;
import dev.sallyport.auth.signal.Actor;
import dev.sallyport.auth.signal.EventRecorded;
import dev.sallyport.auth.signal.SecurityEvent;
import dev.sallyport.auth.signal.SecurityEvents;
import dev.sallyport.auth.vault.RandomIds;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.springframework.context.event.EventListener;
import org.springframework.security.crypto.argon2.Argon2PasswordEncoder;
import org.springframework.stereotype.Component;
import org.springframework.transaction.PlatformTransactionManager;
import org.springframework.transaction.support.TransactionTemplate;

/**
 * All passwords. Checking one costs the same time and gives the same answer whether or not the
 * account exists. No transaction is open while a hash runs.
 */
@Component
public class Passwords {

  /** Longer ones are refused before any work is done. */
  public static final int LENGTH_MAX = 1024;

  private static final int ONE_TIME_BYTES = 18;
  private static final int SALT_BYTES = 16;
  private static final int HASH_BYTES = 32;
  private static final Duration PATIENCE = Duration.ofSeconds(3);

  private final PasswordRows rows;
  private final Accounts accounts;
  private final LockOut lockOut;
  private final SecurityEvents events;
  private final AdminPasswordFile adminPasswordFile;
  private final CommonPasswords common;
  private final PasswordSettings settings;
  private final TransactionTemplate transaction;
  private final RandomIds ids;
  private final Clock clock;
  private final Argon2PasswordEncoder argon2;
  private final HashGate gate;

  /** The hash that stands in for the one of an account that does not exist. */
  private final String nobodysHash;

  Passwords(
      PasswordRows rows,
      Accounts accounts,
      LockOut lockOut,
      SecurityEvents events,
      AdminPasswordFile adminPasswordFile,
      CommonPasswords common,
      PasswordSettings settings,
      PlatformTransactionManager transactions,
      RandomIds ids,
      Clock clock) {
    this.rows = rows;
    this.accounts = accounts;
    this.lockOut = lockOut;
    this.events = events;
    this.adminPasswordFile = adminPasswordFile;
    this.common = common;
    this.settings = settings;
    this.transaction = new TransactionTemplate(transactions);
    this.ids = ids;
    this.clock = clock;
    this.argon2 =
        new Argon2PasswordEncoder(
            SALT_BYTES,
            HASH_BYTES,
            settings.parallelism(),
            settings.memoryKib(),
            settings.iterations());
    Runtime jvm = Runtime.getRuntime();
    this.gate =
        new HashGate(settings.hashesAtOnce(jvm.availableProcessors(), jvm.maxMemory()), PATIENCE);
    this.nobodysHash = encode(ids.base64url(HASH_BYTES));
  }

  /**
   * Checks what someone typed who wants to sign in, and counts it: for the network it came from
   * and, more slowly, for the account wherever it came from; for a browser that is known to be the
   * owner's, for that browser alone. So a stranger who guesses locks out strangers.
   */
  public PasswordCheck check(String username, String password, Attempt from) {
    if (password.length() > LENGTH_MAX || username.length() > LENGTH_MAX) {
      return new PasswordCheck.Wrong();
    }
    String typed = username.strip().toLowerCase(Locale.ROOT);
    return gate.pass(from.network(), () -> checkInside(typed, password, from))
        .orElseGet(PasswordCheck.Busy::new);
  }

  private PasswordCheck checkInside(String username, String password, Attempt from) {
    Optional<Account> account = accounts.byUsername(username);
    boolean known = account.isPresent() && from.knownFor(account.get().id());
    // neither a network nor a browser has a space in its name, so no two keys are alike
    String source =
        (known ? "browser " + from.browser() : "network " + from.network()) + " " + username;
    Optional<Duration> locked = locked(Credential.PASSWORD, source);
    if (locked.isEmpty() && !known) {
      locked = locked(Credential.PASSWORD_ANYWHERE, username);
    }
    if (locked.isPresent()) {
      failed(account, "locked");
      return new PasswordCheck.LockedOut(locked.get());
    }
    Optional<PasswordEntity> row = account.flatMap(found -> rows.findById(found.id()));
    boolean matches = argon2.matches(password, row.map(found -> found.hash).orElse(nobodysHash));
    if (!matches || account.isEmpty() || row.isEmpty()) {
      failed(account, "wrong_password");
      return new PasswordCheck.Wrong();
    }
    lockOut.succeeded(Credential.PASSWORD, source);
    if (!known) {
      lockOut.takeBack(Credential.PASSWORD_ANYWHERE, username);
    }
    if (account.get().suspended()) {
      failed(account, "suspended");
      return new PasswordCheck.Suspended(account.get().id());
    }
    if (argon2.upgradeEncoding(row.get().hash)) {
      upgrade(row.get(), encode(password));
    }
    return new PasswordCheck.Right(account.get().id(), row.get().oneTime, row.get().version);
  }

  /** Whether this is the account's password now; for this server's own use, and not counted. */
  boolean isOf(String username, String password) {
    return accounts
        .byUsername(username)
        .flatMap(account -> rows.findById(account.id()))
        .filter(row -> argon2.matches(password, row.hash))
        .isPresent();
  }

  private Optional<Duration> locked(Credential credential, String key) {
    return switch (lockOut.admit(credential, key)) {
      case Admission.LockedOut(Duration remaining) -> Optional.of(remaining);
      case Admission.Admitted() -> Optional.empty();
    };
  }

  private void failed(Optional<Account> account, String reason) {
    String accountId = account.map(Account::id).orElse(null);
    Actor actor = accountId == null ? Actor.system() : Actor.user(accountId);
    transaction.executeWithoutResult(
        _ -> events.record(actor, new SecurityEvent.SignInFailed(accountId, reason)));
  }

  /** How many characters a new password must have. */
  public int lengthMin() {
    return settings.lengthMin();
  }

  /** Whether this account's password must be replaced at the next sign-in. */
  public boolean oneTime(String accountId) {
    return rows.findById(accountId).map(row -> row.oneTime).orElse(false);
  }

  /** When it was last replaced; empty where there is none, or only a one-time one. */
  public Optional<Instant> changedAt(String accountId) {
    return rows.findById(accountId).filter(row -> !row.oneTime).map(row -> row.changedAt);
  }

  /**
   * The version of an account's password, which grows each time it is replaced; 0 where there is
   * none.
   */
  public long version(String accountId) {
    return rows.findById(accountId).map(row -> row.version).orElse(0L);
  }

  /**
   * Gives a new account a random password, to be replaced when its owner first signs in with it. It
   * is in clear in what this returns and nowhere else. Costs one hash.
   */
  public String giveOneTime(String accountId) {
    String password = ids.base64url(ONE_TIME_BYTES);
    write(accountId, encode(password), true);
    return password;
  }

  /**
   * As {@link #giveOneTime}, for an account whose password may be in the wrong hands: what was
   * begun with the one before ends with it, every session and token, and every sign-in that is half
   * way.
   */
  public String reset(String accountId, Actor actor) {
    String password = ids.base64url(ONE_TIME_BYTES);
    String hash = encode(password);
    transaction.executeWithoutResult(
        _ -> {
          write(accountId, hash, true);
          events.record(actor, new SecurityEvent.PasswordReset(accountId));
          accounts.endSessions(accountId, actor);
        });
    return password;
  }

  /**
   * Gives an account a password that it must replace when it first signs in, or one that it may
   * keep.
   */
  void give(String accountId, String password, boolean oneTime) {
    write(accountId, encode(password), oneTime);
  }

  /**
   * Replaces an account's password by one that its owner chose. The caller has made sure that it is
   * the owner.
   *
   * @param version of the password that the owner has shown
   */
  public PasswordChange replace(Account account, long version, String password) {
    return replace(account, version, password, () -> {});
  }

  /**
   * As {@link #replace(Account, long, String)}, with what ends beside it.
   *
   * @param ending done in the same transaction, under the lock of the account
   */
  public PasswordChange replace(Account account, long version, String password, Runnable ending) {
    PasswordChange.@Nullable Refused refused =
        refusal(password, account.username(), account.displayName(), account.email());
    return refused != null
        ? refused
        : gate.pass(account.id(), () -> replaceInside(account, version, password, ending))
            .orElseGet(PasswordChange.Busy::new);
  }

  /**
   * The first password of an account that its owner is about to make, under the same rules.
   *
   * @param making done in the transaction that keeps the password: makes the account and returns
   *     its id; empty: there is none, and this returns {@code Superseded}
   */
  public PasswordChange first(
      NewAccount account, String password, Supplier<Optional<String>> making) {
    PasswordChange.@Nullable Refused refused =
        refusal(password, account.username(), account.displayName(), account.email());
    return refused != null
        ? refused
        : gate.pass(account.username(), () -> firstInside(password, making))
            .orElseGet(PasswordChange.Busy::new);
  }

  private PasswordChange firstInside(String password, Supplier<Optional<String>> making) {
    String hash = encode(password);
    return Objects.requireNonNull(
        transaction.execute(
            _ ->
                making
                    .get()
                    .<PasswordChange>map(id -> new PasswordChange.Changed(write(id, hash, false)))
                    .orElseGet(PasswordChange.Superseded::new)));
  }

  /** Why this may not be the password of that account; null: it may. */
  private PasswordChange.@Nullable Refused refusal(
      String password, String username, String displayName, @Nullable String email) {
    if (password.length() > LENGTH_MAX) {
      return new PasswordChange.TooLong(LENGTH_MAX);
    }
    if (password.codePointCount(0, password.length()) < settings.lengthMin()) {
      return new PasswordChange.TooShort(settings.lengthMin());
    }
    if (password.toLowerCase(Locale.ROOT).contains(username)
        && password.length() < username.length() + settings.lengthMin()) {
      return new PasswordChange.LikeUsername();
    }
    return common.holds(password, ownWords(username, displayName, email))
        ? new PasswordChange.TooCommon()
        : null;
  }

  /** Those that whoever guesses at this one's password tries before all others. */
  private static List<String> ownWords(
      String username, String displayName, @Nullable String email) {
    List<String> words = new ArrayList<>();
    words.add("sallyport");
    words.add(username);
    Collections.addAll(words, displayName.toLowerCase(Locale.ROOT).split("\\s+", -1));
    if (email != null) {
      Collections.addAll(words, email.toLowerCase(Locale.ROOT).split("[@.]", -1));
    }
    return words;
  }

  private PasswordChange replaceInside(
      Account account, long version, String password, Runnable ending) {
    Optional<PasswordEntity> before = rows.findById(account.id());
    if (before.isPresent() && argon2.matches(password, before.get().hash)) {
      return new PasswordChange.SameAsBefore();
    }
    String hash = encode(password);
    PasswordChange change =
        Objects.requireNonNull(
            transaction.execute(
                _ -> {
                  accounts.lock(account.id());
                  if (version(account.id()) != version) {
                    return new PasswordChange.Superseded();
                  }
                  events.record(
                      Actor.user(account.id()), new SecurityEvent.PasswordChanged(account.id()));
                  ending.run();
                  return new PasswordChange.Changed(write(account.id(), hash, false));
                }));
    if (change instanceof PasswordChange.Changed) {
      adminPasswordFile.forget(account.username());
    }
    return change;
  }

  @EventListener
  void on(EventRecorded recorded) {
    if (recorded.event() instanceof SecurityEvent.AccountClosed closed) {
      rows.remove(closed.accountId());
    }
  }

  /** Returns the version of what was written. */
  private long write(String accountId, String hash, boolean oneTime) {
    return Objects.requireNonNull(
        transaction.execute(
            _ -> {
              accounts.lock(accountId);
              long next = version(accountId) + 1;
              rows.save(new PasswordEntity(accountId, hash, oneTime, clock.instant(), next));
              return next;
            }));
  }

  /** Keeps the same password under a stronger hash, unless another one has come meanwhile. */
  private void upgrade(PasswordEntity checked, String hash) {
    transaction.executeWithoutResult(
        _ -> {
          accounts.lock(checked.accountId);
          if (version(checked.accountId) == checked.version) {
            rows.save(
                new PasswordEntity(
                    checked.accountId, hash, checked.oneTime, clock.instant(), checked.version));
          }
        });
  }

  private String encode(String password) {
    String hash = argon2.encode(password);
    if (hash == null) {
      throw new IllegalStateException("argon2 gave no hash");
    }
    return hash;
  }
}

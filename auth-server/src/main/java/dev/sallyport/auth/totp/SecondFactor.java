package dev.sallyport.auth.totp;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.sallyport.auth.account.Account;
import dev.sallyport.auth.account.Accounts;
import dev.sallyport.auth.account.LockOut;
import dev.sallyport.auth.account.LockOut.Admission;
import dev.sallyport.auth.account.LockOut.Credential;
import dev.sallyport.auth.signal.Actor;
import dev.sallyport.auth.signal.EventRecorded;
import dev.sallyport.auth.signal.SecurityEvent;
import dev.sallyport.auth.signal.SecurityEvents;
import dev.sallyport.auth.vault.Vault;
import java.net.URLEncoder;
import java.security.SecureRandom;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import java.util.function.LongFunction;
import java.util.regex.Pattern;
import org.springframework.context.event.EventListener;
import org.springframework.dao.DataIntegrityViolationException;
import org.springframework.stereotype.Component;
import org.springframework.transaction.PlatformTransactionManager;
import org.springframework.transaction.annotation.Propagation;
import org.springframework.transaction.annotation.Transactional;
import org.springframework.transaction.support.TransactionTemplate;

/**
 * The second factor of every account. A code is accepted once: the step it was made for is kept and
 * only ever grows, by compare-and-set in the database. Five wrong ones, of whichever kind, lock
 * out.
 */
@Component
public class SecondFactor {

  private static final int SECRET_BYTES = 20;
  private static final Pattern CODE = Pattern.compile("[0-9]{" + TimeStepCodes.DIGITS + "}");
  private static final String PURPOSE = "totp/";
  private static final int TYPED_MAX = 64;

  private final TotpRows rows;
  private final RecoveryCodes recoveryCodes;
  private final Accounts accounts;
  private final LockOut lockOut;
  private final SecurityEvents events;
  private final Vault vault;
  private final TotpSettings settings;
  private final SecureRandom random;
  private final Clock clock;
  private final TransactionTemplate transaction;
  private final TimeStepCodes codes = new TimeStepCodes();

  SecondFactor(
      TotpRows rows,
      RecoveryCodes recoveryCodes,
      Accounts accounts,
      LockOut lockOut,
      SecurityEvents events,
      Vault vault,
      TotpSettings settings,
      SecureRandom random,
      Clock clock,
      PlatformTransactionManager transactions) {
    this.rows = rows;
    this.recoveryCodes = recoveryCodes;
    this.accounts = accounts;
    this.lockOut = lockOut;
    this.events = events;
    this.vault = vault;
    this.settings = settings;
    this.random = random;
    this.clock = clock;
    this.transaction = new TransactionTemplate(transactions);
  }

  /** Whether this installation lets nobody in without a second factor. */
  public boolean required() {
    return settings.required();
  }

  public boolean enrolled(String accountId) {
    return rows.existsById(accountId);
  }

  /** When the authenticator was enrolled; empty where there is none. */
  public Optional<Instant> enrolledAt(String accountId) {
    return rows.findById(accountId).map(row -> row.enrolledAt);
  }

  /** How many recovery codes are left. */
  public int recoveryCodesLeft(String accountId) {
    return recoveryCodes.left(accountId);
  }

  /** A new secret for someone who is about to enrol. */
  public EnrolmentOffer offer(Account account) {
    byte[] secret = new byte[SECRET_BYTES];
    random.nextBytes(secret);
    try {
      return new EnrolmentOffer(vault.seal(secret, PURPOSE + account.id()));
    } finally {
      Vault.wipe(secret);
    }
  }

  /** The offered secret as its owner may type it. For the enrolment page only. */
  public String secretText(Account account, EnrolmentOffer offer) {
    return Base32.encode(vault.open(offer.sealedSecret(), PURPOSE + account.id()));
  }

  /** The {@code otpauth} URI of an offer, for the QR code on the enrolment page only. */
  public String otpauthUri(Account account, EnrolmentOffer offer) {
    String issuer = encode(settings.issuerName());
    return "otpauth://totp/%s:%s?secret=%s&issuer=%s&algorithm=SHA1&digits=%d&period=%d"
        .formatted(
            issuer,
            encode(account.username()),
            secretText(account, offer),
            issuer,
            TimeStepCodes.DIGITS,
            TimeStepCodes.STEP.toSeconds());
  }

  /**
   * Enrols the offered secret if the code shows that an authenticator holds it. The code is then
   * spent.
   */
  public Enrolment confirm(Account account, EnrolmentOffer offer, String typed) {
    return confirmed(account, offer, typed, step -> enrol(account, offer, step));
  }

  /**
   * As {@link #confirm}, in place of the authenticator there is, if any: neither its codes nor its
   * recovery codes open anything any longer. The caller has made sure that it is the owner.
   *
   * @param ending done in the same transaction, under the lock of the account
   */
  public Enrolment replace(Account account, EnrolmentOffer offer, String typed, Runnable ending) {
    return confirmed(account, offer, typed, step -> replace(account, offer, step, ending));
  }

  private Enrolment confirmed(
      Account account, EnrolmentOffer offer, String typed, LongFunction<Enrolment> enrolling) {
    switch (lockOut.admit(Credential.SECOND_FACTOR, account.id())) {
      case Admission.LockedOut(Duration remaining) -> {
        failed(account.id(), "locked");
        return new Enrolment.LockedOut(remaining);
      }
      case Admission.Admitted() -> {}
    }
    byte[] secret = vault.open(offer.sealedSecret(), PURPOSE + account.id());
    return switch (match(secret, typed, -1)) {
      case TimeStepCodes.Match.None(), TimeStepCodes.Match.Spent() -> {
        failed(account.id(), "wrong_code");
        yield new Enrolment.WrongCode();
      }
      case TimeStepCodes.Match.Fresh(long step) -> enrolling.apply(step);
    };
  }

  private Enrolment enrol(Account account, EnrolmentOffer offer, long step) {
    try {
      List<String> recovery = transaction.execute(_ -> write(account.id(), offer, step));
      lockOut.succeeded(Credential.SECOND_FACTOR, account.id());
      return new Enrolment.Enrolled(recovery);
    } catch (DataIntegrityViolationException e) {
      return new Enrolment.AlreadyEnrolled();
    }
  }

  private Enrolment replace(Account account, EnrolmentOffer offer, long step, Runnable ending) {
    List<String> recovery =
        transaction.execute(
            _ -> {
              accounts.lock(account.id());
              if (rows.remove(account.id()) == 1) {
                removed(account.id(), Actor.user(account.id()));
              }
              List<String> renewed = write(account.id(), offer, step);
              ending.run();
              return renewed;
            });
    lockOut.succeeded(Credential.SECOND_FACTOR, account.id());
    return new Enrolment.Enrolled(recovery);
  }

  private List<String> write(String accountId, EnrolmentOffer offer, long step) {
    rows.insert(accountId, offer.sealedSecret(), clock.instant(), step);
    List<String> recovery = recoveryCodes.renew(accountId);
    enrolled(accountId, "otp");
    enrolled(accountId, "recovery_code");
    return recovery;
  }

  @EventListener
  void on(EventRecorded recorded) {
    if (recorded.event() instanceof SecurityEvent.AccountClosed closed) {
      rows.remove(closed.accountId());
      recoveryCodes.forget(closed.accountId());
    }
  }

  private void removed(String accountId, Actor actor) {
    events.record(actor, new SecurityEvent.FactorRemoved(accountId, "otp"));
    events.record(actor, new SecurityEvent.FactorRemoved(accountId, "recovery_code"));
  }

  /**
   * Removes authenticator and recovery codes of someone who lost them, and ends every session: the
   * next sign-in enrols anew. Whoever has the password can do that, so an admin who is not sure of
   * it gives a one-time password too. Returns whether there was anything to remove.
   */
  public boolean reset(String accountId, Actor actor) {
    boolean reset =
        Boolean.TRUE.equals(
            transaction.execute(
                _ -> {
                  accounts.lock(accountId);
                  if (rows.remove(accountId) == 0) {
                    return false;
                  }
                  recoveryCodes.forget(accountId);
                  removed(accountId, actor);
                  accounts.endSessions(accountId, actor);
                  return true;
                }));
    if (reset) {
      lockOut.succeeded(Credential.SECOND_FACTOR, accountId);
    }
    return reset;
  }

  /**
   * The owner gives up the authenticator, since there is another second factor. The recovery codes
   * stay, for that one. The caller has made sure that it is the owner.
   *
   * @param keeping asked in the same transaction, under the lock of the account: whether another
   *     one is there
   */
  public boolean remove(String accountId, BooleanSupplier keeping) {
    return Boolean.TRUE.equals(
        transaction.execute(
            _ -> {
              accounts.lock(accountId);
              if (!keeping.getAsBoolean() || rows.remove(accountId) == 0) {
                return false;
              }
              events.record(
                  Actor.user(accountId), new SecurityEvent.FactorRemoved(accountId, "otp"));
              return true;
            }));
  }

  /** Nothing is left for which a recovery code could stand in. */
  @Transactional(propagation = Propagation.MANDATORY)
  public void forgetRecoveryCodes(String accountId, Actor actor) {
    if (recoveryCodes.left(accountId) > 0) {
      recoveryCodes.forget(accountId);
      events.record(actor, new SecurityEvent.FactorRemoved(accountId, "recovery_code"));
    }
  }

  /** Checks a code from the authenticator, counts it, and spends it when it is right. */
  public CodeCheck check(String accountId, String typed) {
    Optional<TotpEntity> row = rows.findById(accountId);
    if (row.isEmpty()) {
      return new CodeCheck.NotEnrolled();
    }
    switch (lockOut.admit(Credential.SECOND_FACTOR, accountId)) {
      case Admission.LockedOut(Duration remaining) -> {
        failed(accountId, "locked");
        return new CodeCheck.LockedOut(remaining);
      }
      case Admission.Admitted() -> {}
    }
    byte[] secret = vault.open(row.get().secret, PURPOSE + accountId);
    return switch (match(secret, typed, row.get().lastStep)) {
      case TimeStepCodes.Match.None() -> {
        failed(accountId, "wrong_code");
        yield new CodeCheck.Wrong();
      }
      case TimeStepCodes.Match.Spent() -> {
        failed(accountId, "code_reused");
        yield new CodeCheck.UsedBefore();
      }
      case TimeStepCodes.Match.Fresh(long step) -> spend(accountId, step);
    };
  }

  private CodeCheck spend(String accountId, long step) {
    Integer spent = transaction.execute(_ -> rows.spend(accountId, step));
    if (spent != 1) {
      failed(accountId, "code_reused");
      return new CodeCheck.UsedBefore();
    }
    lockOut.succeeded(Credential.SECOND_FACTOR, accountId);
    return new CodeCheck.Right();
  }

  /** Checks a recovery code, counts it, and spends it when it is right. */
  public CodeCheck checkRecovery(String accountId, String typed) {
    if (!rows.existsById(accountId) && recoveryCodes.left(accountId) == 0) {
      return new CodeCheck.NotEnrolled();
    }
    switch (lockOut.admit(Credential.SECOND_FACTOR, accountId)) {
      case Admission.LockedOut(Duration remaining) -> {
        failed(accountId, "locked");
        return new CodeCheck.LockedOut(remaining);
      }
      case Admission.Admitted() -> {}
    }
    if (typed.length() > TYPED_MAX || !spendRecovery(accountId, typed)) {
      failed(accountId, "wrong_code");
      return new CodeCheck.Wrong();
    }
    lockOut.succeeded(Credential.SECOND_FACTOR, accountId);
    return new CodeCheck.Right();
  }

  private boolean spendRecovery(String accountId, String typed) {
    return Boolean.TRUE.equals(
        transaction.execute(
            _ -> {
              boolean spent = recoveryCodes.spend(accountId, typed);
              if (spent) {
                events.record(
                    Actor.user(accountId),
                    new SecurityEvent.RecoveryCodeUsed(accountId, recoveryCodes.left(accountId)));
              }
              return spent;
            }));
  }

  /**
   * Recovery codes for someone who has set up a second factor of another kind, such as a passkey;
   * none where there are some already, of which any is left.
   */
  public List<String> firstRecoveryCodes(String accountId) {
    return transaction.execute(
        _ -> {
          accounts.lock(accountId);
          return recoveryCodes.left(accountId) > 0 ? List.of() : renewRecoveryCodes(accountId);
        });
  }

  /**
   * New recovery codes in place of the old ones. The caller has made sure that it is the owner, by
   * a code or another factor.
   */
  public List<String> renewRecoveryCodes(String accountId) {
    return transaction.execute(
        _ -> {
          if (recoveryCodes.left(accountId) > 0) {
            events.record(
                Actor.user(accountId), new SecurityEvent.FactorRemoved(accountId, "recovery_code"));
          }
          List<String> renewed = recoveryCodes.renew(accountId);
          enrolled(accountId, "recovery_code");
          return renewed;
        });
  }

  private void enrolled(String accountId, String factor) {
    events.record(Actor.user(accountId), new SecurityEvent.FactorEnrolled(accountId, factor));
  }

  private void failed(String accountId, String reason) {
    transaction.executeWithoutResult(
        _ ->
            events.record(
                Actor.user(accountId), new SecurityEvent.SignInFailed(accountId, reason)));
  }

  private TimeStepCodes.Match match(byte[] secret, String typed, long lastStep) {
    try {
      String code = typed.length() > TYPED_MAX ? "" : typed.replaceAll("\\s", "");
      if (!CODE.matcher(code).matches()) {
        return new TimeStepCodes.Match.None();
      }
      return codes.match(secret, code, clock.instant(), lastStep);
    } finally {
      Vault.wipe(secret);
    }
  }

  /** Percent-encoding as authenticator apps expect it: a space is {@code %20}. */
  private static String encode(String text) {
    return URLEncoder.encode(text, UTF_8).replace("+", "%20");
  }
}

package dev.sallyport.auth.recovery;

import dev.sallyport.auth.account.Account;
import dev.sallyport.auth.account.Accounts;
import dev.sallyport.auth.installation.Installation;
import dev.sallyport.auth.mail.Letter;
import dev.sallyport.auth.mail.Mail;
import dev.sallyport.auth.password.PasswordChange;
import dev.sallyport.auth.password.Passwords;
import dev.sallyport.auth.recovery.MailLink.Purpose;
import dev.sallyport.auth.signal.Actor;
import dev.sallyport.auth.signal.SecurityEvent;
import dev.sallyport.auth.signal.SecurityEvents;
import jakarta.annotation.PreDestroy;
import java.time.Clock;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import org.springframework.stereotype.Component;
import org.springframework.transaction.PlatformTransactionManager;
import org.springframework.transaction.support.TransactionTemplate;

/** Sends links by mail, and does what they are good for. */
@Component
public class Recovery {

  /** What came of asking for a link to an address of one's own. */
  public enum Sending {
    SENT,
    /** It is no address. */
    NOT_PERMITTED,
    /** So many were sent of late that this one was not. */
    TOO_MANY
  }

  private static final Duration PASSWORD_LIFE = Duration.ofMinutes(30);
  private static final Duration EMAIL_LIFE = Duration.ofHours(24);
  private static final Duration INVITATION_LIFE = Duration.ofDays(7);

  /** Nobody needs more, and a stranger shall not fill someone's letter box. */
  private static final int LINKS_MAX = 3;

  private static final Duration LINKS_PERIOD = Duration.ofMinutes(30);

  /** Requests for a new password that wait to be looked at. */
  private static final int ASKED_MAX = 200;

  private static final int TYPED_MAX = 254;

  private final Accounts accounts;
  private final Passwords passwords;
  private final MailLinks links;
  private final Mail mail;
  private final SecurityEvents events;
  private final Installation installation;
  private final Clock clock;
  private final TransactionTemplate transaction;

  /** One thread: what is asked for here is not urgent, and anyone may ask. */
  private final ExecutorService asked =
      new ThreadPoolExecutor(
          1,
          1,
          0,
          TimeUnit.SECONDS,
          new ArrayBlockingQueue<>(ASKED_MAX),
          Thread.ofPlatform().daemon().name("recovery").factory());

  Recovery(
      Accounts accounts,
      Passwords passwords,
      MailLinks links,
      Mail mail,
      SecurityEvents events,
      Installation installation,
      Clock clock,
      PlatformTransactionManager transactions) {
    this.accounts = accounts;
    this.passwords = passwords;
    this.links = links;
    this.mail = mail;
    this.events = events;
    this.installation = installation;
    this.clock = clock;
    this.transaction = new TransactionTemplate(transactions);
  }

  @PreDestroy
  void stop() {
    asked.shutdown();
  }

  /** Whether there is mail, and so any of this. */
  public boolean on() {
    return mail.on();
  }

  /**
   * Someone says to have forgotten a password. Returns at once and before anything is looked up, so
   * that neither the answer nor its time says whether there is such an account; false: too many ask
   * at once.
   *
   * @param typed a username, or an address that its owner has confirmed
   */
  public boolean forgotten(String typed) {
    if (!on() || typed.isBlank() || typed.length() > TYPED_MAX) {
      return true;
    }
    try {
      asked.execute(() -> lookUp(typed.strip()));
      return true;
    } catch (RejectedExecutionException e) {
      return false;
    }
  }

  private void lookUp(String typed) {
    Map<String, Account> found = new LinkedHashMap<>();
    accounts.byUsername(typed).ifPresent(account -> found.put(account.id(), account));
    if (Accounts.permittedEmail(typed)) {
      accounts.byVerifiedEmail(typed).forEach(account -> found.put(account.id(), account));
    }
    found.values().stream()
        .filter(account -> account.emailVerified() && !account.suspended())
        .forEach(account -> transaction.executeWithoutResult(_ -> sendPasswordLink(account)));
  }

  private void sendPasswordLink(Account account) {
    accounts.lock(account.id());
    String email = account.email();
    if (email == null || tooMany(account.id())) {
      return;
    }
    String url = link(Purpose.PASSWORD, account, email, PASSWORD_LIFE);
    mail.send(
        new Letter(
            email,
            "Choose a new password",
            """
            Hello %s,

            someone, we hope you, asked for a new password for the account `%s`. To choose one, open
            this link within 30 minutes; it works once:

            %s

            All your sessions end with the old password, and your second factor stays. If it was not
            you, do nothing: nothing has changed.
            """
                .formatted(account.displayName(), account.username(), url)));
    events.record(Actor.system(), new SecurityEvent.RecoveryRequested(account.id()));
  }

  private boolean tooMany(String accountId) {
    return links.madeSince(accountId, clock.instant().minus(LINKS_PERIOD)) >= LINKS_MAX;
  }

  private String link(Purpose purpose, Account account, String email, Duration life) {
    MailLink link = new MailLink(purpose, account.id(), email, passwords.version(account.id()));
    return installation.issuer() + "/login/link?token=" + links.make(link, life);
  }

  /**
   * Sends someone whom an admin has given an account a link to choose the first password, which
   * confirms the address too. In the caller's transaction, or its own.
   *
   * @param account has an address
   */
  public void invite(Account account, Actor actor) {
    String email = account.email();
    if (email == null) {
      throw new IllegalArgumentException("someone without an address cannot be invited");
    }
    transaction.executeWithoutResult(
        _ -> {
          String url = link(Purpose.INVITATION, account, email, INVITATION_LIFE);
          mail.send(
              new Letter(
                  email,
                  "Your account is ready",
                  """
                  Hello %s,

                  there is an account for you, `%s`. To choose its password, open this link within
                  seven days; it works once:

                  %s
                  """
                      .formatted(account.displayName(), account.username(), url)));
          events.record(actor, new SecurityEvent.Invited(account.id()));
        });
  }

  /** Sends a link to an address that the owner of an account says is theirs. */
  public Sending confirmEmail(Account account, String email) {
    if (!Accounts.permittedEmail(email)) {
      return Sending.NOT_PERMITTED;
    }
    String to = email.strip().toLowerCase(Locale.ROOT);
    return transaction.execute(
        _ -> {
          accounts.lock(account.id());
          if (tooMany(account.id())) {
            return Sending.TOO_MANY;
          }
          String url = link(Purpose.EMAIL, account, to, EMAIL_LIFE);
          mail.send(
              new Letter(
                  to,
                  "Confirm your address",
                  """
                  Hello %s,

                  to confirm that this is the address of the account `%s`, open this link within a
                  day:

                  %s

                  If you have no such account, do nothing.
                  """
                      .formatted(account.displayName(), account.username(), url)));
          return Sending.SENT;
        });
  }

  /** The link of this token, if it is good and its account still is. */
  public Optional<MailLink> link(String token) {
    return links
        .find(token)
        .filter(link -> accounts.byId(link.accountId()).filter(a -> !a.suspended()).isPresent())
        .filter(
            link ->
                link.purpose() == Purpose.EMAIL
                    || link.passwordVersion() == passwords.version(link.accountId()));
  }

  /**
   * Sets the password that the owner chose who followed a link, and ends every session. {@code
   * Superseded}: the link is no longer good.
   */
  public PasswordChange choosePassword(String token, String password) {
    Optional<MailLink> found = link(token).filter(link -> link.purpose() != Purpose.EMAIL);
    Optional<Account> account = found.flatMap(link -> accounts.byId(link.accountId()));
    if (found.isEmpty() || account.isEmpty()) {
      return new PasswordChange.Superseded();
    }
    MailLink link = found.get();
    Actor owner = Actor.user(link.accountId());
    try {
      return passwords.replace(
          account.get(),
          link.passwordVersion(),
          password,
          () -> {
            if (!links.spend(token)) {
              throw new Spent();
            }
            if (link.purpose() == Purpose.INVITATION) {
              accounts.verified(link.accountId(), link.email(), owner);
            }
            accounts.endSessions(link.accountId(), owner);
          });
    } catch (Spent e) {
      return new PasswordChange.Superseded();
    }
  }

  /** Two used it at the same moment: rolls the second back. */
  private static final class Spent extends RuntimeException {
    private static final long serialVersionUID = 1;

    Spent() {
      super("the link was used meanwhile", null, false, false);
    }
  }

  /**
   * The one who followed a link confirms the address it was sent to, which is the account's from
   * now on; false: the link is no longer good. The address before, if it was confirmed, is told.
   */
  public boolean confirmEmail(String token) {
    return Boolean.TRUE.equals(
        transaction.execute(
            _ -> {
              Optional<MailLink> found =
                  link(token).filter(link -> link.purpose() == Purpose.EMAIL);
              if (found.isEmpty() || !links.spend(token)) {
                return false;
              }
              MailLink link = found.get();
              Optional<Account> before = accounts.lock(link.accountId());
              accounts.verified(link.accountId(), link.email(), Actor.user(link.accountId()));
              before
                  .filter(Account::emailVerified)
                  .ifPresent(account -> tellBefore(account, link.email()));
              return true;
            }));
  }

  private void tellBefore(Account account, String now) {
    String email = account.email();
    if (email == null || email.equals(now)) {
      return;
    }
    mail.send(
        new Letter(
            email,
            "Your account has another address",
            """
            Hello %s,

            the account `%s` has another e-mail address from now on, and you will not hear of it at
            this one any longer. If this was not you, change your password and tell your
            administrator.
            """
                .formatted(account.displayName(), account.username())));
  }
}

package dev.sallyport.auth.signup;

import dev.sallyport.auth.account.Account;
import dev.sallyport.auth.account.Accounts;
import dev.sallyport.auth.account.Creation;
import dev.sallyport.auth.account.LockOut;
import dev.sallyport.auth.account.LockOut.Admission;
import dev.sallyport.auth.account.LockOut.Credential;
import dev.sallyport.auth.account.NewAccount;
import dev.sallyport.auth.installation.Installation;
import dev.sallyport.auth.installation.SettingRefused;
import dev.sallyport.auth.limit.Network;
import dev.sallyport.auth.mail.Letter;
import dev.sallyport.auth.mail.Mail;
import dev.sallyport.auth.password.PasswordChange;
import dev.sallyport.auth.password.Passwords;
import dev.sallyport.auth.recovery.Recovery;
import dev.sallyport.auth.signal.Actor;
import dev.sallyport.auth.signal.SecurityEvent;
import dev.sallyport.auth.signal.SecurityEvents;
import jakarta.annotation.PreDestroy;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.dao.DataIntegrityViolationException;
import org.springframework.stereotype.Component;
import org.springframework.transaction.PlatformTransactionManager;
import org.springframework.transaction.support.TransactionTemplate;

/** From an address to an account of its owner. */
@Component
public class SignUp {

  private static final Logger LOG = LoggerFactory.getLogger(SignUp.class);

  private static final Duration LINK_LIFE = Duration.ofHours(24);

  /** Requests that wait to be looked at. */
  private static final int ASKED_MAX = 200;

  private static final Duration BUSY = Duration.ofSeconds(2);
  private static final int TYPED_MAX = 254;

  /**
   * It stands beside other people's messages: one line, read in the order in which it is written.
   */
  private static final Pattern NAME =
      Pattern.compile(
          "[^\\p{Cc}\\u2028\\u2029\\u200e\\u200f\\u202a-\\u202e\\u2066-\\u2069]{1,128}");

  private final SignUpSettings settings;
  private final SignUpLinks links;
  private final Accounts accounts;
  private final Passwords passwords;
  private final Recovery recovery;
  private final LockOut lockOut;
  private final Mail mail;
  private final SecurityEvents events;
  private final Installation installation;
  private final TransactionTemplate transaction;

  /** One thread: what is asked for here is not urgent, and anyone may ask. */
  private final ExecutorService asked =
      new ThreadPoolExecutor(
          1,
          1,
          0,
          TimeUnit.SECONDS,
          new ArrayBlockingQueue<>(ASKED_MAX),
          Thread.ofPlatform().daemon().name("sign-up").factory());

  SignUp(
      SignUpSettings settings,
      SignUpLinks links,
      Accounts accounts,
      Passwords passwords,
      Recovery recovery,
      LockOut lockOut,
      Mail mail,
      SecurityEvents events,
      Installation installation,
      PlatformTransactionManager transactions) {
    if (settings.on() && !mail.on()) {
      throw new SettingRefused(
          "`sallyport.sign-up.email-domains` needs mail, by which addresses are confirmed: set"
              + " `spring.mail.host` and `sallyport.mail.from`, or `sallyport.mail.folder`");
    }
    this.settings = settings;
    this.links = links;
    this.accounts = accounts;
    this.passwords = passwords;
    this.recovery = recovery;
    this.lockOut = lockOut;
    this.mail = mail;
    this.events = events;
    this.installation = installation;
    this.transaction = new TransactionTemplate(transactions);
  }

  @PreDestroy
  void stop() {
    asked.shutdown();
  }

  /** Whether people may make accounts here. */
  public boolean on() {
    return settings.on();
  }

  /** Of which domains an address must be; none named: of any. */
  public List<String> domains() {
    return settings.named();
  }

  /**
   * Someone wants an account with this address. Returns before anything is looked up, so that
   * neither the answer nor its time says whether there is one.
   *
   * @param address from which the request came
   */
  public Asked ask(String typed, String address) {
    String email = typed.strip().toLowerCase(Locale.ROOT);
    if (!on() || email.length() > TYPED_MAX || !Accounts.permittedEmail(email)) {
      return new Asked.NotPermitted();
    }
    if (!settings.permits(email)) {
      return new Asked.OtherDomain();
    }
    if (!Accounts.permittedUsername(email)) {
      return new Asked.NotPermitted();
    }
    if (lockOut.admit(Credential.SIGN_UP_OF_NETWORK, Network.of(address))
        instanceof Admission.LockedOut(Duration remaining)) {
      return new Asked.TooMany(remaining);
    }
    try {
      asked.execute(() -> answer(email));
      return new Asked.Accepted();
    } catch (RejectedExecutionException e) {
      return new Asked.TooMany(BUSY);
    }
  }

  /** Says by mail what is true. So many letters to one address, whatever is in them. */
  private void answer(String email) {
    try {
      if (lockOut.admit(Credential.SIGN_UP, email) instanceof Admission.LockedOut) {
        return;
      }
      transaction.executeWithoutResult(_ -> answerInside(email));
    } catch (RuntimeException e) {
      LOG.warn("a request to sign up came to nothing: {}", e.getClass().getSimpleName());
    }
  }

  private void answerInside(String email) {
    List<Account> owners = accounts.byVerifiedEmail(email);
    Optional<Account> invited =
        accounts
            .byUnverifiedEmail(email)
            .filter(account -> !account.suspended() && passwords.version(account.id()) == 0);
    if (!owners.isEmpty()) {
      tellOwner(owners.getFirst(), email);
    } else if (invited.isPresent()) {
      recovery.invite(invited.get(), Actor.system());
    } else if (accounts.byUsername(email).isPresent()) {
      tellTaken(email);
    } else {
      sendLink(email);
    }
  }

  private void tellOwner(Account owner, String email) {
    mail.send(
        new Letter(
            email,
            "You have an account already",
            """
            Hello %s,

            someone, we hope you, wanted to make an account with this address. There is one already,
            `%s`. Sign in with it at
            %s/login

            If you have forgotten its password, choose a new one at
            %s/login/forgotten

            If it was not you, do nothing: nothing has changed.
            """
                .formatted(
                    owner.displayName(),
                    owner.username(),
                    installation.issuer(),
                    installation.issuer())));
  }

  /** There is an account of that username, whose address nobody has confirmed. */
  private void tellTaken(String email) {
    mail.send(
        new Letter(
            email,
            "You cannot make an account with this address",
            """
            Hello,

            someone, we hope you, wanted to make an account with this address. There is one of that
            name already. Ask your administrator, who can invite you to it.

            If it was not you, do nothing: nothing has changed.
            """));
  }

  private void sendLink(String email) {
    String url =
        installation.issuer() + "/login/sign-up/link?token=" + links.make(email, LINK_LIFE);
    mail.send(
        new Letter(
            email,
            "Make your account",
            """
            Hello,

            someone, we hope you, wanted to make an account with this address. To make it, open this
            link within a day; it works once:

            %s

            If it was not you, do nothing: there is no account, and none will be made.
            """
                .formatted(url)));
  }

  /** The address that the link of this token was sent to, if it is good. */
  public Optional<String> link(String token) {
    return on() ? links.find(token) : Optional.empty();
  }

  /**
   * Makes the account of the one who followed the link, with an address that is confirmed.
   *
   * @param address from which the request came
   */
  public Making make(String token, String displayName, String password, String address) {
    Optional<String> email = link(token);
    if (email.isEmpty()) {
      return new Making.Gone();
    }
    NewAccount account =
        new NewAccount(email.get(), displayName, email.get(), settings.roles(), Set.of(), Map.of());
    if (!NAME.matcher(displayName).matches() || !Accounts.permitted(account)) {
      return new Making.NameNotPermitted();
    }
    try {
      return switch (passwords.first(account, password, () -> makeInside(token, account))) {
        case PasswordChange.Changed _ -> {
          // a class that signs up behind one address is not kept out by its own number
          lockOut.takeBack(Credential.SIGN_UP_OF_NETWORK, Network.of(address));
          yield new Making.Made(email.get());
        }
        case PasswordChange.Superseded() -> new Making.Gone();
        case PasswordChange.Refused why -> new Making.PasswordRefused(why);
      };
    } catch (DataIntegrityViolationException | Spent e) {
      // two made it at the same moment
      return new Making.Gone();
    }
  }

  /**
   * The username is the address, and unique: of two links to one address, used at the same moment,
   * the second waits here for the first, and no row of the links is locked before that.
   */
  private Optional<String> makeInside(String token, NewAccount wanted) {
    String email = wanted.username();
    if (!accounts.byVerifiedEmail(email).isEmpty()
        || !(accounts.create(wanted, Actor.system()) instanceof Creation.Created(Account made))) {
      return Optional.empty();
    }
    if (!links.spend(token)) {
      throw new Spent();
    }
    links.forget(email);
    Actor owner = Actor.user(made.id());
    accounts.verified(made.id(), email, owner);
    events.record(owner, new SecurityEvent.FactorEnrolled(made.id(), "pwd"));
    return Optional.of(made.id());
  }

  /** It was used, or its time ended, since it was looked at: rolls the account back. */
  private static final class Spent extends RuntimeException {
    private static final long serialVersionUID = 1;

    Spent() {
      super("the link was used meanwhile", null, false, false);
    }
  }
}

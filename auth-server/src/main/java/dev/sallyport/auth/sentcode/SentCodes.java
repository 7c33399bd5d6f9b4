package dev.sallyport.auth.sentcode;

import static java.nio.charset.StandardCharsets.US_ASCII;

import dev.sallyport.auth.account.Account;
import dev.sallyport.auth.account.Accounts;
import dev.sallyport.auth.account.LockOut;
import dev.sallyport.auth.account.LockOut.Admission;
import dev.sallyport.auth.account.LockOut.Credential;
import dev.sallyport.auth.installation.Installation;
import dev.sallyport.auth.installation.SettingRefused;
import dev.sallyport.auth.mail.Letter;
import dev.sallyport.auth.mail.Mail;
import dev.sallyport.auth.session.Assurance;
import dev.sallyport.auth.session.MoreAssurance;
import dev.sallyport.auth.signal.Actor;
import dev.sallyport.auth.signal.EventRecorded;
import dev.sallyport.auth.signal.SecurityEvent;
import dev.sallyport.auth.signal.SecurityEvents;
import dev.sallyport.auth.vault.RandomIds;
import dev.sallyport.auth.vault.Vault;
import java.security.SecureRandom;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.springframework.context.event.EventListener;
import org.springframework.dao.DataIntegrityViolationException;
import org.springframework.scheduling.annotation.Scheduled;
import org.springframework.stereotype.Component;
import org.springframework.transaction.PlatformTransactionManager;
import org.springframework.transaction.annotation.Propagation;
import org.springframework.transaction.annotation.Transactional;
import org.springframework.transaction.support.TransactionTemplate;

/** The codes that are sent, and where people let them be sent. */
@Component
public class SentCodes implements MoreAssurance {

  /** What a code is sent for: it is good for nothing else. */
  public enum Purpose {
    /** The second factor of a sign-in. */
    SIGN_IN,
    /** A factor shown once more by someone who is signed in. */
    CONFIRM,
    /** That a way to send codes works. */
    ENROL
  }

  private static final Duration LIFE = Duration.ofMinutes(5);
  private static final int TRIES_MAX = 3;
  private static final int DIGITS = 6;
  private static final int CODES = 1_000_000;
  private static final int ID_BYTES = 32;
  private static final int ID_LENGTH = 43;
  private static final int TYPED_MAX = 64;
  private static final Pattern CODE = Pattern.compile("[0-9]{" + DIGITS + "}");

  /** E.164, where nothing shorter than eight digits is a mobile phone. */
  private static final Pattern PHONE = Pattern.compile("\\+[1-9][0-9]{7,14}");

  private static final String HASH = "sent-code/";

  private final CodeSettings settings;
  private final SentCodeRows rows;
  private final SmsWebhook webhook;
  private final Mail mail;
  private final Accounts accounts;
  private final LockOut lockOut;
  private final SecurityEvents events;
  private final Installation installation;
  private final Vault vault;
  private final RandomIds ids;
  private final SecureRandom random;
  private final Clock clock;
  private final TransactionTemplate transaction;

  SentCodes(
      CodeSettings settings,
      SentCodeRows rows,
      SmsWebhook webhook,
      Mail mail,
      Accounts accounts,
      LockOut lockOut,
      SecurityEvents events,
      Installation installation,
      Vault vault,
      RandomIds ids,
      SecureRandom random,
      Clock clock,
      PlatformTransactionManager transactions) {
    if (settings.email() && !mail.on()) {
      throw new SettingRefused(
          "`sallyport.codes.email` needs mail: set `spring.mail.host` and `sallyport.mail.from`, or"
              + " `sallyport.mail.folder`");
    }
    this.settings = settings;
    this.rows = rows;
    this.webhook = webhook;
    this.mail = mail;
    this.accounts = accounts;
    this.lockOut = lockOut;
    this.events = events;
    this.installation = installation;
    this.vault = vault;
    this.ids = ids;
    this.random = random;
    this.clock = clock;
    this.transaction = new TransactionTemplate(transactions);
  }

  /** The ways that this installation has; usually none. */
  public List<Channel> channels() {
    List<Channel> channels = new ArrayList<>();
    if (settings.email()) {
      channels.add(Channel.EMAIL);
    }
    if (webhook.on()) {
      channels.add(Channel.SMS);
    }
    return List.copyOf(channels);
  }

  @Override
  public List<String> acrs() {
    return channels().isEmpty() || countAsTwoFactors() ? List.of() : List.of(Assurance.SENT_CODE);
  }

  /** Whether they are sent to people who have a stronger factor, too. */
  public boolean besideStronger() {
    return settings.besideStronger();
  }

  /** Whether a sign-in with such a code counts as one with two factors. */
  public boolean countAsTwoFactors() {
    return settings.countAsTwoFactors();
  }

  /** What an account has and can use: an address that is no longer confirmed is none. */
  public List<SentFactor> ofAccount(String accountId) {
    List<Channel> on = channels();
    if (on.isEmpty()) {
      return List.of();
    }
    Optional<Account> account = accounts.byId(accountId);
    List<SentFactor> usable = new ArrayList<>();
    for (SentCodeRows.Factor factor : rows.factors(accountId)) {
      String to = factor.phone() != null ? factor.phone() : email(account).orElse(null);
      if (on.contains(factor.channel()) && to != null) {
        usable.add(
            new SentFactor(factor.channel(), masked(factor.channel(), to), factor.confirmedAt()));
      }
    }
    return List.copyOf(usable);
  }

  /** The ways that this account could set up: those it has not yet, and another phone. */
  public List<Channel> settable(String accountId) {
    List<Channel> there = rows.factors(accountId).stream().map(one -> one.channel()).toList();
    boolean address = email(accounts.byId(accountId)).isPresent();
    return channels().stream()
        .filter(channel -> channel == Channel.SMS || (address && !there.contains(channel)))
        .toList();
  }

  private static Optional<String> email(Optional<Account> account) {
    return account.filter(Account::emailVerified).map(Account::email);
  }

  /** Sends a code to a way that its owner has confirmed. */
  public Sending send(String accountId, Channel channel, Purpose purpose) {
    return rows.factors(accountId).stream()
        .filter(factor -> factor.channel() == channel)
        .findFirst()
        .map(factor -> send(accountId, channel, factor.phone(), purpose))
        .orElseGet(Sending.NotPermitted::new);
  }

  /**
   * Sends a code to where codes are to be sent from now on.
   *
   * @param phone as it was typed; for e-mail, nothing: it is the account's address
   */
  public Sending sendToEnrol(String accountId, Channel channel, String phone) {
    if (channel == Channel.EMAIL) {
      return send(accountId, channel, null, Purpose.ENROL);
    }
    String number = phone.length() > TYPED_MAX ? "" : phone.replaceAll("[\\s()./-]", "");
    number = number.startsWith("00") ? "+" + number.substring(2) : number;
    return PHONE.matcher(number).matches()
        ? send(accountId, channel, number, Purpose.ENROL)
        : new Sending.NotPermitted();
  }

  private Sending send(String accountId, Channel channel, @Nullable String phone, Purpose purpose) {
    String to = phone != null ? phone : email(accounts.byId(accountId)).orElse(null);
    if (to == null || !channels().contains(channel)) {
      return new Sending.NotPermitted();
    }
    // by who asks and by where to: each could be many of the other. By network, `web` counts
    Optional<Duration> wait =
        wait(Credential.CODE_SENT, accountId)
            .or(() -> wait(Credential.CODE_SENT, place(channel, to)));
    if (wait.isPresent()) {
      return new Sending.TooMany(wait.get());
    }
    String id = ids.base64url(ID_BYTES);
    String code = ("%0" + DIGITS + "d").formatted(random.nextInt(CODES));
    try {
      transaction.executeWithoutResult(
          _ -> {
            accounts.lock(accountId);
            rows.insert(
                new SentCodeRows.Code(id, accountId, purpose.name(), channel, phone),
                hash(id, code),
                clock.instant().plus(LIFE));
            if (channel == Channel.EMAIL) {
              mail.send(letter(to, code));
            }
          });
    } catch (DataIntegrityViolationException e) {
      // the account was closed meanwhile
      return new Sending.NotPermitted();
    }
    return channel == Channel.EMAIL || webhook.send(to, code, text(code))
        ? new Sending.Sent(id, masked(channel, to))
        : new Sending.Failed();
  }

  private Optional<Duration> wait(Credential credential, String key) {
    return lockOut.admit(credential, key) instanceof Admission.LockedOut(Duration remaining)
        ? Optional.of(remaining)
        : Optional.empty();
  }

  private static Letter letter(String to, String code) {
    return new Letter(
        to,
        "Your code",
        """
        Your code is

        %s

        It is good for five minutes, in the browser that asked for it. If you did not ask for it,
        someone may know your password: change it. Nobody of us will ever ask you for a code.
        """
            .formatted(code));
  }

  /** One SMS; its last line lets browsers type the code at the site that it names and no other. */
  private String text(String code) {
    return "%s is your code. Give it to nobody.\n\n@%s #%s"
        .formatted(code, installation.issuer().getHost(), code);
  }

  /** Checks a code, counts it, and spends it when it is right. */
  public SentCheck check(String accountId, String id, Purpose purpose, String typed) {
    if (lockOut.admit(Credential.SECOND_FACTOR, accountId)
        instanceof Admission.LockedOut(Duration remaining)) {
      failed(accountId, "locked");
      return new SentCheck.LockedOut(remaining);
    }
    Optional<SentCodeRows.Code> code =
        id.length() == ID_LENGTH ? counted(accountId, id, purpose) : Optional.empty();
    if (code.isEmpty()) {
      // nothing was guessed at
      lockOut.takeBack(Credential.SECOND_FACTOR, accountId);
      return new SentCheck.Gone();
    }
    String digits = typed.length() > TYPED_MAX ? "" : typed.replaceAll("\\s", "");
    if (!CODE.matcher(digits).matches() || !spend(id, digits)) {
      failed(accountId, "wrong_code");
      return new SentCheck.Wrong();
    }
    lockOut.succeeded(Credential.SECOND_FACTOR, accountId);
    lockOut.succeeded(Credential.CODE_SENT, accountId);
    String to =
        code.get().phone() != null
            ? code.get().phone()
            : email(accounts.byId(accountId)).orElse("");
    lockOut.succeeded(Credential.CODE_SENT, place(code.get().channel(), to));
    return new SentCheck.Right(code.get().channel());
  }

  private Optional<SentCodeRows.Code> counted(String accountId, String id, Purpose purpose) {
    return Objects.requireNonNull(
        transaction.execute(
            _ ->
                rows.count(id, accountId, purpose.name(), TRIES_MAX, clock.instant())
                    ? rows.find(id)
                    : Optional.<SentCodeRows.Code>empty()));
  }

  private boolean spend(String id, String digits) {
    return Boolean.TRUE.equals(transaction.execute(_ -> rows.spend(id, hash(id, digits))));
  }

  /**
   * As {@link #check}, of a code that was sent to enrol: where it was sent, others are sent from
   * now on, in place of the phone before, if any. The caller has made sure that it is the owner.
   */
  public SentCheck confirm(String accountId, String id, String typed) {
    Optional<String> phone = rows.find(id).map(SentCodeRows.Code::phone);
    SentCheck check = check(accountId, id, Purpose.ENROL, typed);
    if (check instanceof SentCheck.Right(Channel channel)) {
      transaction.executeWithoutResult(
          _ -> {
            accounts.lock(accountId);
            Actor owner = Actor.user(accountId);
            if (rows.removeFactor(accountId, channel)) {
              events.record(owner, new SecurityEvent.FactorRemoved(accountId, channel.factor()));
            }
            rows.confirm(accountId, channel, phone.orElse(null), clock.instant());
            events.record(owner, new SecurityEvent.FactorEnrolled(accountId, channel.factor()));
          });
    }
    return check;
  }

  /** Sends no more codes there. */
  @Transactional
  public boolean remove(String accountId, Channel channel, Actor actor) {
    accounts.lock(accountId);
    rows.forgetCodes(accountId);
    if (!rows.removeFactor(accountId, channel)) {
      return false;
    }
    events.record(actor, new SecurityEvent.FactorRemoved(accountId, channel.factor()));
    return true;
  }

  /** Sends no more codes anywhere; returns whether any were. */
  @Transactional(propagation = Propagation.MANDATORY)
  public boolean removeAll(String accountId, Actor actor) {
    boolean removed = false;
    for (Channel channel : Channel.values()) {
      removed |= remove(accountId, channel, actor);
    }
    return removed;
  }

  @EventListener
  void on(EventRecorded recorded) {
    if (recorded.event() instanceof SecurityEvent.AccountClosed(String accountId)) {
      rows.forgetCodes(accountId);
      for (Channel channel : Channel.values()) {
        rows.removeFactor(accountId, channel);
      }
    }
  }

  @Scheduled(fixedDelayString = "PT1H", initialDelayString = "PT5M")
  @Transactional
  public void forgetExpired() {
    rows.forgetExpired(clock.instant());
  }

  private void failed(String accountId, String reason) {
    transaction.executeWithoutResult(
        _ ->
            events.record(
                Actor.user(accountId), new SecurityEvent.SignInFailed(accountId, reason)));
  }

  /** Bound to the one sending, so that equal codes are not equal in the database. */
  private String hash(String id, String code) {
    return Base64.getUrlEncoder()
        .withoutPadding()
        .encodeToString(vault.mac(code.getBytes(US_ASCII), HASH + id));
  }

  private static String place(Channel channel, String to) {
    return channel + " " + to;
  }

  private static String masked(Channel channel, String to) {
    return switch (channel) {
      case SMS -> "•••" + to.substring(to.length() - 2);
      case EMAIL -> to.charAt(0) + "•••" + to.substring(to.indexOf('@'));
    };
  }
}

package dev.sallyport.auth.mail;

import dev.sallyport.auth.account.Account;
import dev.sallyport.auth.account.Accounts;
import dev.sallyport.auth.installation.Installation;
import dev.sallyport.auth.signal.Actor;
import dev.sallyport.auth.signal.EventRecorded;
import dev.sallyport.auth.signal.SecurityEvent;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Locale;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.springframework.context.event.EventListener;
import org.springframework.stereotype.Component;
import org.springframework.transaction.annotation.Propagation;
import org.springframework.transaction.annotation.Transactional;

/**
 * Tells the owner of an account by mail what happened to it, in the transaction in which it
 * happened: whoever takes an account over cannot do so unseen.
 */
@Component
public class Notices {

  private static final DateTimeFormatter TIME =
      DateTimeFormatter.ofPattern("d MMMM yyyy, HH:mm 'UTC'", Locale.ENGLISH)
          .withZone(ZoneOffset.UTC);

  private final Mail mail;
  private final Accounts accounts;
  private final Installation installation;
  private final Clock clock;

  Notices(Mail mail, Accounts accounts, Installation installation, Clock clock) {
    this.mail = mail;
    this.accounts = accounts;
    this.installation = installation;
    this.clock = clock;
  }

  /** Someone signed in with a browser that had not been used for this account before. */
  @Transactional(propagation = Propagation.MANDATORY)
  public void newBrowser(String accountId, String browser, String address) {
    tell(
        accountId,
        "New sign-in to your account",
        "Someone signed in to your account with a browser that was not used for it before: "
            + browser
            + ", from the address "
            + address
            + ".");
  }

  /** In the transaction of the event. */
  @EventListener
  void on(EventRecorded recorded) {
    if (!mail.on()) {
      return;
    }
    sentence(recorded.event(), recorded.actor().kind() == Actor.Kind.ADMIN)
        .ifPresent(
            sentence -> {
              String accountId = recorded.event().subject();
              if (accountId != null) {
                tell(accountId, "Your account was changed", sentence);
              }
            });
  }

  private static Optional<String> sentence(SecurityEvent event, boolean admin) {
    String by = admin ? "An administrator" : "Someone signed in as you";
    return switch (event) {
      case SecurityEvent.PasswordChanged _ -> Optional.of("Your password was changed.");
      case SecurityEvent.PasswordReset _ ->
          Optional.of(
              by
                  + " replaced your password by a one-time one. Wherever you were signed in, you are"
                  + " signed out.");
      case SecurityEvent.FactorEnrolled(_, String factor) when factor.equals("otp") ->
          Optional.of("An authenticator app was set up for your account.");
      case SecurityEvent.FactorEnrolled(_, String factor) when factor.equals("pwd") ->
          Optional.of("Your account was made, by a link that was sent to this address.");
      case SecurityEvent.FactorEnrolled(_, String factor) when factor.equals("recovery_code") ->
          Optional.empty();
      case SecurityEvent.FactorEnrolled(_, String factor) ->
          Optional.of("Another way to sign in to your account was set up: " + named(factor) + ".");
      case SecurityEvent.FactorRemoved(_, String factor) when factor.equals("recovery_code") ->
          Optional.empty();
      case SecurityEvent.FactorRemoved(_, String factor) ->
          Optional.of(
              by
                  + " removed "
                  + (factor.equals("otp")
                      ? "your authenticator app"
                      : "a way to sign in: " + named(factor))
                  + ".");
      case SecurityEvent.SignInFailed(_, String reason) when reason.equals("code_reused") ->
          Optional.of(
              "Someone tried a code of your authenticator app that had been used already. It was"
                  + " refused. Whoever tried it came past your password.");
      case SecurityEvent.RecoveryCodeUsed(_, int left) ->
          Optional.of("A recovery code was used to sign in. " + left + " are left.");
      case SecurityEvent.FederationLinked(_, String idp) ->
          Optional.of(
              "An identity at `"
                  + idp
                  + "` was linked: it can be used to sign in to your account.");
      case SecurityEvent.AccountClosed _ ->
          Optional.of(
              (admin ? "An administrator" : "You, or someone signed in as you,")
                  + " closed your account for good. What we knew of you is erased.");
      case SecurityEvent.DeviceEnrolled _ ->
          Optional.of("A device was added to your account: it can read and send your messages.");
      default -> Optional.empty();
    };
  }

  private static String named(String factor) {
    return switch (factor) {
      case "email" -> "codes by e-mail";
      case "sms" -> "codes by SMS";
      default -> factor;
    };
  }

  /** Only where its owner has confirmed the address. */
  private void tell(String accountId, String subject, String sentence) {
    if (!mail.on()) {
      return;
    }
    accounts
        .byId(accountId)
        .filter(Account::emailVerified)
        .ifPresent(account -> tell(account, account.email(), subject, sentence));
  }

  private void tell(Account account, @Nullable String email, String subject, String sentence) {
    if (email != null) {
      mail.send(letter(account, email, subject, sentence, clock.instant()));
    }
  }

  private Letter letter(
      Account account, String email, String subject, String sentence, Instant at) {
    return new Letter(
        email,
        subject,
        """
        Hello %s,

        %s

        When: %s
        Account: %s

        If this was you, or done for you, there is nothing to do. If not, change your password at
        %s/account
        and tell your administrator.
        """
            .formatted(
                account.displayName(),
                sentence,
                TIME.format(at),
                account.username(),
                installation.issuer()));
  }
}

package dev.sallyport.auth.web;

import dev.sallyport.auth.signal.Actor;
import dev.sallyport.auth.signal.AuditTrail;
import dev.sallyport.auth.signal.RecordedEvent;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.springframework.stereotype.Component;

/**
 * What happened to an account of late, in its owner's words, from the audit trail: so nobody can
 * change how someone signs in without its being there to see.
 */
@Component
class RecentActivity {

  /** One line of it. */
  record Line(String what, String at, boolean byAdmin) {}

  private static final int SHOWN = 10;
  private static final String FACTOR_REMOVED = "factor-removed";
  private static final String OTP = "otp";
  private static final String PASSKEY = "passkey";
  private static final String RECOVERY_CODE = "recovery_code";
  private static final Set<String> TYPES =
      Set.of(
          "signed-in",
          "password-changed",
          "password-reset",
          "recovery-requested",
          "email-verified",
          "factor-enrolled",
          FACTOR_REMOVED,
          "recovery-code-used",
          "federation-linked",
          "federation-unlinked",
          "device-enrolled",
          "device-revoked",
          "pairing-approved",
          "account-restored");

  private final AuditTrail trail;

  RecentActivity(AuditTrail trail) {
    this.trail = trail;
  }

  List<Line> of(String accountId) {
    // a new set of recovery codes is two events, of which one is worth a line
    return trail.about(accountId, TYPES, 3 * SHOWN).stream()
        .filter(
            event -> !(event.type().equals(FACTOR_REMOVED) && factor(event).equals(RECOVERY_CODE)))
        .limit(SHOWN)
        .map(
            event ->
                new Line(
                    words(event),
                    Words.exactTime(event.occurredAt()),
                    event.actor().kind() == Actor.Kind.ADMIN))
        .toList();
  }

  /** When an admin removed the authenticator that this account had, if nobody has since. */
  Optional<Instant> removedByAdmin(String accountId) {
    return trail.about(accountId, Set.of(FACTOR_REMOVED), SHOWN).stream()
        .filter(event -> factor(event).equals(OTP))
        .findFirst()
        .filter(event -> event.actor().kind() == Actor.Kind.ADMIN)
        .map(RecordedEvent::occurredAt);
  }

  private static String factor(RecordedEvent event) {
    return String.valueOf(event.data().get("factor"));
  }

  private static String words(RecordedEvent event) {
    return switch (event.type()) {
      case "signed-in" -> "Signed in";
      case "password-changed" -> "Password changed";
      case "password-reset" -> "Password replaced by a one-time password";
      case "recovery-requested" -> "Link to choose a new password sent by mail";
      case "email-verified" -> "E-mail address confirmed";
      case "factor-enrolled" ->
          switch (factor(event)) {
            case OTP -> "Authenticator app set up";
            case PASSKEY -> "Passkey added";
            case "email" -> "Codes by e-mail set up";
            case "sms" -> "Codes by SMS set up";
            case "pwd" -> "Account made, and its first password chosen";
            default -> "New recovery codes made";
          };
      case FACTOR_REMOVED ->
          switch (factor(event)) {
            case PASSKEY -> "Passkey removed";
            case "email" -> "Codes by e-mail removed";
            case "sms" -> "Codes by SMS removed";
            default -> "Authenticator app removed";
          };
      case "recovery-code-used" -> "Recovery code used, " + event.data().get("left") + " left";
      case "federation-linked" -> "Identity at " + event.data().get("idp") + " linked";
      case "federation-unlinked" -> "Identity at " + event.data().get("idp") + " unlinked";
      case "device-enrolled" -> "Device added";
      case "device-revoked" -> "Device removed";
      case "pairing-approved" -> "Another device let in by a code";
      case "account-restored" -> "Suspension lifted";
      default -> event.type();
    };
  }
}

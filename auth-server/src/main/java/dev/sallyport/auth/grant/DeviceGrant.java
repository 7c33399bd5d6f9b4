package dev.sallyport.auth.grant;

import dev.sallyport.auth.account.Account;
import dev.sallyport.auth.client.GrantType;
import dev.sallyport.auth.grant.GrantOutcome.Denied;
import dev.sallyport.auth.pairing.Pairings;
import dev.sallyport.auth.pairing.Poll;
import dev.sallyport.auth.session.Sessions;
import dev.sallyport.auth.session.SignInSession;
import dev.sallyport.auth.signal.Actor;
import java.util.Optional;
import java.util.Set;
import org.springframework.stereotype.Component;
import org.springframework.transaction.support.TransactionTemplate;

/**
 * A device asks for the tokens that its owner may have granted it elsewhere (RFC 8628 §3.4).
 *
 * <p>It gets a sign-in session of its own: the one of the browser in which it was approved ends
 * with that browser, and its owner sees and ends each of their devices alone. That other session
 * must still be live, though: who signed out, or was signed out, before the device came lets
 * nothing in.
 */
@Component
final class DeviceGrant implements Grant {

  private static final Set<String> MISTAKES =
      Set.of("invalid_target", "invalid_authorization_details");

  private final Pairings pairings;

  private final Authorizations authorizations;

  private final FirstTokens firstTokens;

  private final Extents extents;

  private final SignIns signIns;

  private final Sessions sessions;

  private final TransactionTemplate transaction;

  DeviceGrant(
      Pairings pairings,
      Authorizations authorizations,
      FirstTokens firstTokens,
      Extents extents,
      SignIns signIns,
      Sessions sessions,
      TransactionTemplate transaction) {
    this.pairings = pairings;
    this.authorizations = authorizations;
    this.firstTokens = firstTokens;
    this.extents = extents;
    this.signIns = signIns;
    this.sessions = sessions;
    this.transaction = transaction;
  }

  @Override
  public GrantType type() {
    return GrantType.DEVICE_CODE;
  }

  @Override
  public GrantOutcome answer(TokenRequest request) {
    String deviceCode = request.form().one("device_code").orElse("");
    if (deviceCode.isEmpty()) {
      return new Denied("invalid_request", "device_code is missing");
    }
    GrantOutcome outcome =
        transaction.execute(
            status -> {
              GrantOutcome polled = poll(deviceCode, request);
              if (polled instanceof Denied denied && MISTAKES.contains(denied.error())) {
                // costs no code
                status.setRollbackOnly();
              }
              return polled;
            });
    if (outcome == null) {
      throw new IllegalStateException("a transaction without outcome");
    }
    return outcome;
  }

  private GrantOutcome poll(String deviceCode, TokenRequest request) {
    return switch (pairings.poll(deviceCode, request.client().clientId(), request.jkt())) {
      case Poll.Unknown _ -> new Denied("invalid_grant", "unknown device code");
      case Poll.OtherKey _ ->
          new Denied("invalid_grant", "the device code is bound to another key");
      case Poll.Pending _ -> new Denied("authorization_pending", "nobody has answered yet");
      case Poll.TooSoon _ -> new Denied("slow_down", "ask less often: five seconds more each time");
      case Poll.Denied _ -> new Denied("access_denied", "the person refused");
      case Poll.Expired _ -> new Denied("expired_token", "the device code has expired");
      case Poll.Redeemed redeemed -> again(redeemed, request);
      case Poll.Approved approved -> give(approved, request);
    };
  }

  /** As with an authorization code: a second use ends what the first one got. */
  private GrantOutcome again(Poll.Redeemed redeemed, TokenRequest request) {
    authorizations.end(
        redeemed.authorizationId(),
        Actor.policy(request.client().clientId()),
        Authorizations.End.CODE_REPLAYED);
    return new Denied("invalid_grant", "the device code was used before");
  }

  private GrantOutcome give(Poll.Approved approved, TokenRequest request) {
    AuthorizationRequest asked = AuthorizationRequest.fromJson(approved.request());
    return switch (extents.choose(request, asked)) {
      case Extents.Choice.Refused(Denied denied) -> denied;
      case Extents.Choice.Chosen(Extent extent) -> give(approved, asked, extent, request);
    };
  }

  private GrantOutcome give(
      Poll.Approved approved, AuthorizationRequest asked, Extent extent, TokenRequest request) {
    Optional<Account> account = signIns.hold(approved.accountId(), approved.sid());
    if (account.isEmpty()) {
      return new Denied("access_denied", "the session in which it was approved has ended");
    }
    SignInSession own =
        sessions.begin(
            approved.accountId(),
            approved.amr(),
            request.client().name() + ": " + approved.userAgent(),
            approved.address());
    Subject subject =
        new Subject(
            approved.accountId(), own.sid(), approved.authTime(), approved.acr(), approved.amr());
    Authorization family =
        authorizations.begin(
            approved.authorizationId(),
            request.client(),
            subject,
            asked,
            approved.granted(),
            request.jkt());
    return firstTokens.of(family, account.get(), extent, request);
  }
}

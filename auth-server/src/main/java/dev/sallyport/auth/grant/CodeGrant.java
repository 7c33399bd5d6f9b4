package dev.sallyport.auth.grant;

import dev.sallyport.auth.account.Account;
import dev.sallyport.auth.client.Client;
import dev.sallyport.auth.client.GrantType;
import dev.sallyport.auth.grant.GrantOutcome.Denied;
import dev.sallyport.auth.signal.Actor;
import dev.sallyport.auth.token.Hashes;
import java.util.Optional;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.springframework.stereotype.Component;
import org.springframework.transaction.support.TransactionTemplate;

/**
 * Redeems an authorization code (RFC 6749 §4.1.3, RFC 7636 §4.6): once. A second attempt by the
 * client that it was given to ends what the first one got (§4.1.2).
 */
@Component
final class CodeGrant implements Grant {

  private static final int CODE_LENGTH_MAX = 512;

  /** RFC 7636 §4.1. */
  private static final Pattern CODE_VERIFIER = Pattern.compile("[A-Za-z0-9._~-]{43,128}");

  private final Authorizations authorizations;

  private final FirstTokens firstTokens;

  private final Extents extents;

  private final SignIns signIns;

  private final TransactionTemplate transaction;

  CodeGrant(
      Authorizations authorizations,
      FirstTokens firstTokens,
      Extents extents,
      SignIns signIns,
      TransactionTemplate transaction) {
    this.authorizations = authorizations;
    this.firstTokens = firstTokens;
    this.extents = extents;
    this.signIns = signIns;
    this.transaction = transaction;
  }

  @Override
  public GrantType type() {
    return GrantType.AUTHORIZATION_CODE;
  }

  @Override
  public GrantOutcome answer(TokenRequest request) {
    String code = request.form().one("code").orElse("");
    if (code.isEmpty() || code.length() > CODE_LENGTH_MAX) {
      return new Denied("invalid_request", "code is missing");
    }
    Authorization authorization = authorizations.byCode(code).orElse(null);
    if (authorization == null || !authorization.clientId().equals(request.client().clientId())) {
      return new Denied("invalid_grant", "unknown authorization code");
    }
    String fault = fault(authorization, request);
    if (fault != null) {
      return new Denied("invalid_grant", fault);
    }
    // a mistake here costs no code
    return switch (extents.choose(request, authorization.request())) {
      case Extents.Choice.Refused(Denied denied) -> denied;
      case Extents.Choice.Chosen(Extent extent) -> redeemed(authorization, extent, request);
    };
  }

  private GrantOutcome redeemed(Authorization authorization, Extent extent, TokenRequest request) {
    GrantOutcome outcome = transaction.execute(status -> redeem(authorization, extent, request));
    if (outcome == null) {
      throw new IllegalStateException("a transaction without outcome");
    }
    return outcome;
  }

  private GrantOutcome redeem(Authorization authorization, Extent extent, TokenRequest request) {
    Client client = request.client();
    Subject subject = authorization.subject();
    if (!authorizations.redeem(authorization.id(), request.jkt())) {
      // a code that came too late gave nothing that could be ended
      if (authorizations.lock(authorization.id()).filter(Authorization::redeemed).isPresent()) {
        authorizations.end(
            authorization.id(), Actor.policy(client.clientId()), Authorizations.End.CODE_REPLAYED);
      }
      return new Denied("invalid_grant", "the authorization code was used before or has expired");
    }
    Optional<Account> account = signIns.live(subject.accountId(), subject.sid());
    if (account.isEmpty()) {
      return new Denied("invalid_grant", "the session has ended");
    }
    return firstTokens.of(authorization, account.get(), extent, request);
  }

  /** What speaks against this redemption, whoever comes first. */
  private static @Nullable String fault(Authorization authorization, TokenRequest request) {
    AuthorizationRequest asked = authorization.request();
    String redirectUri = request.form().one("redirect_uri").orElse(null);
    if (asked.redirectUri() != null && !asked.redirectUri().equals(redirectUri)) {
      return "redirect_uri is not that of the authorization request";
    }
    String challenge = asked.parameter("code_challenge");
    String verifier = request.form().one("code_verifier").orElse(null);
    if (challenge == null ? verifier != null : !answers(challenge, verifier)) {
      return "code_verifier does not answer the code challenge";
    }
    String jkt = asked.parameter("dpop_jkt");
    if (jkt != null && !jkt.equals(request.jkt())) {
      return "the authorization code is bound to another key";
    }
    return null;
  }

  private static boolean answers(String challenge, @Nullable String verifier) {
    return verifier != null
        && CODE_VERIFIER.matcher(verifier).matches()
        && Hashes.same(challenge, Hashes.sha256(verifier));
  }
}

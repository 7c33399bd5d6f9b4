package dev.sallyport.auth.admin;

import dev.sallyport.auth.account.Account;
import dev.sallyport.auth.account.Accounts;
import dev.sallyport.auth.policy.Authorizer;
import dev.sallyport.auth.policy.Inquiry;
import dev.sallyport.auth.policy.Powers;
import dev.sallyport.auth.policy.Ruling;
import dev.sallyport.auth.signal.Actor;
import dev.sallyport.auth.signal.SecurityEvent;
import dev.sallyport.auth.token.ApiCaller;
import dev.sallyport.auth.token.ApiRule;
import dev.sallyport.auth.token.ApiRules;
import jakarta.servlet.http.HttpServletRequest;
import java.util.List;
import java.util.Optional;
import org.springframework.http.HttpMethod;
import org.springframework.http.HttpStatus;
import org.springframework.stereotype.Component;

/**
 * The third door of the admin API: may this admin do this, by the active policies? The first two, a
 * token with scope {@code admin} and a second factor, are the rules below, which the API's chain
 * enforces.
 */
@Component
class AdminDoor implements ApiRules {

  /** Policies, schema and entities of 1 MiB each, escaped. */
  private static final int POLICY_BODY_BYTES_MAX = 4 * 1024 * 1024;

  /** A client with the longest JWK set, and the rest. */
  private static final int CLIENT_BODY_BYTES_MAX = 128 * 1024;

  /** An account with every claim that it may have. */
  private static final int BODY_BYTES_MAX = 64 * 1024;

  private final Authorizer authorizer;
  private final Powers powers;
  private final Accounts accounts;

  AdminDoor(Authorizer authorizer, Powers powers, Accounts accounts) {
    this.authorizer = authorizer;
    this.powers = powers;
    this.accounts = accounts;
  }

  @Override
  public List<ApiRule> rules() {
    return List.of(
        ApiRule.open(HttpMethod.GET, "/v1/openapi.yaml"),
        ApiRule.personWithSecondFactor(null, "/v1/admin/policies/**", "admin")
            .bodyUpTo(POLICY_BODY_BYTES_MAX),
        ApiRule.personWithSecondFactor(null, "/v1/admin/clients/**", "admin")
            .bodyUpTo(CLIENT_BODY_BYTES_MAX),
        ApiRule.personWithSecondFactor(null, "/v1/admin/**", "admin").bodyUpTo(BODY_BYTES_MAX));
  }

  /**
   * Returns what was asked and permitted.
   *
   * @throws RequestRefused 403 with the policy's message and the decision's id
   */
  Inquiry pass(
      HttpServletRequest request, ApiCaller caller, String action, Inquiry.Resource resource) {
    Inquiry inquiry = Inquiry.of(caller, request.getRemoteAddr(), action, resource);
    return switch (authorizer.authorize(inquiry)) {
      case Ruling.Permitted _ -> inquiry;
      case Ruling.Refused refused -> throw refused(refused);
    };
  }

  /** 403, with the policy's message and the decision's id. */
  static RequestRefused refused(Ruling.Refused ruling) {
    return new RequestRefused(HttpStatus.FORBIDDEN, "policy_refused", ruling.message())
        .with("decision_id", ruling.decisionId());
  }

  /**
   * The account, unless it may do more to this server than the one who asks: whoever changes an
   * account could act through it.
   *
   * @throws RequestRefused 404 where there is none, 403 where it may do more
   */
  Account mayChange(Inquiry asking, String accountId) {
    return mayChange(asking, accountId, accounts.byId(accountId));
  }

  /** As {@link #mayChange}; and it stays as it is until the caller's transaction ends. */
  Account mayChangeLocked(Inquiry asking, String accountId) {
    return mayChange(asking, accountId, accounts.lock(accountId));
  }

  private Account mayChange(Inquiry asking, String accountId, Optional<Account> found) {
    Account account = found.orElseThrow(() -> RequestRefused.notFound("account"));
    if (!accountId.equals(asking.accountId())) {
      notBeyond(asking, account);
    }
    return account;
  }

  /**
   * After an account's claims were changed: it may do no more than the one who did it, who can
   * still undo it if it is their own.
   *
   * @throws RequestRefused so that the transaction of the change rolls back
   */
  void changed(Inquiry asking, Account before, Account after) {
    if (after.id().equals(asking.accountId())) {
      // nobody raises themselves either
      powers
          .gained(asking, before, after)
          .ifPresent(
              ruling -> {
                throw beyond(asking, ruling);
              });
      stillOpenFor(asking);
    } else {
      notBeyond(asking, after);
    }
  }

  private void notBeyond(Inquiry asking, Account account) {
    powers
        .beyond(asking, account)
        .ifPresent(
            ruling -> {
              throw beyond(asking, ruling);
            });
  }

  private static RequestRefused beyond(Inquiry asking, Ruling.Refused ruling) {
    return new RequestRefused(HttpStatus.FORBIDDEN, "beyond_own_rights", ruling.message())
        .with("decision_id", ruling.decisionId())
        .recording(
            Actor.policy(asking.clientId()),
            new SecurityEvent.Refused(
                asking.accountId(),
                asking.clientId(),
                asking.action(),
                asking.resource().type() + "::" + asking.resource().id(),
                ruling.decisionId(),
                ruling.policyVersion(),
                ruling.policies()));
  }

  /**
   * After an admin changed their own account: could they still mend it?
   *
   * @throws RequestRefused 409, so that the transaction of the change rolls back
   */
  void stillOpenFor(Inquiry inquiry) {
    if (authorizer.authorize(inquiry) instanceof Ruling.Refused) {
      throw new RequestRefused(
          HttpStatus.CONFLICT,
          "locks_out_admin",
          "this would take away your own right to undo it; let another admin do it");
    }
  }
}

package dev.sallyport.auth.grant;

import dev.sallyport.auth.account.Account;
import dev.sallyport.auth.client.Client;
import dev.sallyport.auth.detail.AuthorizationDetails;
import dev.sallyport.auth.grant.GrantOutcome.Denied;
import dev.sallyport.auth.policy.Authorizer;
import dev.sallyport.auth.policy.Inquiry;
import dev.sallyport.auth.policy.Ruling;
import dev.sallyport.auth.session.Assurance;
import dev.sallyport.auth.signal.Actor;
import dev.sallyport.auth.signal.SecurityEvent;
import dev.sallyport.auth.signal.SecurityEvents;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.springframework.stereotype.Component;

/**
 * Asks the policies about every exchange ({@code token.exchange}), and records those that happen.
 */
@Component
final class ExchangeDoor {

  private static final String ACTION = "token.exchange";

  private final Authorizer authorizer;

  private final SecurityEvents events;

  ExchangeDoor(Authorizer authorizer, SecurityEvents events) {
    this.authorizer = authorizer;
    this.events = events;
  }

  /**
   * What is asked for.
   *
   * @param account whose token it is, as it is and stays until the transaction ends
   * @param subjectClientId whose token it is; empty for another provider's
   * @param mayAct whether the subject token names this client as one that may act
   * @param actor {@code sub} of who acts; null: nobody but the client
   * @param provider whose ID token it is; null: a token of ours
   */
  record Asked(
      Account account,
      String acr,
      TokenRequest request,
      ExchangeKind kind,
      Extent extent,
      Set<String> scopes,
      String subjectClientId,
      boolean mayAct,
      @Nullable String actor,
      @Nullable String provider) {}

  /** Null if it may be. The authorizer has recorded a refusal. */
  @Nullable Denied refusal(Asked asked) {
    Client client = asked.request().client();
    Map<String, Object> context = new HashMap<>();
    context.put("audience", asked.extent().audience());
    context.put("scopes", Set.copyOf(asked.scopes()));
    context.put("subjectClientId", asked.subjectClientId());
    context.put("kind", asked.kind().text());
    context.put("mayAct", asked.mayAct());
    context.put("rooms", rooms(asked.extent()));
    if (asked.actor() != null) {
      context.put("actor", asked.actor());
    }
    if (asked.provider() != null) {
      context.put("provider", asked.provider());
    }
    Ruling ruling =
        authorizer.authorize(
            new Inquiry(
                asked.account().id(),
                client.clientId(),
                Assurance.TWO_FACTORS.equals(asked.acr()),
                asked.request().ip(),
                ACTION,
                Inquiry.Resource.client(client.clientId(), client.profile().text()),
                context),
            asked.account());
    return ruling instanceof Ruling.Refused refused ? denied(refused) : null;
  }

  /** Who lacks nothing but a second factor is told so as by a resource server (RFC 9470 §3). */
  private static Denied denied(Ruling.Refused refused) {
    return refused.secondFactorMissing()
        ? new Denied(
            "insufficient_user_authentication",
            refused.message(),
            Map.of("decision_id", refused.decisionId(), "acr_values", Assurance.TWO_FACTORS))
        : new Denied(
            "access_denied", refused.message(), Map.of("decision_id", refused.decisionId()));
  }

  /** Call in the transaction that exchanges. */
  void exchanged(Asked asked, @Nullable String deviceId) {
    events.record(
        Actor.user(asked.account().id()),
        new SecurityEvent.TokenExchanged(
            asked.account().id(),
            asked.request().client().clientId(),
            asked.extent().audience(),
            asked.scopes(),
            deviceId,
            asked.kind().text(),
            asked.actor(),
            asked.provider(),
            rooms(asked.extent())));
  }

  private static Set<String> rooms(Extent extent) {
    AuthorizationDetails details = extent.details();
    return details == null ? Set.of() : Set.copyOf(details.rooms().keySet());
  }
}

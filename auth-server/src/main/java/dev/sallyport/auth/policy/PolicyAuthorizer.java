package dev.sallyport.auth.policy;

import dev.sallyport.auth.account.Account;
import dev.sallyport.auth.account.Accounts;
import dev.sallyport.auth.signal.Actor;
import dev.sallyport.auth.signal.SecurityEvent;
import dev.sallyport.auth.signal.SecurityEvents;
import dev.sallyport.auth.vault.RandomIds;
import dev.sallyport.policy.Decision;
import dev.sallyport.policy.Request;
import dev.sallyport.policy.entity.Entities;
import dev.sallyport.policy.value.DatetimeValue;
import dev.sallyport.policy.value.EntityUid;
import dev.sallyport.policy.value.IpValue;
import dev.sallyport.policy.value.RecordValue;
import dev.sallyport.policy.value.Value;
import java.time.Clock;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.springframework.stereotype.Component;
import org.springframework.transaction.PlatformTransactionManager;
import org.springframework.transaction.support.TransactionTemplate;

/** Asks the engine, with the account as it is now, and records what is refused. */
@Component
class PolicyAuthorizer implements Authorizer {

  private static final String NOTHING_PERMITS = "no policy permits this";
  private static final String FORBIDDEN = "a policy forbids this";

  private final ActivePolicies active;
  private final Accounts accounts;
  private final SecurityEvents events;
  private final TransactionTemplate transaction;
  private final RandomIds ids;
  private final Clock clock;

  PolicyAuthorizer(
      ActivePolicies active,
      Accounts accounts,
      SecurityEvents events,
      PlatformTransactionManager transactions,
      RandomIds ids,
      Clock clock) {
    this.active = active;
    this.accounts = accounts;
    this.events = events;
    this.transaction = new TransactionTemplate(transactions);
    this.ids = ids;
    this.clock = clock;
  }

  @Override
  public Ruling authorize(Inquiry inquiry) {
    return authorize(inquiry, accounts.byId(inquiry.accountId()));
  }

  @Override
  public Ruling authorize(Inquiry inquiry, Account account) {
    return authorize(inquiry, Optional.of(account));
  }

  private Ruling authorize(Inquiry inquiry, Optional<Account> account) {
    ActivePolicies.@Nullable Active policies = active.current();
    Ruling ruling =
        policies == null
            ? new Ruling.Refused(ids.uuid7(), 0, List.of(), NOTHING_PERMITS, false)
            : rule(policies.planned(), policies.version(), inquiry, account);
    if (ruling instanceof Ruling.Refused refused) {
      transaction.executeWithoutResult(_ -> record(inquiry, refused));
    }
    return ruling;
  }

  /** What these policies would say, active or not; nothing is recorded. */
  Ruling rule(PlannedPolicies policies, long version, Inquiry inquiry) {
    return rule(policies, version, inquiry, accounts.byId(inquiry.accountId()));
  }

  private Ruling rule(
      PlannedPolicies policies, long version, Inquiry inquiry, Optional<Account> account) {
    String id = ids.uuid7();
    if (account.isEmpty()) {
      return new Ruling.Refused(id, version, List.of(), "there is no such account", false);
    }
    if (account.get().suspended()) {
      return new Ruling.Refused(id, version, List.of(), "this account is suspended", false);
    }
    return rule(policies, version, inquiry, account.get(), id);
  }

  /** As {@link #rule(PlannedPolicies, long, Inquiry)}, for the account as it is given. */
  Ruling rule(PlannedPolicies policies, long version, Inquiry inquiry, Account account, String id) {
    AccountView principal = new AccountView(account, policies.entities());
    ResourceView resource =
        ResourceView.of(inquiry.resource(), about(inquiry.resource()), policies.entities());
    Entities entities =
        ((Entities)
                uid ->
                    uid.equals(principal.uid())
                        ? principal
                        : uid.equals(resource.uid()) ? resource : null)
            .orElse(policies.entities());
    EntityUid action = Names.action(inquiry.action());
    Request request =
        new Request(principal.uid(), action, resource.uid(), context(inquiry, inquiry.mfa()));
    return switch (policies.engine().authorize(request, entities)) {
      case Decision.Permitted permitted ->
          new Ruling.Permitted(id, version, policyIds(permitted.determining()));
      case Decision.Refused refused ->
          new Ruling.Refused(
              id,
              version,
              policyIds(refused.determining()),
              message(refused.determining()),
              !inquiry.mfa()
                  && policies
                          .engine()
                          .authorize(
                              new Request(
                                  principal.uid(), action, resource.uid(), context(inquiry, true)),
                              entities)
                      instanceof Decision.Permitted);
    };
  }

  private @Nullable Account about(Inquiry.Resource resource) {
    return resource.type().equals(Inquiry.Resource.ACCOUNT)
        ? accounts.byId(resource.id()).orElse(null)
        : null;
  }

  private RecordValue context(Inquiry inquiry, boolean mfa) {
    Map<String, Value> session = new HashMap<>();
    session.put("now", DatetimeValue.of(clock.instant()));
    session.put("clientId", Value.of(inquiry.clientId()));
    session.put("mfa", Value.of(mfa));
    @Nullable String ip = inquiry.ip();
    if (ip != null) {
      IpValue.parse(ip).ifPresent(value -> session.put("ip", value));
    }
    Map<String, Value> context = new HashMap<>();
    inquiry.context().forEach((name, value) -> context.put(name, Names.value(value)));
    context.put("session", RecordValue.of(session));
    return RecordValue.of(context);
  }

  private void record(Inquiry inquiry, Ruling.Refused refused) {
    events.record(
        Actor.policy(inquiry.clientId()),
        new SecurityEvent.Refused(
            inquiry.accountId(),
            inquiry.clientId(),
            inquiry.action(),
            Names.uid(inquiry.resource().type(), inquiry.resource().id()).toString(),
            refused.decisionId(),
            refused.policyVersion(),
            refused.policies()));
  }

  private static List<String> policyIds(List<Decision.Determining> determining) {
    return determining.stream().map(Decision.Determining::policyId).toList();
  }

  private static String message(List<Decision.Determining> determining) {
    if (determining.isEmpty()) {
      return NOTHING_PERMITS;
    }
    return determining.stream()
        .flatMap(policy -> policy.message().stream())
        .findFirst()
        .orElse(FORBIDDEN);
  }
}

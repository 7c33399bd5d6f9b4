package dev.sallyport.gateway.door;

import dev.sallyport.gateway.bundle.ActivePolicy;
import dev.sallyport.gateway.bundle.PolicyBundles;
import dev.sallyport.policy.Decision;
import dev.sallyport.policy.Effect;
import dev.sallyport.policy.Request;
import dev.sallyport.policy.entity.EntityView;
import dev.sallyport.policy.value.DatetimeValue;
import dev.sallyport.policy.value.RecordValue;
import dev.sallyport.policy.value.Value;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import java.security.SecureRandom;
import java.time.Clock;
import java.util.Map;
import org.springframework.stereotype.Component;

/** The second door on the embedded engine, by the bundle in force. */
@Component
final class EnginePolicyDoor implements PolicyDoor {
  private static final String DEFAULT_MESSAGE = "policy does not permit this";

  private final PolicyBundles bundles;
  private final Decisions decisions;
  private final Clock clock;
  private final SecureRandom random;
  private final Counter permitted;
  private final Counter refused;

  EnginePolicyDoor(
      PolicyBundles bundles,
      Decisions decisions,
      Clock clock,
      SecureRandom random,
      MeterRegistry meters) {
    this.bundles = bundles;
    this.decisions = decisions;
    this.clock = clock;
    this.random = random;
    this.permitted = meters.counter("sallyport.door.policy", "verdict", "permitted");
    this.refused = meters.counter("sallyport.door.policy", "verdict", "refused");
  }

  @Override
  public Admission decide(Caller caller, String action, EntityView resource, RecordValue context) {
    Caller.Standing standing = caller.standing();
    if (!caller.live()) {
      return new Admission.Refused("invalid_token", "the token expired or was revoked", "", false);
    }
    String scope = RequiredScope.of(action);
    if (!standing.token.scopes().contains(scope)) {
      return new Admission.Refused(
          "insufficient_scope", "this needs the scope `" + scope + "`", "", false);
    }
    if (!within(standing, action, resource)) {
      return new Admission.Refused(
          "insufficient_authorization",
          "the token is limited to other rooms or actions",
          "",
          false);
    }
    ActivePolicy policy = bundles.current();
    if (policy == null) {
      return new Admission.Refused(
          "policy_unavailable", "no policy is in force; try again later", "", true);
    }
    Question question = new Question(caller, standing, policy, resource);
    Request request = request(caller, standing, action, resource, context, standing.token.mfa());
    if (policy.engine().decide(request, question).permitted()) {
      permitted.increment();
      return Admission.ADMITTED;
    }
    refused.increment();
    boolean secondFactorMissing =
        !standing.token.mfa()
            && policy
                .engine()
                .decide(request(caller, standing, action, resource, context, true), question)
                .permitted();
    return refusal(
        caller,
        action,
        resource,
        policy,
        policy.engine().authorize(request, question),
        secondFactorMissing);
  }

  @Override
  public boolean permits(Caller caller, String action, EntityView resource, RecordValue context) {
    Caller.Standing standing = caller.standing();
    ActivePolicy policy = bundles.current();
    return caller.live()
        && standing.token.scopes().contains(RequiredScope.of(action))
        && within(standing, action, resource)
        && policy != null
        && policy
            .engine()
            .decide(
                request(caller, standing, action, resource, context, standing.token.mfa()),
                new Question(caller, standing, policy, resource))
            .permitted();
  }

  private static boolean within(Caller.Standing standing, String action, EntityView resource) {
    RoomLimits limits = standing.token.limits();
    return limits == null || limits.allow(action, resource);
  }

  @Override
  public long version() {
    return bundles.version();
  }

  private Request request(
      Caller caller,
      Caller.Standing standing,
      String action,
      EntityView resource,
      RecordValue context,
      boolean mfa) {
    RecordValue session =
        RecordValue.of(
            Map.of(
                "now", new DatetimeValue(clock.millis()),
                "ip", caller.remoteValue(),
                "clientId", Value.of(standing.token.clientId()),
                "mfa", Value.of(mfa)));
    return new Request(
        caller.user(), Chat.action(action), resource.uid(), context.with("session", session));
  }

  private Admission refusal(
      Caller caller,
      String action,
      EntityView resource,
      ActivePolicy policy,
      Decision decision,
      boolean secondFactorMissing) {
    String id = DecisionIds.next(clock, random);
    decisions.record(
        new DecisionRecord(
            id,
            clock.instant(),
            caller.userId(),
            caller.deviceId(),
            caller.clientId(),
            action,
            resource.uid().toString(),
            policy.version(),
            decision instanceof Decision.Refused no && no.failedClosed(),
            decision.determining().stream()
                .map(
                    one ->
                        new DecisionRecord.Determining(one.policyId(), one.message().orElse(null)))
                .toList(),
            decision.failures().stream()
                .map(
                    one -> new DecisionRecord.PolicyError(one.policyId(), one.problem().toString()))
                .toList()));
    String message =
        decision.determining().stream()
            .filter(one -> one.effect() == Effect.FORBID)
            .flatMap(one -> one.message().stream())
            .findFirst()
            .orElse(DEFAULT_MESSAGE);
    return new Admission.Refused(
        secondFactorMissing ? Admission.SECOND_FACTOR_MISSING : "policy_denied",
        message,
        id,
        false);
  }
}

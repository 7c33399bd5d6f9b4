package dev.sallyport.policy;

import dev.sallyport.policy.Decision.Determining;
import dev.sallyport.policy.Decision.Failure;
import dev.sallyport.policy.diagnostic.Problem;
import dev.sallyport.policy.diagnostic.ProblemCode;
import dev.sallyport.policy.entity.Entities;
import dev.sallyport.policy.entity.EntityView;
import dev.sallyport.policy.explain.EvaluationException;
import dev.sallyport.policy.explain.Reference;
import dev.sallyport.policy.plan.Plan;
import dev.sallyport.policy.plan.Rule;
import dev.sallyport.policy.syntax.PolicyText;
import dev.sallyport.policy.value.EntityUid;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * Answers requests by one policy set. Immutable and thread-safe; answers depend on nothing but the
 * arguments.
 */
public final class PolicyEngine {
  private final Plan plan;
  private final Map<EntityUid, EntityView> actions;
  private final ErrorMode mode;

  private PolicyEngine(PolicySet policies, Map<EntityUid, EntityView> actions, ErrorMode mode) {
    this.plan = new Plan(policies.texts(), actions);
    this.actions = actions;
    this.mode = mode;
  }

  /**
   * Plans a set that speaks the vocabulary of a schema. The schema gives the groups of actions, so
   * that hosts need not provide action entities. The set need not have been validated, but should:
   * see {@link PolicySet#validate}.
   */
  public static PolicyEngine plan(PolicySet policies, Schema schema, ErrorMode mode) {
    return new PolicyEngine(policies, schema.actions(), mode);
  }

  /** Plans a set without a schema: action entities, if policies need them, come from the host. */
  public static PolicyEngine plan(PolicySet policies, ErrorMode mode) {
    return new PolicyEngine(policies, Map.of(), mode);
  }

  /**
   * The bare verdict, as soon as it is certain. Does not check the request against the schema.
   * Never throws for what policies do; an exception of the host's entities passes through.
   */
  public Verdict decide(Request request, Entities entities) {
    boolean permitted =
        plan.permits(
            request.principal(),
            request.action(),
            request.resource(),
            request.context(),
            entities,
            mode == ErrorMode.FAIL_CLOSED);
    return permitted ? Verdict.PERMITTED : Verdict.REFUSED;
  }

  /** The verdict of {@link #decide}, with all determining policies and failures. */
  public Decision authorize(Request request, Entities entities) {
    Plan.Outcome outcome =
        plan.evaluate(
            request.principal(), request.action(), request.resource(), request.context(), entities);
    Reference reference =
        new Reference(
            request.principal(),
            request.action(),
            request.resource(),
            request.context(),
            entities,
            actions);
    List<Failure> failures =
        outcome.failed().stream().map(rule -> failure(rule.text(), reference)).toList();
    List<Rule> forbidding = new ArrayList<>(outcome.forbids());
    boolean failedClosed = false;
    if (mode == ErrorMode.FAIL_CLOSED) {
      for (Rule failed : outcome.failed()) {
        if (!failed.text().permit()) {
          forbidding.add(failed);
          failedClosed = true;
        }
      }
      forbidding.sort(Rule.BY_ORDER);
    }
    if (forbidding.isEmpty() && !outcome.permits().isEmpty()) {
      return new Decision.Permitted(determining(outcome.permits()), failures);
    }
    return new Decision.Refused(determining(forbidding), failures, failedClosed);
  }

  private static List<Determining> determining(List<Rule> rules) {
    return rules.stream()
        .map(Rule::text)
        .map(
            text -> new Determining(text.id(), PolicySet.effect(text), PolicySet.annotations(text)))
        .toList();
  }

  /** Finds out why a policy failed, by evaluating it once more and slowly. */
  private static Failure failure(PolicyText text, Reference reference) {
    Problem problem;
    try {
      reference.satisfies(text);
      // The host's entities changed between the two looks.
      problem =
          new Problem(
              ProblemCode.INCONSISTENT_ENTITIES,
              "the policy failed, but does so no longer: the entities changed meanwhile",
              text.span(text.at()));
    } catch (EvaluationException failure) {
      problem =
          new Problem(
              failure.code(),
              failure.message(),
              text.span(failure.at()),
              text.id(),
              failure.help());
    }
    return new Failure(text.id(), PolicySet.effect(text), problem.withPolicyId(text.id()));
  }
}

package dev.sallyport.policy;

import dev.sallyport.policy.Decision.Determining;
import dev.sallyport.policy.Decision.Failure;
import dev.sallyport.policy.diagnostic.Problem;
import dev.sallyport.policy.entity.Entities;
import dev.sallyport.policy.plan.EvaluationFailure;
import dev.sallyport.policy.plan.Plan;
import dev.sallyport.policy.plan.Rule;
import dev.sallyport.policy.syntax.PolicyText;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * Answers requests by one policy set. Immutable and thread-safe; answers depend on nothing but the
 * arguments.
 */
public final class PolicyEngine {
  private final Plan plan;
  private final ErrorMode mode;

  private PolicyEngine(Plan plan, ErrorMode mode) {
    this.plan = plan;
    this.mode = mode;
  }

  /**
   * Plans a set that speaks the vocabulary of a schema. The schema gives the groups of actions, so
   * that hosts need not provide action entities. The set need not have been validated, but should:
   * see {@link PolicySet#validate}.
   */
  public static PolicyEngine plan(PolicySet policies, Schema schema, ErrorMode mode) {
    return new PolicyEngine(new Plan(policies.texts(), schema.actions()), mode);
  }

  /** Plans a set without a schema: action entities, if policies need them, come from the host. */
  public static PolicyEngine plan(PolicySet policies, ErrorMode mode) {
    return new PolicyEngine(new Plan(policies.texts(), Map.of()), mode);
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
    List<Failure> failures = outcome.failed().stream().map(PolicyEngine::failure).toList();
    List<Rule> forbidding = new ArrayList<>(outcome.forbids());
    boolean failedClosed = false;
    if (mode == ErrorMode.FAIL_CLOSED) {
      for (Plan.Failed failed : outcome.failed()) {
        if (!failed.rule().text().permit()) {
          forbidding.add(failed.rule());
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

  private static Failure failure(Plan.Failed failed) {
    PolicyText text = failed.rule().text();
    EvaluationFailure failure = failed.failure();
    return new Failure(
        text.id(),
        PolicySet.effect(text),
        new Problem(
            failure.code(), failure.message(), text.span(failure.at()), text.id(), failure.help()));
  }
}

package dev.sallyport.policy;

import dev.sallyport.policy.Decision.Determining;
import dev.sallyport.policy.Decision.Failure;
import dev.sallyport.policy.diagnostic.Problem;
import dev.sallyport.policy.diagnostic.ProblemCode;
import dev.sallyport.policy.entity.Attributes;
import dev.sallyport.policy.entity.Entities;
import dev.sallyport.policy.entity.EntityView;
import dev.sallyport.policy.explain.EvaluationException;
import dev.sallyport.policy.explain.Explainer;
import dev.sallyport.policy.explain.Reference;
import dev.sallyport.policy.plan.Plan;
import dev.sallyport.policy.plan.Rule;
import dev.sallyport.policy.syntax.Expr;
import dev.sallyport.policy.syntax.PolicyText;
import dev.sallyport.policy.value.EntityUid;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Answers requests by one policy set. Immutable and thread-safe; answers depend on nothing but the
 * arguments.
 */
public final class PolicyEngine {
  private final List<PolicyText> texts;
  private final Plan plan;
  private final Map<EntityUid, EntityView> actions;
  private final ErrorMode mode;

  private PolicyEngine(
      PolicySet policies,
      Map<EntityUid, EntityView> actions,
      ErrorMode mode,
      List<Attributes<?>> live,
      Plan.Form form) {
    Set<Class<?>> classes = new HashSet<>();
    for (Attributes<?> attributes : live) {
      if (!classes.add(attributes.type())) {
        throw new IllegalArgumentException(
            "the attributes of `" + attributes.type().getName() + "` are given twice");
      }
    }
    this.texts = policies.texts().stream().filter(text -> !text.isTemplate()).toList();
    this.plan = new Plan(policies.texts(), actions, mode == ErrorMode.FAIL_CLOSED, live, form);
    this.actions = actions;
    this.mode = mode;
  }

  /**
   * Plans a set that speaks the vocabulary of a schema. The schema gives the groups of actions, so
   * that hosts need not provide action entities. The set need not have been validated, but should:
   * see {@link PolicySet#validate}.
   */
  public static PolicyEngine plan(PolicySet policies, Schema schema, ErrorMode mode) {
    return plan(policies, schema, mode, List.of());
  }

  /**
   * The same for a host that tells how it reads the attributes of its live entities. Decides the
   * same, and faster.
   *
   * @param live one for each class of live entities, the most frequent first
   * @throws IllegalArgumentException if two are of one class: the second would never be asked
   */
  public static PolicyEngine plan(
      PolicySet policies, Schema schema, ErrorMode mode, List<Attributes<?>> live) {
    return new PolicyEngine(policies, schema.actions(), mode, live, Plan.Form.COMPILED);
  }

  /** Plans a set without a schema: action entities, if policies need them, come from the host. */
  public static PolicyEngine plan(PolicySet policies, ErrorMode mode) {
    return new PolicyEngine(policies, Map.of(), mode, List.of(), Plan.Form.COMPILED);
  }

  /** The same with the form of the plan chosen, so that tests can compare them. */
  static PolicyEngine plan(
      PolicySet policies,
      Map<EntityUid, EntityView> actions,
      ErrorMode mode,
      List<Attributes<?>> live,
      Plan.Form form) {
    return new PolicyEngine(policies, actions, mode, live, form);
  }

  /**
   * The bare verdict, as soon as it is certain. Does not check the request against the schema.
   * Never throws for what policies do; an exception of the host's entities passes through.
   */
  public Verdict decide(Request request, Entities entities) {
    boolean permitted =
        plan.permits(
            request.principal(), request.action(), request.resource(), request.context(), entities);
    return permitted ? Verdict.PERMITTED : Verdict.REFUSED;
  }

  /** The verdict of {@link #decide}, with all determining policies and failures. */
  public Decision authorize(Request request, Entities entities) {
    Plan.Outcome outcome =
        plan.evaluate(
            request.principal(), request.action(), request.resource(), request.context(), entities);
    Reference reference = reference(request, entities);
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

  private Reference reference(Request request, Entities entities) {
    return new Reference(
        request.principal(),
        request.action(),
        request.resource(),
        request.context(),
        entities,
        actions,
        Reference.Observer.NONE);
  }

  /** Notes in {@code coverage} what the request reaches. */
  void cover(Request request, Entities entities, Coverage coverage) {
    Reference reference =
        new Reference(
            request.principal(),
            request.action(),
            request.resource(),
            request.context(),
            entities,
            actions,
            coverage.observer());
    for (PolicyText text : texts) {
      coverage.policy(text, reference);
    }
  }

  /**
   * The decision of {@link #authorize}, and what became of each policy: which apply, which nearly
   * did and what decided against them. Slow: evaluates every policy; for people, not for traffic.
   */
  public Explanation explain(Request request, Entities entities) {
    Reference reference = reference(request, entities);
    Explainer explainer = new Explainer(reference);
    List<Explanation.Finding> findings = new ArrayList<>();
    for (PolicyText text : texts) {
      List<String> parts = reference.outOfScope(text);
      findings.add(
          parts.isEmpty()
              ? finding(text, explainer.explain(text))
              : new Explanation.OutOfScope(
                  text.id(), PolicySet.effect(text), text.span(text.at()), parts));
    }
    return new Explanation(authorize(request, entities), findings, reference.unknown());
  }

  private static Explanation.Finding finding(PolicyText text, Explainer.Outcome outcome) {
    Effect effect = PolicySet.effect(text);
    return switch (outcome) {
      case Explainer.Outcome.Satisfied(var values) ->
          new Explanation.Satisfied(text.id(), effect, text.span(text.at()), seen(text, values));
      case Explainer.Outcome.Unsatisfied(Expr blame, boolean value, var values) ->
          new Explanation.Unsatisfied(
              text.id(),
              effect,
              new Explanation.Blame(
                  text.span(blame.at()), text.written(blame), value, seen(text, values)));
      case Explainer.Outcome.Failed(EvaluationException failure, var values) ->
          new Explanation.Failed(text.id(), effect, problem(text, failure), seen(text, values));
    };
  }

  private static List<Explanation.Seen> seen(PolicyText text, List<Explainer.Seen> values) {
    return values.stream()
        .map(seen -> new Explanation.Seen(text.written(seen.expr()), seen.value().toString()))
        .distinct()
        .toList();
  }

  private static Problem problem(PolicyText text, EvaluationException failure) {
    return new Problem(
        failure.code(), failure.message(), text.span(failure.at()), text.id(), failure.help());
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
      problem = problem(text, failure);
    }
    return new Failure(text.id(), PolicySet.effect(text), problem.withPolicyId(text.id()));
  }
}

package dev.sallyport.policy.plan;

import dev.sallyport.policy.entity.Entities;
import dev.sallyport.policy.entity.EntityView;
import dev.sallyport.policy.syntax.At;
import dev.sallyport.policy.syntax.PolicyText;
import dev.sallyport.policy.syntax.Scope;
import dev.sallyport.policy.value.EntityUid;
import dev.sallyport.policy.value.RecordValue;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;

/**
 * A policy set ready to decide: for each action that the schema or a policy names, an index of the
 * permits and one of the forbids. Immutable; deciding threads share it.
 */
public final class Plan {
  private static final ThreadLocal<Frame> FRAMES = ThreadLocal.withInitial(Frame::new);

  private final Map<EntityUid, EntityView> actions;

  /** The rules whose head names this action, or a group that the schema says it is in. */
  private final Map<EntityUid, Bucket> byAction;

  /** The rules for every action. */
  private final Bucket anyAction;

  /**
   * The rules for groups of actions, which only the host can answer for: where there is no schema.
   */
  private final Bucket undeclaredActions;

  /** The rules that can apply to one action. */
  private record Bucket(RuleIndex permits, RuleIndex forbids) {
    static final Bucket EMPTY = of(List.of());

    static Bucket of(List<Rule> rules) {
      return new Bucket(
          new RuleIndex(rules.stream().filter(Rule::permit).toList()),
          new RuleIndex(rules.stream().filter(Predicate.not(Rule::permit)).toList()));
    }
  }

  /** What the evaluation of a set came to: rules in the order of the set. */
  public record Outcome(List<Rule> permits, List<Rule> forbids, List<Rule> failed) {}

  /**
   * Plans policies, templates left out.
   *
   * @param actions the actions of the schema, with their groups as ancestors; may be empty
   */
  public Plan(List<PolicyText> policies, Map<EntityUid, EntityView> actions) {
    this.actions = Map.copyOf(actions);
    List<Rule> rules = new ArrayList<>();
    Planner planner = new Planner();
    for (PolicyText policy : policies) {
      if (!policy.isTemplate()) {
        rules.add(Rule.of(policy, rules.size(), planner));
      }
    }
    List<Rule> any = new ArrayList<>();
    List<Rule> undeclared = new ArrayList<>();
    Map<EntityUid, List<Rule>> named = new LinkedHashMap<>();
    actions.keySet().forEach(uid -> named.put(uid, new ArrayList<>()));
    for (Rule rule : rules) {
      switch (rule.text().action()) {
        case Scope.OfAction.Any() -> any.add(rule);
        case Scope.OfAction.Equal(EntityUid uid, At _) ->
            named.computeIfAbsent(uid, _ -> new ArrayList<>()).add(rule);
        case Scope.OfAction.In(List<EntityUid> groups, _, _) -> {
          actions.forEach(
              (uid, view) -> {
                if (groups.contains(uid) || groups.stream().anyMatch(view::isIn)) {
                  named.computeIfAbsent(uid, _ -> new ArrayList<>()).add(rule);
                }
              });
          undeclared.add(rule.askingAction(groups));
        }
      }
    }
    this.byAction = HashMap.newHashMap(named.size());
    named.forEach((uid, list) -> byAction.put(uid, Bucket.of(list)));
    this.anyAction = Bucket.of(any);
    this.undeclaredActions = Bucket.of(undeclared);
  }

  /**
   * Whether the request is permitted, as soon as that is certain.
   *
   * @param failClosed whether a forbid that fails refuses
   */
  public boolean permits(
      EntityUid principal,
      EntityUid action,
      EntityUid resource,
      RecordValue context,
      Entities entities,
      boolean failClosed) {
    Frame frame = frame();
    frame.enter(principal, action, resource, context, entities, actions);
    try {
      Bucket bucket = byAction.getOrDefault(action, Bucket.EMPTY);
      if (actions.containsKey(action)) {
        return (bucket.permits.any(frame, false) || anyAction.permits.any(frame, false))
            && !bucket.forbids.any(frame, failClosed)
            && !anyAction.forbids.any(frame, failClosed);
      }
      return (bucket.permits.any(frame, false)
              || anyAction.permits.any(frame, false)
              || undeclaredActions.permits.any(frame, false))
          && !bucket.forbids.any(frame, failClosed)
          && !anyAction.forbids.any(frame, failClosed)
          && !undeclaredActions.forbids.any(frame, failClosed);
    } finally {
      frame.leave();
    }
  }

  /** All that the request satisfies, and all that fails. */
  public Outcome evaluate(
      EntityUid principal,
      EntityUid action,
      EntityUid resource,
      RecordValue context,
      Entities entities) {
    Frame frame = new Frame();
    frame.enter(principal, action, resource, context, entities, actions);
    List<Bucket> buckets = new ArrayList<>();
    buckets.add(byAction.getOrDefault(action, Bucket.EMPTY));
    buckets.add(anyAction);
    if (!actions.containsKey(action)) {
      buckets.add(undeclaredActions);
    }
    List<Rule> permits = new ArrayList<>();
    List<Rule> forbids = new ArrayList<>();
    List<Rule> failed = new ArrayList<>();
    for (Bucket bucket : buckets) {
      evaluate(frame, bucket.permits, permits, failed);
      evaluate(frame, bucket.forbids, forbids, failed);
    }
    permits.sort(Rule.BY_ORDER);
    forbids.sort(Rule.BY_ORDER);
    failed.sort(Rule.BY_ORDER);
    return new Outcome(permits, forbids, failed);
  }

  private static void evaluate(
      Frame frame, RuleIndex index, List<Rule> satisfied, List<Rule> failed) {
    index.each(
        frame,
        rule -> {
          switch (rule.test(frame)) {
            case Node.TRUE -> satisfied.add(rule);
            case Node.FAILED -> {
              failed.add(rule);
              frame.clearFailure();
            }
            default -> {}
          }
        });
  }

  /** This thread's frame, or a new one where there is none to keep or it is in use. */
  private static Frame frame() {
    if (Thread.currentThread().isVirtual()) {
      return new Frame();
    }
    Frame frame = FRAMES.get();
    return frame.inUse ? new Frame() : frame;
  }
}

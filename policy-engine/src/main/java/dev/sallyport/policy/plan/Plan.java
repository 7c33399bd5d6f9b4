package dev.sallyport.policy.plan;

import dev.sallyport.policy.entity.Entities;
import dev.sallyport.policy.entity.EntityView;
import dev.sallyport.policy.syntax.At;
import dev.sallyport.policy.syntax.PolicyText;
import dev.sallyport.policy.syntax.Scope;
import dev.sallyport.policy.value.EntityUid;
import dev.sallyport.policy.value.RecordValue;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Predicate;

/**
 * A policy set ready to decide: for each action that the schema or a policy names, an index of the
 * permits and one of the forbids. Immutable; deciding threads share it.
 */
public final class Plan {
  private static final ThreadLocal<Frame> FRAMES = ThreadLocal.withInitial(Frame::new);

  private final Map<EntityUid, EntityView> actions;
  private final Map<EntityUid, Bucket> byAction;
  private final Bucket otherActions;

  /** The rules that can apply to one action. */
  private record Bucket(RuleIndex permits, RuleIndex forbids) {
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
    Set<EntityUid> known = new LinkedHashSet<>(actions.keySet());
    for (Rule rule : rules) {
      switch (rule.text().action()) {
        case Scope.OfAction.Any() -> {}
        case Scope.OfAction.Equal(EntityUid uid, At _) -> known.add(uid);
        case Scope.OfAction.In(List<EntityUid> uids, _, _) -> known.addAll(uids);
      }
    }
    this.byAction = HashMap.newHashMap(known.size());
    for (EntityUid action : known) {
      boolean declared = actions.containsKey(action);
      byAction.put(
          action,
          Bucket.of(
              rules.stream()
                  .filter(rule -> mayApply(rule, action))
                  .map(rule -> declared ? rule : rule.askingAction())
                  .toList()));
    }
    this.otherActions =
        Bucket.of(
            rules.stream()
                .filter(rule -> !(rule.text().action() instanceof Scope.OfAction.Equal))
                .map(Rule::askingAction)
                .toList());
  }

  /** Whether the head can say yes to the action; certain if the schema declares the action. */
  private boolean mayApply(Rule rule, EntityUid action) {
    return switch (rule.text().action()) {
      case Scope.OfAction.Any() -> true;
      case Scope.OfAction.Equal(EntityUid uid, At _) -> uid.equals(action);
      case Scope.OfAction.In(List<EntityUid> uids, _, _) -> {
        EntityView declared = actions.get(action);
        yield declared == null || uids.contains(action) || uids.stream().anyMatch(declared::isIn);
      }
    };
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
      Bucket bucket = byAction.getOrDefault(action, otherActions);
      return bucket.permits.any(frame, false) && !bucket.forbids.any(frame, failClosed);
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
    Bucket bucket = byAction.getOrDefault(action, otherActions);
    List<Rule> failed = new ArrayList<>();
    List<Rule> permits = satisfied(frame, bucket.permits, failed);
    List<Rule> forbids = satisfied(frame, bucket.forbids, failed);
    failed.sort(Rule.BY_ORDER);
    return new Outcome(permits, forbids, failed);
  }

  private static List<Rule> satisfied(Frame frame, RuleIndex index, List<Rule> failed) {
    List<Rule> satisfied = new ArrayList<>();
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
    satisfied.sort(Rule.BY_ORDER);
    return Collections.unmodifiableList(satisfied);
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

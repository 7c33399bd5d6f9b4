package dev.sallyport.policy.plan;

import dev.sallyport.policy.entity.Attributes;
import dev.sallyport.policy.entity.Entities;
import dev.sallyport.policy.entity.EntityView;
import dev.sallyport.policy.syntax.At;
import dev.sallyport.policy.syntax.PolicyText;
import dev.sallyport.policy.syntax.Scope;
import dev.sallyport.policy.value.EntityUid;
import dev.sallyport.policy.value.RecordValue;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * A policy set ready to decide: for each action that the schema or a policy names, an index of the
 * permits and one of the forbids. Immutable; deciding threads share it.
 */
public final class Plan {
  /**
   * The parts of the expressions in one class for both effects. Each action has one of its own, so
   * larger ones would be worth less than what it costs to make them.
   */
  private static final int WHOLE_SIZE_MAX = 400;

  private final Map<EntityUid, EntityView> actions;
  private final boolean failClosed;
  private final List<Attributes<?>> live;
  private final Form form;

  /**
   * For each action that is known: the rules whose head names it, or a group that the schema says
   * it is in; then those for every action, which stand once. Where no schema knows the action, also
   * those for groups of actions, which only the host can answer for.
   */
  private final UidTable<Bucket> byAction;

  /** What was made for some rules, while planning: many actions meet the same ones. */
  private final Map<Wanted, @Nullable Rules> made = new HashMap<>();

  private record Wanted(List<Rule> rules, boolean failureCounts) {}

  /** The same for both effects together. */
  private final Map<Whole, @Nullable Rules> wholes = new HashMap<>();

  private record Whole(List<Rule> permits, List<Rule> forbids) {}

  /** For all other actions. */
  private final Bucket elsewhere;

  /** How the rules that every request meets are asked. */
  public enum Form {
    /** Compiled to classes, but for what is too large. */
    COMPILED,
    /** As nodes. */
    INTERPRETED
  }

  /**
   * The rules of one effect that can apply to one action: those that every request meets, and
   * indexes of the others.
   */
  private static final class Part {
    private final @Nullable Rules general;
    private final RuleIndex[] indexes;

    Part(@Nullable Rules general, List<RuleIndex> indexes) {
      this.general = general;
      this.indexes = indexes.toArray(RuleIndex[]::new);
    }

    boolean any(
        EntityUid principal,
        EntityUid action,
        EntityUid resource,
        RecordValue context,
        Entities entities,
        @Nullable EntityView principalView,
        @Nullable EntityView resourceView) {
      for (RuleIndex index : indexes) {
        if (index.any(
            principal, action, resource, context, entities, principalView, resourceView)) {
          return true;
        }
      }
      return general != null
          && general.any(
              principal, action, resource, context, entities, principalView, resourceView);
    }
  }

  /** Both parts: whether any permit applies and no forbid. */
  private static final class Parts extends Rules {
    private final Part permits;
    private final Part forbids;

    Parts(Part permits, Part forbids) {
      this.permits = permits;
      this.forbids = forbids;
    }

    @Override
    boolean any(
        EntityUid principal,
        EntityUid action,
        EntityUid resource,
        RecordValue context,
        Entities entities,
        @Nullable EntityView principalView,
        @Nullable EntityView resourceView) {
      return permits.any(
              principal, action, resource, context, entities, principalView, resourceView)
          && !forbids.any(
              principal, action, resource, context, entities, principalView, resourceView);
    }
  }

  /**
   * All rules that can apply to one action.
   *
   * @param decision whether any permit applies and no forbid: one class, or {@link Parts}
   * @param indexes every rule, once
   */
  private record Bucket(Rules decision, List<Indexes> indexes) {}

  /** Some rules by effect. */
  private record Indexes(RuleIndex permits, RuleIndex forbids) {}

  /** What the evaluation of a set came to: rules in the order of the set. */
  public record Outcome(List<Rule> permits, List<Rule> forbids, List<Rule> failed) {}

  /**
   * Plans policies, templates left out.
   *
   * @param actions the actions of the schema, with their groups as ancestors; may be empty
   * @param failClosed whether a forbid that fails refuses
   * @param live how attributes of the host's classes are read
   */
  public Plan(
      List<PolicyText> policies,
      Map<EntityUid, EntityView> actions,
      boolean failClosed,
      List<Attributes<?>> live,
      Form form) {
    this.live = List.copyOf(live);
    this.actions = Map.copyOf(actions);
    this.failClosed = failClosed;
    this.form = form;
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
    actions.keySet().forEach(uid -> named.put(UidTable.familiar(uid), new ArrayList<>()));
    for (Rule rule : rules) {
      switch (rule.text().action()) {
        case Scope.OfAction.Any() -> {
          List<EntityUid> only = rule.onlyActions();
          if (only == null) {
            any.add(rule);
          } else {
            for (EntityUid uid : only) {
              named.computeIfAbsent(UidTable.familiar(uid), _ -> new ArrayList<>()).add(rule);
            }
          }
        }
        case Scope.OfAction.Equal(EntityUid uid, At _) ->
            named.computeIfAbsent(UidTable.familiar(uid), _ -> new ArrayList<>()).add(rule);
        case Scope.OfAction.In(List<EntityUid> groups, _, _) -> {
          actions.forEach(
              (uid, view) -> {
                if (groups.contains(uid) || groups.stream().anyMatch(view::isIn)) {
                  named.computeIfAbsent(UidTable.familiar(uid), _ -> new ArrayList<>()).add(rule);
                }
              });
          undeclared.add(rule.askingAction(groups));
        }
      }
    }
    Indexes anyAction = indexes(any);
    Indexes undeclaredActions = indexes(undeclared);
    this.byAction =
        UidTable.of(
            named,
            (uid, list) ->
                actions.containsKey(uid)
                    ? bucket(indexes(list), anyAction)
                    : bucket(indexes(list), anyAction, undeclaredActions));
    this.elsewhere = bucket(anyAction, undeclaredActions);
    made.clear();
    wholes.clear();
  }

  private Indexes indexes(List<Rule> rules) {
    return new Indexes(
        RuleIndex.outermost(
            rules.stream().filter(Rule::permit).toList(), false, some -> interpreted(some, false)),
        RuleIndex.outermost(
            rules.stream().filter(Predicate.not(Rule::permit)).toList(),
            failClosed,
            some -> interpreted(some, failClosed)));
  }

  private Bucket bucket(Indexes... indexes) {
    List<RuleIndex> permits = Arrays.stream(indexes).map(Indexes::permits).toList();
    List<RuleIndex> forbids = Arrays.stream(indexes).map(Indexes::forbids).toList();
    Rules whole = whole(permits, forbids);
    return new Bucket(
        whole != null ? whole : new Parts(part(permits, false), part(forbids, failClosed)),
        List.of(indexes));
  }

  /** All in one class; null if some are filed in indexes, or they are too large. */
  private @Nullable Rules whole(List<RuleIndex> permits, List<RuleIndex> forbids) {
    if (form != Form.COMPILED
        || !Stream.concat(permits.stream(), forbids.stream()).allMatch(RuleIndex::isEmpty)) {
      return null;
    }
    Whole wanted = new Whole(general(permits), general(forbids));
    int size = size(wanted.permits()) + size(wanted.forbids());
    if (wanted.permits().isEmpty()
        || size > WHOLE_SIZE_MAX
        || !isCompilable(wanted.permits())
        || !isCompilable(wanted.forbids())) {
      return null;
    }
    return wholes.computeIfAbsent(
        wanted,
        _ -> Compiler.decision(wanted.permits(), wanted.forbids(), failClosed, actions, live));
  }

  private static List<Rule> general(List<RuleIndex> indexes) {
    return indexes.stream().flatMap(index -> index.general().stream()).toList();
  }

  private static int size(List<Rule> rules) {
    return rules.stream().mapToInt(Rule::size).sum();
  }

  private static boolean isCompilable(List<Rule> rules) {
    return rules.stream().allMatch(rule -> rule.size() <= Compiler.RULE_SIZE_MAX);
  }

  private Part part(List<RuleIndex> indexes, boolean failureCounts) {
    List<Rule> general = general(indexes);
    return new Part(
        made.computeIfAbsent(
            new Wanted(general, failureCounts), _ -> rules(general, failureCounts)),
        indexes.stream().filter(Predicate.not(RuleIndex::isEmpty)).toList());
  }

  private @Nullable Rules rules(List<Rule> rules, boolean failureCounts) {
    return form == Form.COMPILED
            && !rules.isEmpty()
            && size(rules) <= Compiler.SIZE_MAX
            && isCompilable(rules)
        ? Compiler.compile(rules, failureCounts, actions, live)
        : interpreted(rules, failureCounts);
  }

  private @Nullable Rules interpreted(List<Rule> rules, boolean failureCounts) {
    return rules.isEmpty()
        ? null
        : new Rules.Interpreted(rules.toArray(Rule[]::new), failureCounts, actions);
  }

  /** Whether the request is permitted, as soon as that is certain. */
  public boolean permits(
      EntityUid principal,
      EntityUid action,
      EntityUid resource,
      RecordValue context,
      Entities entities) {
    EntityView principalView = Lookup.entity(principal, entities, actions);
    EntityView resourceView = Lookup.entity(resource, entities, actions);
    return bucket(action)
        .decision
        .any(principal, action, resource, context, entities, principalView, resourceView);
  }

  private Bucket bucket(EntityUid action) {
    Bucket found = byAction.get(action);
    return found == null ? elsewhere : found;
  }

  /** All that the request satisfies, and all that fails. */
  public Outcome evaluate(
      EntityUid principal,
      EntityUid action,
      EntityUid resource,
      RecordValue context,
      Entities entities) {
    Frame frame = new Frame();
    frame.enter(
        principal,
        action,
        resource,
        context,
        entities,
        actions,
        Lookup.entity(principal, entities, actions),
        Lookup.entity(resource, entities, actions));
    List<Rule> permits = new ArrayList<>();
    List<Rule> forbids = new ArrayList<>();
    List<Rule> failed = new ArrayList<>();
    for (Indexes indexes : bucket(action).indexes) {
      evaluate(frame, indexes.permits, permits, failed);
      evaluate(frame, indexes.forbids, forbids, failed);
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
}

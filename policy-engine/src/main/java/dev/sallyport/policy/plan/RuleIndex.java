package dev.sallyport.policy.plan;

import dev.sallyport.policy.entity.Entities;
import dev.sallyport.policy.entity.EntityView;
import dev.sallyport.policy.value.EntityUid;
import dev.sallyport.policy.value.RecordValue;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * The rules of one effect that can apply to one action, so arranged that a request meets few of
 * those it does not concern. Each rule stands in one place: under the entity its head names, the
 * most telling part first; else under the value that its first condition asks for; else among the
 * general ones. Where many share a place, that is an index again. Skipping the others is sound
 * because heads cannot fail, and because a first condition that fails does so for all rules filed
 * under it.
 */
final class RuleIndex {
  /** Up to so many different groups it is cheaper to ask for each than to walk all ancestors. */
  static final int ASKED_MAX = 12;

  /** Up to so many different entities it is cheaper to compare with each than to look one up. */
  static final int COMPARED_MAX = 8;

  private static final EntityUid[] NOWHERE = {};

  /** Those not filed under anything; for {@link #each}. */
  private final Rule[] general;

  /** The groups of which it is enough for the principal to be in one. */
  private final EntityUid[] groups;

  /** The other general ones, null if there are none or they are asked elsewhere. */
  private final @Nullable Rules rest;

  private final UidTable<RuleIndex> byResource;
  private final UidTable<RuleIndex> byPrincipal;
  private final UidTable<RuleIndex> byResourceGroup;
  private final UidTable<RuleIndex> byPrincipalGroup;
  private final ValueIndex[] byValue;

  /** How rules that share a place are asked; null if there are none. */
  interface Maker extends Function<List<Rule>, @Nullable Rules> {}

  /** An index of which the {@link #general} rules are asked elsewhere. */
  static RuleIndex outermost(List<Rule> rules, boolean failureCounts, Maker inner) {
    return new RuleIndex(rules, failureCounts, inner, true);
  }

  private RuleIndex(List<Rule> rules, boolean failureCounts, Maker maker, boolean outermost) {
    List<Rule> left = new ArrayList<>(rules);
    Function<List<Rule>, RuleIndex> inner =
        list -> new RuleIndex(list, failureCounts, maker, false);
    int compared = outermost ? COMPARED_MAX : 0;
    byResource =
        take(left, rule -> rule.resource().equal(), Rule::withResourceFound, compared, inner);
    byPrincipal =
        take(left, rule -> rule.principal().equal(), Rule::withPrincipalFound, compared, inner);
    byResourceGroup =
        take(left, rule -> rule.resource().in(), Rule::withResourceInFound, ASKED_MAX, inner);
    byPrincipalGroup =
        take(left, rule -> rule.principal().in(), Rule::withPrincipalInFound, ASKED_MAX, inner);
    byValue = ValueIndex.take(left, failureCounts, inner);
    general = left.toArray(Rule[]::new);
    if (outermost) {
      groups = NOWHERE;
      rest = null;
    } else {
      groups =
          left.stream()
              .filter(Rule::asksOnlyGroup)
              .map(rule -> rule.principal().in())
              // Made anew, one after the other, so that they lie together in memory.
              .map(uid -> EntityUid.of(uid.type(), uid.id()))
              .toArray(EntityUid[]::new);
      rest = maker.apply(left.stream().filter(rule -> !rule.asksOnlyGroup()).toList());
    }
  }

  /** The rules filed under nothing. */
  List<Rule> general() {
    return List.of(general);
  }

  /** Whether all rules are general. */
  boolean isEmpty() {
    return byResource.isEmpty()
        && byPrincipal.isEmpty()
        && byResourceGroup.isEmpty()
        && byPrincipalGroup.isEmpty()
        && byValue.length == 0;
  }

  /** Moves the rules that have a key out of {@code rules}, if they have more keys than that. */
  private static UidTable<RuleIndex> take(
      List<Rule> rules,
      Function<Rule, @Nullable EntityUid> key,
      UnaryOperator<Rule> placed,
      int keysLeft,
      Function<List<Rule>, RuleIndex> inner) {
    Map<EntityUid, List<Rule>> byKey = new LinkedHashMap<>();
    for (Rule rule : rules) {
      EntityUid uid = key.apply(rule);
      if (uid != null) {
        byKey.computeIfAbsent(uid, _ -> new ArrayList<>()).add(placed.apply(rule));
      }
    }
    if (byKey.size() <= keysLeft) {
      return UidTable.of(Map.<EntityUid, List<Rule>>of(), (_, list) -> inner.apply(list));
    }
    rules.removeIf(rule -> key.apply(rule) != null);
    return UidTable.of(byKey, (_, list) -> inner.apply(list));
  }

  /** As {@link Rules#any}; an outermost index leaves its general rules out. */
  boolean any(
      EntityUid principal,
      EntityUid action,
      EntityUid resource,
      RecordValue context,
      Entities entities,
      @Nullable EntityView principalView,
      @Nullable EntityView resourceView) {
    for (EntityUid group : groups) {
      if (principal.equals(group) || (principalView != null && principalView.isIn(group))) {
        return true;
      }
    }
    if (rest != null
        && rest.any(principal, action, resource, context, entities, principalView, resourceView)) {
      return true;
    }
    if (!byResource.isEmpty()) {
      RuleIndex found = byResource.get(resource);
      if (found != null
          && found.any(
              principal, action, resource, context, entities, principalView, resourceView)) {
        return true;
      }
    }
    if (!byPrincipal.isEmpty()) {
      RuleIndex found = byPrincipal.get(principal);
      if (found != null
          && found.any(
              principal, action, resource, context, entities, principalView, resourceView)) {
        return true;
      }
    }
    for (ValueIndex index : byValue) {
      if (index.any(principal, action, resource, context, entities, principalView, resourceView)) {
        return true;
      }
    }
    return (!byResourceGroup.isEmpty()
            && anyGroup(
                byResourceGroup,
                resource,
                resourceView,
                principal,
                action,
                resource,
                context,
                entities,
                principalView,
                resourceView))
        || (!byPrincipalGroup.isEmpty()
            && anyGroup(
                byPrincipalGroup,
                principal,
                principalView,
                principal,
                action,
                resource,
                context,
                entities,
                principalView,
                resourceView));
  }

  private static boolean anyGroup(
      UidTable<RuleIndex> byGroup,
      EntityUid uid,
      @Nullable EntityView view,
      EntityUid principal,
      EntityUid action,
      EntityUid resource,
      RecordValue context,
      Entities entities,
      @Nullable EntityView principalView,
      @Nullable EntityView resourceView) {
    RuleIndex found = byGroup.get(uid);
    if (found != null
        && found.any(principal, action, resource, context, entities, principalView, resourceView)) {
      return true;
    }
    if (view != null) {
      for (EntityUid ancestor : view.ancestors()) {
        found = byGroup.get(ancestor);
        if (found != null
            && found.any(
                principal, action, resource, context, entities, principalView, resourceView)) {
          return true;
        }
      }
    }
    return false;
  }

  /** Every rule that the request could concern, each once. */
  void each(Frame frame, Consumer<Rule> visitor) {
    for (Rule rule : general) {
      visitor.accept(rule);
    }
    visit(byResource.get(frame.resource), frame, visitor);
    visit(byPrincipal.get(frame.principal), frame, visitor);
    visitGroups(byResourceGroup, frame.resource, frame, visitor);
    visitGroups(byPrincipalGroup, frame.principal, frame, visitor);
    for (ValueIndex index : byValue) {
      index.each(frame, visitor);
    }
  }

  private static void visitGroups(
      UidTable<RuleIndex> byGroup, EntityUid uid, Frame frame, Consumer<Rule> visitor) {
    EntityView view = byGroup.isEmpty() ? null : frame.entity(uid);
    visit(byGroup.get(uid), frame, visitor);
    if (view != null) {
      for (EntityUid ancestor : view.ancestors()) {
        if (!ancestor.equals(uid)) {
          visit(byGroup.get(ancestor), frame, visitor);
        }
      }
    }
  }

  private static void visit(@Nullable RuleIndex found, Frame frame, Consumer<Rule> visitor) {
    if (found != null) {
      found.each(frame, visitor);
    }
  }
}

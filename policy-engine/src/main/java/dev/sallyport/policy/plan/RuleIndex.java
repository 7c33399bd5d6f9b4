package dev.sallyport.policy.plan;

import dev.sallyport.policy.entity.EntityView;
import dev.sallyport.policy.value.EntityUid;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * The rules of one effect that can apply to one action, so arranged that a request meets few of
 * those it does not concern. Each rule stands in exactly one place: under the entity its head
 * names, the most telling part first, or among the general ones. Skipping the others is sound
 * because heads cannot fail.
 */
final class RuleIndex {
  /** Up to so many different groups it is cheaper to ask for each than to walk all ancestors. */
  private static final int GROUPS_ASKED_MAX = 8;

  private static final Rule[] NONE = {};

  private final Rule[] general;
  private final Map<EntityUid, Rule[]> byResource;
  private final Map<EntityUid, Rule[]> byPrincipal;
  private final Map<EntityUid, Rule[]> byResourceGroup;
  private final Map<EntityUid, Rule[]> byPrincipalGroup;

  RuleIndex(List<Rule> rules) {
    List<Rule> rest = new ArrayList<>(rules);
    byResource = take(rest, rule -> rule.resource().equal(), Rule::withResourceFound, 0);
    byPrincipal = take(rest, rule -> rule.principal().equal(), Rule::withPrincipalFound, 0);
    // A type beside the group is still to be asked for.
    byResourceGroup = take(rest, rule -> rule.resource().in(), rule -> rule, GROUPS_ASKED_MAX);
    byPrincipalGroup = take(rest, rule -> rule.principal().in(), rule -> rule, GROUPS_ASKED_MAX);
    general = rest.toArray(Rule[]::new);
  }

  /** Moves the rules that have a key out of {@code rest}, if they have more keys than that. */
  private static Map<EntityUid, Rule[]> take(
      List<Rule> rest,
      Function<Rule, @Nullable EntityUid> key,
      UnaryOperator<Rule> placed,
      int keysLeft) {
    Map<EntityUid, List<Rule>> byKey = new LinkedHashMap<>();
    for (Rule rule : rest) {
      EntityUid uid = key.apply(rule);
      if (uid != null) {
        byKey.computeIfAbsent(uid, _ -> new ArrayList<>()).add(placed.apply(rule));
      }
    }
    if (byKey.size() <= keysLeft) {
      return Map.of();
    }
    rest.removeIf(rule -> key.apply(rule) != null);
    Map<EntityUid, Rule[]> index = HashMap.newHashMap(byKey.size());
    byKey.forEach((uid, rules) -> index.put(uid, rules.toArray(Rule[]::new)));
    return index;
  }

  /** Whether any rule is satisfied; with {@code strict}, or fails. Stops at the first. */
  boolean any(Frame frame, boolean strict) {
    if (any(frame, strict, general)) {
      return true;
    }
    if (!byResource.isEmpty()
        && any(frame, strict, byResource.getOrDefault(frame.resource, NONE))) {
      return true;
    }
    if (!byPrincipal.isEmpty()
        && any(frame, strict, byPrincipal.getOrDefault(frame.principal, NONE))) {
      return true;
    }
    return (!byResourceGroup.isEmpty()
            && anyGroup(frame, strict, byResourceGroup, frame.resource, frame.resourceView()))
        || (!byPrincipalGroup.isEmpty()
            && anyGroup(frame, strict, byPrincipalGroup, frame.principal, frame.principalView()));
  }

  private static boolean anyGroup(
      Frame frame,
      boolean strict,
      Map<EntityUid, Rule[]> byGroup,
      EntityUid uid,
      @Nullable EntityView view) {
    if (any(frame, strict, byGroup.getOrDefault(uid, NONE))) {
      return true;
    }
    if (view != null) {
      for (EntityUid ancestor : view.ancestors()) {
        Rule[] rules = byGroup.get(ancestor);
        if (rules != null && any(frame, strict, rules)) {
          return true;
        }
      }
    }
    return false;
  }

  private static boolean any(Frame frame, boolean strict, Rule[] rules) {
    for (Rule rule : rules) {
      int result = rule.test(frame);
      if (result == Node.TRUE) {
        return true;
      }
      if (result == Node.FAILED) {
        frame.clearFailure();
        if (strict) {
          return true;
        }
      }
    }
    return false;
  }

  /** Every rule that the request could concern. */
  void each(Frame frame, Consumer<Rule> visitor) {
    visit(general, visitor);
    visit(byResource.getOrDefault(frame.resource, NONE), visitor);
    visit(byPrincipal.getOrDefault(frame.principal, NONE), visitor);
    if (!byResourceGroup.isEmpty()) {
      visitGroups(byResourceGroup, frame.resource, frame.resourceView(), visitor);
    }
    if (!byPrincipalGroup.isEmpty()) {
      visitGroups(byPrincipalGroup, frame.principal, frame.principalView(), visitor);
    }
  }

  private static void visitGroups(
      Map<EntityUid, Rule[]> byGroup,
      EntityUid uid,
      @Nullable EntityView view,
      Consumer<Rule> visitor) {
    visit(byGroup.getOrDefault(uid, NONE), visitor);
    if (view != null) {
      for (EntityUid ancestor : view.ancestors()) {
        if (!ancestor.equals(uid)) {
          visit(byGroup.getOrDefault(ancestor, NONE), visitor);
        }
      }
    }
  }

  private static void visit(Rule[] rules, Consumer<Rule> visitor) {
    for (Rule rule : rules) {
      visitor.accept(rule);
    }
  }
}

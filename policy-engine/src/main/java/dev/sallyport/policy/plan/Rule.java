package dev.sallyport.policy.plan;

import dev.sallyport.policy.syntax.At;
import dev.sallyport.policy.syntax.PolicyText;
import dev.sallyport.policy.syntax.Scope;
import dev.sallyport.policy.value.EntityUid;
import java.util.Comparator;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** One policy, planned. */
public final class Rule {
  /** The order of the policy set. */
  public static final Comparator<Rule> BY_ORDER = Comparator.comparingInt(Rule::order);

  private final PolicyText text;
  private final int order;
  private final Head principal;
  private final Head resource;

  /** What the action must be in, where no index settles it; empty for any. */
  private final List<EntityUid> actionGroups;

  private final Node[] conditions;

  /** Whether the action must be asked at run time, because no schema declares it. */
  private final boolean asksAction;

  private Rule(
      PolicyText text,
      int order,
      Head principal,
      Head resource,
      List<EntityUid> actionGroups,
      Node[] conditions,
      boolean asksAction) {
    this.text = text;
    this.order = order;
    this.principal = principal;
    this.resource = resource;
    this.actionGroups = actionGroups;
    this.conditions = conditions;
    this.asksAction = asksAction;
  }

  /** The same rule for actions whose groups only the host knows. */
  Rule askingAction() {
    return new Rule(text, order, principal, resource, actionGroups, conditions, true);
  }

  static Rule of(PolicyText text, int order, Planner planner) {
    List<EntityUid> groups =
        switch (text.action()) {
          case Scope.OfAction.Any() -> List.of();
          case Scope.OfAction.Equal(EntityUid uid, At _) -> List.of(uid);
          case Scope.OfAction.In(List<EntityUid> uids, boolean _, At _) -> uids;
        };
    Node[] conditions =
        text.conditions().stream()
            .map(
                condition -> {
                  Node body = planner.plan(condition.body());
                  return condition.unless() ? new LogicNodes.Not(body) : body;
                })
            .toArray(Node[]::new);
    return new Rule(
        text,
        order,
        Head.of(text.principal()),
        Head.of(text.resource()),
        groups,
        conditions,
        false);
  }

  /** The policy as written. */
  public PolicyText text() {
    return text;
  }

  int order() {
    return order;
  }

  boolean permit() {
    return text.permit();
  }

  Head principal() {
    return principal;
  }

  Head resource() {
    return resource;
  }

  /** Whether the head says yes to the action, asking the host for its groups. */
  private boolean appliesTo(Frame frame, EntityUid action) {
    return switch (text.action()) {
      case Scope.OfAction.Any() -> true;
      case Scope.OfAction.Equal(EntityUid uid, At _) -> uid.equals(action);
      case Scope.OfAction.In(_, _, _) -> {
        for (EntityUid group : actionGroups) {
          if (EntityNodes.isIn(frame, action, group)) {
            yield true;
          }
        }
        yield false;
      }
    };
  }

  /** Head and conditions; the action is known to fit. {@link Node#test} answers. */
  int test(Frame frame) {
    if (asksAction && !appliesTo(frame, frame.action)) {
      return Node.FALSE;
    }
    if (!principal.matchesPrincipal(frame) || !resource.matchesResource(frame)) {
      return Node.FALSE;
    }
    for (Node condition : conditions) {
      int result = condition.test(frame);
      if (result != Node.TRUE) {
        return result;
      }
    }
    return Node.TRUE;
  }

  /**
   * What the head of a policy asks of the principal or the resource.
   *
   * @param equal the only entity it may be
   * @param in what it must be in
   * @param type what it must be
   */
  record Head(@Nullable EntityUid equal, @Nullable EntityUid in, @Nullable String type) {
    static Head of(Scope scope) {
      Scope.Ref ref = scope.reference();
      EntityUid uid = ref == null ? null : ref.uid();
      String type = scope.type();
      return new Head(
          scope instanceof Scope.Equal ? uid : null,
          scope instanceof Scope.In || scope instanceof Scope.IsIn ? uid : null,
          type == null ? null : type.intern());
    }

    boolean matchesPrincipal(Frame frame) {
      return matches(frame, frame.principal);
    }

    boolean matchesResource(Frame frame) {
      return matches(frame, frame.resource);
    }

    private boolean matches(Frame frame, EntityUid uid) {
      if (type != null && !uid.type().equals(type)) {
        return false;
      }
      if (equal != null) {
        return uid.equals(equal);
      }
      return in == null || EntityNodes.isIn(frame, uid, in);
    }
  }
}

package dev.sallyport.policy.plan;

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

  private final Node[] conditions;

  // What a test has yet to ask; null where the place in the index has answered it.
  private final @Nullable Head askedPrincipal;
  private final @Nullable Head askedResource;

  /** The groups of which the action must be in one, where no schema says whether it is. */
  private final @Nullable List<EntityUid> askedGroups;

  private Rule(
      PolicyText text,
      int order,
      Node[] conditions,
      @Nullable Head askedPrincipal,
      @Nullable Head askedResource,
      @Nullable List<EntityUid> askedGroups) {
    this.text = text;
    this.order = order;
    this.principal = Head.of(text.principal());
    this.resource = Head.of(text.resource());
    this.conditions = conditions;
    this.askedPrincipal = askedPrincipal == null || askedPrincipal.isAny() ? null : askedPrincipal;
    this.askedResource = askedResource == null || askedResource.isAny() ? null : askedResource;
    this.askedGroups = askedGroups;
  }

  /** The same rule for actions whose groups only the host knows. */
  Rule askingAction(List<EntityUid> groups) {
    return new Rule(text, order, conditions, askedPrincipal, askedResource, groups);
  }

  /** The same rule where the index has found the principal. */
  Rule withPrincipalFound() {
    return new Rule(text, order, conditions, null, askedResource, askedGroups);
  }

  /** The same rule where the index has found the resource. */
  Rule withResourceFound() {
    return new Rule(text, order, conditions, askedPrincipal, null, askedGroups);
  }

  static Rule of(PolicyText text, int order, Planner planner) {
    Node[] conditions =
        text.conditions().stream()
            .map(
                condition -> {
                  Node body = planner.plan(condition.body());
                  return condition.unless() ? new LogicNodes.Not(body) : body;
                })
            .toArray(Node[]::new);
    return new Rule(
        text, order, conditions, Head.of(text.principal()), Head.of(text.resource()), null);
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

  /** Head and conditions; the action is known to fit. {@link Node#test} answers. */
  int test(Frame frame) {
    if ((askedPrincipal != null && !askedPrincipal.matches(frame, frame.principal))
        || (askedResource != null && !askedResource.matches(frame, frame.resource))
        || (askedGroups != null && !isActionIn(frame, askedGroups))) {
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

  private static boolean isActionIn(Frame frame, List<EntityUid> groups) {
    for (int i = 0; i < groups.size(); i++) {
      if (EntityNodes.isIn(frame, frame.action, groups.get(i))) {
        return true;
      }
    }
    return false;
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

    boolean isAny() {
      return equal == null && in == null && type == null;
    }

    boolean matches(Frame frame, EntityUid uid) {
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

package dev.sallyport.policy.plan;

import dev.sallyport.policy.plan.Rule.Head;
import dev.sallyport.policy.value.EntityUid;
import dev.sallyport.policy.value.SetValue;
import dev.sallyport.policy.value.Value;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A policy with what its conditions say of the principal, the resource and the action moved into
 * its head, where the index finds it: {@code when { resource == Room::"a" && … }} is as good as
 * {@code resource == Room::"a"} in the head. Only conditions at the beginning are moved, before any
 * that can fail: those moved cannot, so their order does not matter.
 *
 * @param actions the only actions the policy can apply to; null if it says nothing of that
 * @param rest the conditions left
 */
record Lifted(Head principal, Head resource, @Nullable List<EntityUid> actions, List<Node> rest) {

  /**
   * @param anyAction whether the head leaves the action open
   */
  static Lifted of(Head principal, Head resource, boolean anyAction, List<Node> conditions) {
    Head newPrincipal = principal;
    Head newResource = resource;
    List<EntityUid> actions = null;
    List<Node> rest = new ArrayList<>();
    for (int i = 0; i < conditions.size(); i++) {
      Node condition = conditions.get(i);
      Head said = said(condition);
      List<EntityUid> named = actions(condition);
      if (said == null && named == null) {
        rest.addAll(conditions.subList(i, conditions.size()));
        break;
      }
      Head joined = null;
      if (said != null && isOfPrincipal(condition)) {
        joined = newPrincipal.and(said);
        newPrincipal = joined == null ? newPrincipal : joined;
      } else if (said != null) {
        joined = newResource.and(said);
        newResource = joined == null ? newResource : joined;
      } else if (anyAction && actions == null) {
        actions = named;
        continue;
      }
      if (joined == null) {
        rest.add(condition);
      }
    }
    return new Lifted(newPrincipal, newResource, actions, rest);
  }

  private static boolean isOfPrincipal(Node condition) {
    return subject(condition) instanceof LogicNodes.Principal;
  }

  /** Whom a test is about that cannot fail if it is about a variable; else null. */
  private static @Nullable Node subject(Node condition) {
    return switch (condition) {
      case LogicNodes.EqualsConstant equals -> equals.operand();
      case EntityNodes.In in -> in.left();
      case EntityNodes.Is is -> is.target();
      default -> null;
    };
  }

  /** What the condition says of the principal or the resource; null if it is about neither. */
  private static @Nullable Head said(Node condition) {
    Node subject = subject(condition);
    if (!(subject instanceof LogicNodes.Principal) && !(subject instanceof LogicNodes.Resource)) {
      return null;
    }
    return switch (condition) {
      case LogicNodes.EqualsConstant equals when equals.wanted() instanceof EntityUid uid ->
          new Head(UidTable.familiar(uid), null, null);
      case EntityNodes.In in when in.right().constant() instanceof EntityUid uid ->
          new Head(null, UidTable.familiar(uid), null);
      case EntityNodes.Is is -> new Head(null, null, is.type());
      default -> null;
    };
  }

  /** The actions that the condition allows; null if it is not about the action alone. */
  private static @Nullable List<EntityUid> actions(Node condition) {
    return switch (condition) {
      case LogicNodes.EqualsConstant equals when equals.operand() instanceof LogicNodes.Action ->
          uids(List.of(equals.wanted()));
      case CollectionNodes.Contains contains
          when contains.element() instanceof LogicNodes.Action
              && contains.set().constant() instanceof SetValue set ->
          uids(set.elements());
      default -> null;
    };
  }

  /** Other values than entities are no actions. */
  private static List<EntityUid> uids(List<Value> values) {
    return values.stream().filter(EntityUid.class::isInstance).map(EntityUid.class::cast).toList();
  }
}

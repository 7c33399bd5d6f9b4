package dev.sallyport.policy.plan;

import dev.sallyport.policy.entity.EntityView;
import dev.sallyport.policy.syntax.PolicyText;
import dev.sallyport.policy.syntax.Scope;
import dev.sallyport.policy.value.EntityUid;
import java.lang.classfile.Label;
import java.lang.classfile.Opcode;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** One policy, planned. */
public final class Rule {
  /** The order of the policy set. */
  public static final Comparator<Rule> BY_ORDER = Comparator.comparingInt(Rule::order);

  private final PolicyText text;
  private final int order;
  private final int size;
  private final Node[] conditions;

  // What a test has yet to ask: less and less, as places in the index answer it.
  private final Head principal;
  private final Head resource;

  /** The groups of which the action must be in one, where no schema says whether it is. */
  private final @Nullable List<EntityUid> groups;

  /** The only actions it can apply to, though its head names none; null if it can to all. */
  private final @Nullable List<EntityUid> onlyActions;

  private Rule(
      PolicyText text,
      int order,
      int size,
      Node[] conditions,
      Head principal,
      Head resource,
      @Nullable List<EntityUid> groups,
      @Nullable List<EntityUid> onlyActions) {
    this.text = text;
    this.order = order;
    this.size = size;
    this.conditions = conditions;
    this.principal = principal;
    this.resource = resource;
    this.groups = groups;
    this.onlyActions = onlyActions;
  }

  static Rule of(PolicyText text, int order, Planner planner) {
    int size = 1;
    for (PolicyText.Condition condition : text.conditions()) {
      size += Planner.size(condition.body(), Compiler.RULE_SIZE_MAX);
    }
    List<Node> terms = new ArrayList<>();
    for (PolicyText.Condition condition : text.conditions()) {
      Node body = planner.plan(condition.body());
      terms.addAll(condition.unless() ? List.of(new LogicNodes.Not(body)) : body.terms());
    }
    Lifted lifted =
        Lifted.of(
            Head.of(text.principal()),
            Head.of(text.resource()),
            text.action() instanceof Scope.OfAction.Any,
            terms);
    return new Rule(
        text,
        order,
        size,
        lifted.rest().toArray(Node[]::new),
        lifted.principal(),
        lifted.resource(),
        null,
        lifted.actions());
  }

  private Rule with(Head newPrincipal, Head newResource) {
    return new Rule(text, order, size, conditions, newPrincipal, newResource, groups, onlyActions);
  }

  /** The same rule for actions whose groups only the host knows. */
  Rule askingAction(List<EntityUid> newGroups) {
    return new Rule(
        text,
        order,
        size + newGroups.size(),
        conditions,
        principal,
        resource,
        newGroups,
        onlyActions);
  }

  /** The same rule where the index has found the principal itself. */
  Rule withPrincipalFound() {
    return with(principal.withoutEqual(), resource);
  }

  /** The same rule where the index has found the resource itself. */
  Rule withResourceFound() {
    return with(principal, resource.withoutEqual());
  }

  /** The same rule where the index has found the principal's group. */
  Rule withPrincipalInFound() {
    return with(principal.withoutIn(), resource);
  }

  /** The same rule where the index has found the resource's group. */
  Rule withResourceInFound() {
    return with(principal, resource.withoutIn());
  }

  /** The same rule where the index has found the answer to its {@link #question}. */
  Rule withAnswer() {
    return new Rule(
        text,
        order,
        size,
        Arrays.copyOfRange(conditions, 1, conditions.length),
        principal,
        resource,
        groups,
        onlyActions);
  }

  /** What its first condition asks, if the index can answer that. */
  ValueIndex.@Nullable Question question() {
    return conditions.length == 0 || groups != null ? null : conditions[0].question();
  }

  /** The only actions it can apply to, though its head names none; null if it can to all. */
  @Nullable List<EntityUid> onlyActions() {
    return onlyActions;
  }

  /** The policy as written. */
  public PolicyText text() {
    return text;
  }

  int order() {
    return order;
  }

  /** The parts of its conditions, counted no further than {@link Compiler#RULE_SIZE_MAX} each. */
  int size() {
    return size;
  }

  boolean permit() {
    return text.permit();
  }

  /** What is yet to be asked of the principal. */
  Head principal() {
    return principal;
  }

  /** What is yet to be asked of the resource. */
  Head resource() {
    return resource;
  }

  /** Whether being in {@code principal().in()} is all that is asked. */
  boolean asksOnlyGroup() {
    return conditions.length == 0
        && groups == null
        && resource.isAny()
        && principal.in() != null
        && principal.equal() == null
        && principal.type() == null;
  }

  /** Head and conditions; the action is known to fit. {@link Node#test} answers. */
  int test(Frame frame) {
    if (!principal.matches(frame.principal, frame.principalView())
        || !resource.matches(frame.resource, frame.resourceView())
        || (groups != null && !isActionIn(frame, groups))) {
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

  /** Writes {@link #test}. */
  void write(Code code, Label yes, Label no, Label failed) {
    principal.write(code, Code.PRINCIPAL, no);
    resource.write(code, Code.RESOURCE, no);
    if (groups != null) {
      Label fits = code.label();
      for (EntityUid group : groups) {
        code.constant(group, EntityUid.class);
        code.isIn(Code.ACTION, code.store(), fits);
      }
      code.jump(no);
      code.bind(fits);
    }
    if (conditions.length == 0) {
      code.jump(yes);
    } else {
      LogicNodes.AndAll.write(code, conditions, yes, no, failed);
    }
  }

  /**
   * What the head of a policy asks of the principal or the resource.
   *
   * @param equal the only entity it may be
   * @param in what it must be in
   * @param type what it must be
   */
  record Head(@Nullable EntityUid equal, @Nullable EntityUid in, @Nullable String type) {
    static final Head ANY = new Head(null, null, null);

    static Head of(Scope scope) {
      Scope.Ref ref = scope.reference();
      EntityUid named = ref == null ? null : ref.uid();
      EntityUid uid = named == null ? null : UidTable.familiar(named);
      String type = scope.type();
      return new Head(
          scope instanceof Scope.Equal ? uid : null,
          scope instanceof Scope.In || scope instanceof Scope.IsIn ? uid : null,
          type == null ? null : type.intern());
    }

    Head withoutEqual() {
      return in == null && type == null ? ANY : new Head(null, in, type);
    }

    Head withoutIn() {
      return equal == null && type == null ? ANY : new Head(equal, null, type);
    }

    boolean isAny() {
      return equal == null && in == null && type == null;
    }

    /** Both, in one head; null if they do not fit into one. */
    @Nullable Head and(Head other) {
      if ((equal != null && other.equal != null)
          || (in != null && other.in != null)
          || (type != null && other.type != null)) {
        return null;
      }
      return new Head(
          equal != null ? equal : other.equal,
          in != null ? in : other.in,
          type != null ? type : other.type);
    }

    boolean matches(EntityUid uid, @Nullable EntityView view) {
      return (type == null || uid.type().equals(type))
          && (equal == null || uid.equals(equal))
          && (in == null || uid.equals(in) || (view != null && view.isIn(in)));
    }

    /** Writes {@link #matches}; goes on if it does. */
    void write(Code code, int uid, Label no) {
      if (type != null) {
        code.load(uid);
        code.callOn(EntityUid.class, "type", String.class);
        code.constant(type, String.class);
        code.callOn(String.class, "equals", boolean.class, Object.class);
        code.jumpIf(Opcode.IFEQ, no);
      }
      if (equal != null) {
        code.constant(equal, EntityUid.class);
        code.load(uid);
        code.callOn(EntityUid.class, "equals", boolean.class, Object.class);
        code.jumpIf(Opcode.IFEQ, no);
      }
      if (in != null) {
        Label fits = code.label();
        code.constant(in, EntityUid.class);
        code.isIn(uid, code.store(), fits);
        code.jump(no);
        code.bind(fits);
      }
    }
  }
}

package dev.sallyport.policy.check;

import dev.sallyport.policy.diagnostic.Problem;
import dev.sallyport.policy.diagnostic.ProblemCode;
import dev.sallyport.policy.schema.Type;
import dev.sallyport.policy.schema.Vocabulary;
import dev.sallyport.policy.syntax.At;
import dev.sallyport.policy.syntax.Children;
import dev.sallyport.policy.syntax.Expr;
import dev.sallyport.policy.syntax.PolicyText;
import dev.sallyport.policy.syntax.Scope;
import dev.sallyport.policy.syntax.Spelling;
import dev.sallyport.policy.value.EntityUid;
import dev.sallyport.policy.value.StringValue;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.IdentityHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Validates policies in strict mode. Immutable. */
public final class PolicyChecker {
  private final Vocabulary vocabulary;

  public PolicyChecker(Vocabulary vocabulary) {
    this.vocabulary = vocabulary;
  }

  /** All problems and warnings of one policy or template, in the order of its text. */
  public List<Problem> check(PolicyText policy) {
    Set<Problem> problems = new LinkedHashSet<>();
    new References(policy, problems).check();
    boolean undeclared =
        problems.stream()
            .anyMatch(
                problem ->
                    problem.code() == ProblemCode.UNKNOWN_ACTION
                        || problem.code() == ProblemCode.UNKNOWN_ENTITY_TYPE);
    // The conditions of a link are checked with its template.
    boolean isLink = policy.link() != null;
    Typing.Problems sink =
        (code, message, at, help) -> problems.add(problem(policy, code, message, at, help));
    boolean applies = false;
    // What is certainly false, or true after `unless`; more than one if environments differ.
    IdentityHashMap<Expr, Boolean> impossible = new IdentityHashMap<>();
    if (isLink
        && policy.action() instanceof Scope.OfAction.In(List<EntityUid> uids, boolean _, At _)
        && !vocabulary.actions().keySet().containsAll(uids)) {
      // The template is told what is wrong with its list; as in the reference, no link applies.
      problems.add(neverApplies(policy));
      return List.copyOf(problems);
    }
    boolean possible = !isLink && headHasNoType(policy, sink);
    for (Vocabulary.Action action : actions(policy.action())) {
      for (String principal : action.principals()) {
        if (!admits(policy.principal(), principal)) {
          continue;
        }
        for (String resource : action.resources()) {
          if (!admits(policy.resource(), resource)) {
            continue;
          }
          applies = true;
          if (isLink) {
            possible = true;
            continue;
          }
          Environment environment =
              new Environment(principal, action.uid(), resource, action.context());
          possible |= isPossible(policy, environment, sink, impossible);
        }
      }
    }
    // Each cause is told once: that nothing applies follows from a name that is not declared, and
    // that all is false from there being nothing that applies.
    if (!applies && (isLink || !undeclared)) {
      problems.add(neverApplies(policy));
    } else if (applies && !possible && !undeclared) {
      problems.add(impossible(policy, impossible));
    }
    List<Problem> sorted = new ArrayList<>(problems);
    sorted.sort(Comparator.comparingInt(p -> p.span() == null ? 0 : p.span().start()));
    return sorted;
  }

  private static Problem neverApplies(PolicyText policy) {
    return problem(
        policy,
        ProblemCode.NEVER_APPLIES,
        "no action of the schema applies to such a principal and resource",
        policy.at(),
        "see `appliesTo` of the action");
  }

  /**
   * Whether a part of the head has no type, so that nothing can be said about what the policy will
   * be: entities of undeclared types, and lists of actions that make no set. Parts to the right of
   * one that is certainly false are never looked at.
   */
  private boolean headHasNoType(PolicyText policy, Typing.Problems sink) {
    boolean reached =
        vocabulary.actions().values().stream()
            .anyMatch(
                action ->
                    action.principals().stream()
                        .anyMatch(type -> admits(policy.principal(), type)));
    boolean undeclared = namesUndeclaredEntity(policy.principal());
    boolean noSet = (reached || undeclared) && actionsHaveNoType(policy.action(), sink);
    return undeclared || noSet;
  }

  private boolean namesUndeclaredEntity(Scope scope) {
    Scope.Ref ref = scope.reference();
    EntityUid uid = ref == null ? null : ref.uid();
    return uid != null
        && !vocabulary.entityTypes().containsKey(uid.type())
        && !vocabulary.actions().containsKey(uid);
  }

  private boolean actionsHaveNoType(Scope.OfAction scope, Typing.Problems sink) {
    if (!(scope instanceof Scope.OfAction.In(List<EntityUid> uids, boolean list, At at))) {
      return false;
    }
    if (uids.isEmpty()) {
      sink.add(
          ProblemCode.EMPTY_SET,
          "an empty list of actions has no type, and no action is in it",
          at,
          "name an action, or leave `in []` out");
      return true;
    }
    if (!list) {
      return false;
    }
    if (uids.stream().anyMatch(uid -> !vocabulary.actions().containsKey(uid))) {
      return true;
    }
    String first = uids.getFirst().type();
    for (EntityUid uid : uids) {
      if (!uid.type().equals(first)) {
        sink.add(
            ProblemCode.INCOMPATIBLE_TYPES,
            "types `" + first + "` and `" + uid.type() + "` do not go together",
            at,
            "write one policy for the actions of each namespace");
        return true;
      }
    }
    return false;
  }

  private static Problem problem(
      PolicyText policy, ProblemCode code, String message, At at, @Nullable String help) {
    return new Problem(code, message, policy.span(at), policy.id(), help);
  }

  /** Warnings about text that may not be what it looks like. */
  public List<Problem> warnOfText(PolicyText policy) {
    return SuspectText.warnings(policy);
  }

  /** Whether the conditions are anything but certainly false; notes by what, if they are. */
  private boolean isPossible(
      PolicyText policy,
      Environment environment,
      Typing.Problems sink,
      Map<Expr, Boolean> impossible) {
    Typing typing = new Typing(vocabulary, environment, sink);
    Capabilities given = Capabilities.NONE;
    for (PolicyText.Condition condition : policy.conditions()) {
      Typed typed = typing.bool(condition.body(), given);
      if (typed == null) {
        return true;
      }
      Type never = condition.unless() ? Type.Bool.TRUE : Type.Bool.FALSE;
      if (typed.type().equals(never)) {
        Typing silent = new Typing(vocabulary, environment, (_, _, _, _) -> {});
        impossible.put(decisive(condition.body(), never, silent, given), condition.unless());
        return false;
      }
      if (!condition.unless()) {
        given = given.and(typed.capabilities());
      }
    }
    return true;
  }

  /** The smallest part of a boolean to which it owes that it is certainly what it is. */
  private static Expr decisive(Expr expr, Type value, Typing typing, Capabilities before) {
    Capabilities given = before;
    List<Expr> terms =
        switch (expr) {
          case Expr.And(List<Expr> all, _) when value.equals(Type.Bool.FALSE) -> all;
          case Expr.Or(List<Expr> all, _) when value.equals(Type.Bool.TRUE) -> all;
          default -> List.of();
        };
    for (Expr term : terms) {
      Typed typed = typing.bool(term, given);
      if (typed == null) {
        break;
      }
      if (typed.type().equals(value)) {
        return decisive(term, value, typing, given);
      }
      if (value.equals(Type.Bool.FALSE)) {
        given = given.and(typed.capabilities());
      }
    }
    return expr;
  }

  /** Help for who compares an entity with the string of its id; null if that is not it. */
  private static @Nullable String stringForEntity(Expr expr) {
    return expr instanceof Expr.Binary(Expr.BinaryOp op, Expr left, Expr right, At _)
            && op == Expr.BinaryOp.EQUAL
            && left instanceof Expr.Variable(Expr.Name name, At _)
            && name != Expr.Name.CONTEXT
            && right instanceof Expr.Literal(StringValue id, At _)
        ? "an entity is no string: write its type before it, "
            + (name == Expr.Name.ACTION ? "`Action::" + id + "`" : "such as `User::" + id + "`")
        : null;
  }

  private static Problem impossible(PolicyText policy, Map<Expr, Boolean> parts) {
    if (parts.size() == 1) {
      var only = parts.entrySet().iterator().next();
      return problem(
          policy,
          ProblemCode.IMPOSSIBLE_POLICY,
          "`"
              + policy.written(only.getKey())
              + "` is "
              + only.getValue()
              + " for every request, so this policy never applies",
          only.getKey().at(),
          stringForEntity(only.getKey()));
    }
    return problem(
        policy,
        ProblemCode.IMPOSSIBLE_POLICY,
        "this policy is false for every request",
        policy.at(),
        null);
  }

  private Iterable<Vocabulary.Action> actions(Scope.OfAction scope) {
    return switch (scope) {
      case Scope.OfAction.Any() -> vocabulary.actions().values();
      case Scope.OfAction.Equal(EntityUid uid, At _) -> {
        Vocabulary.Action action = vocabulary.actions().get(uid);
        yield action == null ? List.of() : List.of(action);
      }
      case Scope.OfAction.In(List<EntityUid> uids, boolean _, At _) ->
          vocabulary.actions().values().stream()
              .filter(action -> uids.stream().anyMatch(g -> vocabulary.isActionIn(action.uid(), g)))
              .toList();
    };
  }

  /** Whether an entity of that type can satisfy that part of the head. */
  private boolean admits(Scope scope, String type) {
    String is = scope.type();
    if (is != null && !is.equals(type)) {
      return false;
    }
    Scope.Ref ref = scope.reference();
    EntityUid uid = ref == null ? null : ref.uid();
    if (uid == null) {
      return true;
    }
    return scope instanceof Scope.Equal
        ? uid.type().equals(type)
        : vocabulary.canBeIn(type, uid.type());
  }

  /** Whether all entities and types that a policy names are declared. */
  private final class References {
    private final PolicyText policy;
    private final Set<Problem> problems;

    References(PolicyText policy, Set<Problem> problems) {
      this.policy = policy;
      this.problems = problems;
    }

    void check() {
      PolicyText.Link link = policy.link();
      if (link != null) {
        // All else was checked with the template.
        slot(link.principal(), policy.principal());
        slot(link.resource(), policy.resource());
        return;
      }
      scope(policy.principal());
      switch (policy.action()) {
        case Scope.OfAction.Any() -> {}
        case Scope.OfAction.Equal(EntityUid uid, At at) -> entity(uid, at);
        case Scope.OfAction.In(List<EntityUid> uids, boolean _, At at) ->
            uids.forEach(uid -> entity(uid, at));
      }
      scope(policy.resource());
      policy.conditions().forEach(condition -> expression(condition.body()));
    }

    private void slot(boolean filled, Scope scope) {
      Scope.Ref ref = scope.reference();
      if (filled && ref != null && ref.uid() != null) {
        type(ref.uid().type(), ref.at());
      }
    }

    private void scope(Scope scope) {
      switch (scope) {
        case Scope.Is(String type, At at) -> type(type, at);
        case Scope.IsIn(String type, Scope.Ref _, At at) -> type(type, at);
        case Scope.Any(), Scope.Equal(_), Scope.In(_) -> {}
      }
      Scope.Ref ref = scope.reference();
      if (ref != null && ref.uid() != null) {
        entity(ref.uid(), ref.at());
      }
    }

    private void expression(Expr expr) {
      switch (expr) {
        case Expr.Literal(EntityUid uid, At at) -> entity(uid, at);
        case Expr.Is(_, String type, _, At at) -> type(type, at);
        default -> {}
      }
      Children.of(expr).forEach(this::expression);
    }

    private void type(String type, At at) {
      if (!vocabulary.entityTypes().containsKey(type) && !vocabulary.isActionType(type)) {
        undeclaredType(type, at);
      }
    }

    private void entity(EntityUid uid, At at) {
      Vocabulary.EntityType type = vocabulary.entityTypes().get(uid.type());
      if (type == null) {
        if (!vocabulary.actions().containsKey(uid)) {
          if (uid.type().equals("Action") || uid.type().endsWith("::Action")) {
            add(
                ProblemCode.UNKNOWN_ACTION,
                "action `" + uid + "` is not declared",
                at,
                Spelling.help(uid.toString(), actionNames(), ProblemCode.UNKNOWN_ACTION.advice()));
          } else {
            undeclaredType(uid.type(), at);
          }
        }
      } else if (type.ids() != null && !type.ids().contains(uid.id())) {
        add(
            ProblemCode.INVALID_ENUM_ID,
            "`" + uid + "` is none of the declared entities of its type",
            at,
            Spelling.help(uid.id(), type.ids(), ProblemCode.INVALID_ENUM_ID.advice()));
      }
    }

    private void undeclaredType(String type, At at) {
      ProblemCode code = ProblemCode.UNKNOWN_ENTITY_TYPE;
      String help = Spelling.help(type, vocabulary.entityTypes().keySet(), code.advice());
      add(code, "entity type `" + type + "` is not declared", at, help);
    }

    private List<String> actionNames() {
      return vocabulary.actions().keySet().stream()
          .limit(Spelling.KNOWN_MAX)
          .map(EntityUid::toString)
          .toList();
    }

    private void add(ProblemCode code, String message, At at, @Nullable String help) {
      problems.add(problem(policy, code, message, at, help));
    }
  }
}

package dev.sallyport.policy.schema;

import dev.sallyport.policy.diagnostic.ParseResult;
import dev.sallyport.policy.diagnostic.ParseResult.Parsed;
import dev.sallyport.policy.diagnostic.ParseResult.Rejected;
import dev.sallyport.policy.diagnostic.Problem;
import dev.sallyport.policy.diagnostic.ProblemCode;
import dev.sallyport.policy.diagnostic.Span;
import dev.sallyport.policy.schema.SchemaText.ActionDecl;
import dev.sallyport.policy.schema.SchemaText.ActionName;
import dev.sallyport.policy.schema.SchemaText.AppliesTo;
import dev.sallyport.policy.schema.SchemaText.EntityDecl;
import dev.sallyport.policy.schema.SchemaText.Name;
import dev.sallyport.policy.schema.SchemaText.Namespace;
import dev.sallyport.policy.schema.SchemaText.Reference;
import dev.sallyport.policy.schema.SchemaText.TypeDecl;
import dev.sallyport.policy.syntax.Spelling;
import dev.sallyport.policy.value.EntityUid;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Finds out what the names of a schema mean. A name is looked for in its own namespace, then
 * outside all namespaces, then among the built-in types; in each place a common type goes before an
 * entity type.
 */
final class Resolver {
  /** Types that only the language may define. */
  private static final Set<String> RESERVED_TYPES =
      Set.of("Bool", "Boolean", "Entity", "Extension", "Long", "Record", "Set", "String");

  /** How many problems are told with a suggestion: it costs a look at all names. */
  private static final int SUGGESTED_MAX = 20;

  private static final Map<String, Type> BUILTINS =
      Map.of(
          "Bool", Type.Bool.ANY,
          "Long", Type.Primitive.LONG,
          "String", Type.Primitive.STRING,
          "decimal", Type.Primitive.DECIMAL,
          "ipaddr", Type.Primitive.IP,
          "datetime", Type.Primitive.DATETIME,
          "duration", Type.Primitive.DURATION);

  /** A chain of common types, each of which uses the next, longer than anyone writes. */
  private static final int CHAIN_MAX = 100;

  /** The parts of one type, common types counted as often as they are used. */
  private static final int TYPE_SIZE_MAX = 10_000;

  private final SchemaText text;
  private final IdentityHashMap<Type, Integer> sizes = new IdentityHashMap<>();
  private final List<Problem> problems = new ArrayList<>();
  private final Map<String, EntityDecl> entities = new LinkedHashMap<>();
  private final Map<String, CommonType> commonTypes = new LinkedHashMap<>();
  private final Map<EntityUid, ActionDecl> actions = new LinkedHashMap<>();
  private final Map<String, String> namespaceOfEntity = new HashMap<>();
  private final Map<EntityUid, String> namespaceOfAction = new HashMap<>();

  private final Set<String> actionTypes = new HashSet<>();

  private static final class CommonType {
    final String namespace;
    final TypeDecl decl;
    @Nullable Type resolved;
    boolean resolving;
    boolean refused;

    CommonType(String namespace, TypeDecl decl) {
      this.namespace = namespace;
      this.decl = decl;
    }
  }

  private Resolver(SchemaText text) {
    this.text = text;
  }

  static ParseResult<Vocabulary> resolve(SchemaText text) {
    Resolver resolver = new Resolver(text);
    Vocabulary vocabulary = resolver.vocabulary();
    return resolver.problems.isEmpty()
        ? new Parsed<>(vocabulary)
        : new Rejected<>(resolver.problems);
  }

  private Vocabulary vocabulary() {
    collect();
    refuseShadowing();
    for (CommonType type : commonTypes.values()) {
      resolve(type, 0);
    }
    Map<String, Vocabulary.EntityType> entityTypes = entityTypes();
    return new Vocabulary(entityTypes, actions());
  }

  private void problem(ProblemCode code, String message, @Nullable Span span) {
    problems.add(new Problem(code, message, span));
  }

  static String qualified(String namespace, String name) {
    return namespace.isEmpty() || name.contains("::") ? name : namespace + "::" + name;
  }

  private void collect() {
    Set<String> seen = new HashSet<>();
    for (Namespace namespace : text.namespaces()) {
      if (!seen.add(namespace.name())) {
        problem(
            ProblemCode.DUPLICATE_DECLARATION,
            "namespace `" + namespace.name() + "` is declared twice",
            null);
      }
      for (EntityDecl decl : namespace.entities()) {
        String name = qualified(namespace.name(), decl.name());
        if (decl.name().equals("Action")) {
          problem(
              ProblemCode.INVALID_DECLARATION,
              "`Action` is the type of actions and cannot be declared",
              decl.span());
        } else if (entities.put(name, decl) != null) {
          problem(
              ProblemCode.DUPLICATE_DECLARATION,
              "entity type `" + name + "` is declared twice",
              decl.span());
        }
        namespaceOfEntity.put(name, namespace.name());
      }
      for (TypeDecl decl : namespace.types()) {
        String name = qualified(namespace.name(), decl.name());
        if (RESERVED_TYPES.contains(decl.name())) {
          problem(
              ProblemCode.INVALID_DECLARATION,
              "`" + decl.name() + "` is a type of the language and cannot be declared",
              decl.span());
        } else if (commonTypes.put(name, new CommonType(namespace.name(), decl)) != null) {
          problem(
              ProblemCode.DUPLICATE_DECLARATION,
              "type `" + name + "` is declared twice",
              decl.span());
        }
      }
      for (ActionDecl decl : namespace.actions()) {
        EntityUid uid = EntityUid.of(qualified(namespace.name(), "Action"), decl.id());
        if (actions.put(uid, decl) != null) {
          problem(
              ProblemCode.DUPLICATE_DECLARATION,
              "action `" + uid + "` is declared twice",
              decl.span());
        }
        namespaceOfAction.put(uid, namespace.name());
        actionTypes.add(uid.type());
      }
    }
  }

  /** A name outside all namespaces must not be declared again inside one. */
  private void refuseShadowing() {
    for (Namespace namespace : text.namespaces()) {
      if (namespace.name().isEmpty()) {
        continue;
      }
      for (EntityDecl decl : namespace.entities()) {
        refuseShadowing(decl.name(), decl.span());
      }
      for (TypeDecl decl : namespace.types()) {
        refuseShadowing(decl.name(), decl.span());
      }
      for (ActionDecl decl : namespace.actions()) {
        if (actions.containsKey(EntityUid.of("Action", decl.id()))) {
          problem(
              ProblemCode.DUPLICATE_DECLARATION,
              "action `" + decl.id() + "` is also declared outside all namespaces",
              decl.span());
        }
      }
    }
  }

  private void refuseShadowing(String name, @Nullable Span span) {
    if (entities.containsKey(name) || commonTypes.containsKey(name)) {
      problem(
          ProblemCode.DUPLICATE_DECLARATION,
          "type `" + name + "` is also declared outside all namespaces",
          span);
    }
  }

  private @Nullable Type resolve(CommonType common, int chain) {
    if (common.resolved != null || common.refused) {
      return common.resolved;
    }
    if (common.resolving || chain > CHAIN_MAX) {
      problem(
          ProblemCode.CYCLIC_DECLARATION,
          "type `" + common.decl.name() + "` is defined by itself",
          common.decl.span());
      return null;
    }
    common.resolving = true;
    common.resolved = type(common.decl.type(), common.namespace, chain + 1);
    common.resolving = false;
    common.refused = common.resolved == null;
    return common.resolved;
  }

  /** As {@link #unbounded}, refusing types that grow without end by naming each other twice. */
  private @Nullable Type type(Reference reference, String namespace, int chain) {
    Type type = unbounded(reference, namespace, chain);
    if (type != null && size(type) > TYPE_SIZE_MAX) {
      problem(ProblemCode.TOO_LARGE, "a type has more than " + TYPE_SIZE_MAX + " parts", null);
      return null;
    }
    return type;
  }

  private int size(Type type) {
    Integer known = sizes.get(type);
    if (known != null) {
      return known;
    }
    int size =
        switch (type) {
          case Type.SetOf(Type element) -> 1 + size(element);
          case Type.RecordOf record ->
              1 + record.attributes().values().stream().mapToInt(a -> size(a.type())).sum();
          default -> 1;
        };
    sizes.put(type, size);
    return size;
  }

  private @Nullable Type unbounded(Reference reference, String namespace, int chain) {
    return switch (reference) {
      case Reference.Any(Name name) -> named(name, namespace, chain, true);
      case Reference.OfCommon(Name name) -> named(name, namespace, chain, false);
      case Reference.OfEntity(Name name) -> {
        for (String candidate : candidates(name, namespace)) {
          if (actionTypes.contains(candidate)) {
            yield new Type.Entity(candidate);
          }
        }
        String entity = entityType(name, namespace);
        yield entity == null ? null : new Type.Entity(entity);
      }
      case Reference.Builtin(Type type) -> type;
      case Reference.SetOf(Reference element) -> {
        Type type = type(element, namespace, chain);
        yield type == null ? null : new Type.SetOf(type);
      }
      case Reference.RecordOf record -> record(record, namespace, chain);
    };
  }

  private Type.@Nullable RecordOf record(Reference.RecordOf record, String namespace, int chain) {
    SortedMap<String, Type.Attribute> attributes = new TreeMap<>();
    boolean whole = true;
    for (var entry : record.members().entrySet()) {
      Type type = type(entry.getValue().type(), namespace, chain);
      if (type == null) {
        whole = false;
      } else {
        attributes.put(entry.getKey(), new Type.Attribute(type, entry.getValue().required()));
      }
    }
    return whole ? new Type.RecordOf(Collections.unmodifiableSortedMap(attributes)) : null;
  }

  private @Nullable Type named(Name name, String namespace, int chain, boolean orEntity) {
    for (String candidate : candidates(name, namespace)) {
      CommonType common = commonTypes.get(candidate);
      if (common != null) {
        return resolve(common, chain);
      }
      if (orEntity && (entities.containsKey(candidate) || actionTypes.contains(candidate))) {
        return new Type.Entity(candidate);
      }
    }
    String builtin = name.text().startsWith("__cedar::") ? name.text().substring(9) : name.text();
    Type type = BUILTINS.get(builtin);
    if (type == null) {
      undeclared(name);
    }
    return type;
  }

  private static List<String> candidates(Name name, String namespace) {
    return name.text().contains("::") || namespace.isEmpty()
        ? List.of(name.text())
        : List.of(namespace + "::" + name.text(), name.text());
  }

  private @Nullable String entityType(Name name, String namespace) {
    for (String candidate : candidates(name, namespace)) {
      if (entities.containsKey(candidate)) {
        return candidate;
      }
    }
    undeclared(name);
    return null;
  }

  private void undeclared(Name name) {
    ProblemCode code = ProblemCode.UNDECLARED_TYPE;
    String help = null;
    if (problems.size() < SUGGESTED_MAX) {
      List<String> known =
          Stream.of(BUILTINS.keySet(), entities.keySet(), commonTypes.keySet())
              .flatMap(Set::stream)
              .limit(Spelling.KNOWN_MAX)
              .toList();
      help = Spelling.help(name.text(), known, code.advice());
    }
    problems.add(
        new Problem(code, "type `" + name.text() + "` is not declared", name.span(), null, help));
  }

  private Map<String, Vocabulary.EntityType> entityTypes() {
    Map<String, Set<String>> parents = new LinkedHashMap<>();
    entities.forEach(
        (name, decl) -> {
          String namespace = namespaceOfEntity.getOrDefault(name, "");
          Set<String> resolved = new LinkedHashSet<>();
          for (Name parent : decl.parents()) {
            String type = entityType(parent, namespace);
            if (type != null) {
              resolved.add(type);
            }
          }
          parents.put(name, resolved);
        });
    Hierarchy<String> hierarchy = new Hierarchy<>(parents);
    Map<String, Vocabulary.EntityType> types = new LinkedHashMap<>();
    entities.forEach(
        (name, decl) -> {
          String namespace = namespaceOfEntity.getOrDefault(name, "");
          Type attributes = type(decl.attributes(), namespace, 0);
          Type tags = decl.tags() == null ? null : type(decl.tags(), namespace, 0);
          if (attributes != null && !(attributes instanceof Type.RecordOf)) {
            problem(
                ProblemCode.INVALID_DECLARATION,
                "the attributes of entity type `" + name + "` must be a record",
                decl.span());
          }
          types.put(
              name,
              new Vocabulary.EntityType(
                  name,
                  hierarchy.above(name),
                  attributes instanceof Type.RecordOf record ? record : Type.RecordOf.EMPTY,
                  tags,
                  decl.ids() == null ? null : new LinkedHashSet<>(decl.ids())));
        });
    return Collections.unmodifiableMap(types);
  }

  private Map<EntityUid, Vocabulary.Action> actions() {
    Map<EntityUid, Set<EntityUid>> parents = new LinkedHashMap<>();
    actions.forEach(
        (uid, decl) -> {
          Set<EntityUid> resolved = new LinkedHashSet<>();
          for (ActionName parent : decl.parents()) {
            EntityUid group = action(parent, namespaceOfAction.getOrDefault(uid, ""));
            if (group != null) {
              resolved.add(group);
            }
          }
          parents.put(uid, resolved);
        });
    Hierarchy<EntityUid> hierarchy = new Hierarchy<>(parents);
    Set<EntityUid> circles = hierarchy.circles();
    Map<EntityUid, Vocabulary.Action> resolved = new LinkedHashMap<>();
    actions.forEach(
        (uid, decl) -> {
          if (circles.contains(uid)) {
            problem(
                ProblemCode.CYCLIC_DECLARATION,
                "action `" + uid + "` is a member of itself",
                decl.span());
          }
          Set<EntityUid> direct = Collections.unmodifiableSet(parents.getOrDefault(uid, Set.of()));
          resolved.put(uid, action(uid, decl, direct, hierarchy.above(uid)));
        });
    return Collections.unmodifiableMap(resolved);
  }

  private @Nullable EntityUid action(ActionName name, String namespace) {
    String type = name.type() == null ? "Action" : name.type();
    for (String candidate : candidates(new Name(type, null), namespace)) {
      EntityUid uid = EntityUid.of(candidate, name.id());
      if (actions.containsKey(uid)) {
        return uid;
      }
    }
    problem(
        ProblemCode.UNDECLARED_ACTION,
        "action `" + EntityUid.of(type, name.id()) + "` is not declared",
        name.span());
    return null;
  }

  private Vocabulary.Action action(
      EntityUid uid, ActionDecl decl, Set<EntityUid> parents, Set<EntityUid> ancestors) {
    AppliesTo appliesTo = decl.appliesTo();
    if (appliesTo == null) {
      return new Vocabulary.Action(
          uid, parents, ancestors, Set.of(), Set.of(), Type.RecordOf.EMPTY);
    }
    String namespace = namespaceOfAction.getOrDefault(uid, "");
    Type context = type(appliesTo.context(), namespace, 0);
    if (context != null && !(context instanceof Type.RecordOf)) {
      problem(
          ProblemCode.INVALID_DECLARATION,
          "the context of action `" + uid + "` must be a record",
          decl.span());
    }
    return new Vocabulary.Action(
        uid,
        parents,
        ancestors,
        entityTypes(appliesTo.principals(), namespace),
        entityTypes(appliesTo.resources(), namespace),
        context instanceof Type.RecordOf record ? record : Type.RecordOf.EMPTY);
  }

  private Set<String> entityTypes(List<Name> names, String namespace) {
    Set<String> types = new LinkedHashSet<>();
    for (Name name : names) {
      String type = entityType(name, namespace);
      if (type != null) {
        types.add(type);
      }
    }
    return Collections.unmodifiableSet(types);
  }
}

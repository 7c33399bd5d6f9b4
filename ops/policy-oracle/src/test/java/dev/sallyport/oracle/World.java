package dev.sallyport.oracle;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** A schema from a seed: what it declares, and its text. */
final class World {
  /** A type, names resolved. */
  sealed interface Ty {
    enum Prim implements Ty {
      BOOL("Bool"),
      LONG("Long"),
      STRING("String"),
      DECIMAL("decimal"),
      IP("ipaddr"),
      DATETIME("datetime"),
      DURATION("duration");

      final String text;

      Prim(String text) {
        this.text = text;
      }
    }

    record Ent(String name) implements Ty {}

    record SetOf(Ty element) implements Ty {}

    record Rec(Map<String, Attr> attrs) implements Ty {}
  }

  record Attr(Ty type, boolean required) {}

  record EntityType(
      String namespace,
      String name,
      List<String> parents,
      Ty.Rec attrs,
      @Nullable Ty tags,
      @Nullable List<String> ids) {
    String full() {
      return qualified(namespace, name);
    }
  }

  record Action(
      String namespace,
      String id,
      List<Action> groups,
      List<String> principals,
      List<String> resources,
      Ty.Rec context) {
    String uid() {
      return qualified(namespace, "Action") + "::" + quote(id);
    }
  }

  static final String[] STRINGS = {
    "", "a", "ab", "abc", "é", "say \u04bbello", "x*y", "q\"\\", "line\nend", "😀", "\u0000"
  };
  private static final String[] ATTRIBUTES = {
    "a", "b", "name", "owner", "like", "x y", "é", "principal", "type", "if", "set"
  };
  private static final String[] ENTITY_NAMES = {
    "User", "Group", "Doc", "Team", "Color", "Long", "decimal"
  };
  private static final String[] ACTION_IDS = {"read", "write", "all", "do it", "in"};

  final Random random;
  final List<EntityType> entities = new ArrayList<>();
  final List<Action> actions = new ArrayList<>();

  /** Common types: full name to type, in the order of their declaration. */
  final Map<String, Ty> commons = new LinkedHashMap<>();

  private final List<String> namespaces;

  World(Random random) {
    this.random = random;
    namespaces =
        switch (below(4)) {
          case 0 -> List.of("");
          case 1 -> List.of("N");
          case 2 -> List.of("", "N");
          default -> List.of("App::Core", "N");
        };
    List<String> used = new ArrayList<>();
    int count = 2 + below(4);
    for (int i = 0; i < count; i++) {
      String name = ENTITY_NAMES[i % ENTITY_NAMES.length];
      if (below(12) == 0) {
        name = of(ENTITY_NAMES);
      }
      if (!used.contains(name)) {
        used.add(name);
        entities.add(
            new EntityType(ns(), name, new ArrayList<>(), new Ty.Rec(Map.of()), null, null));
      }
    }
    int types = below(3);
    for (int i = 0; i < types; i++) {
      commons.put(qualified(ns(), "T" + i), below(2) == 0 ? record(2) : type(2));
    }
    entities.replaceAll(this::filled);
    if (entities.stream().allMatch(entity -> entity.ids() != null)) {
      EntityType first = entities.getFirst();
      entities.set(
          0, new EntityType(first.namespace(), first.name(), List.of(), record(2), null, null));
    }
    int verbs = 1 + below(4);
    for (int i = 0; i < verbs; i++) {
      actions.add(action(ACTION_IDS[i]));
    }
  }

  static String qualified(String namespace, String name) {
    return namespace.isEmpty() ? name : namespace + "::" + name;
  }

  /** As a string literal of Cedar. */
  static String quote(String text) {
    StringBuilder out = new StringBuilder("\"");
    text.codePoints()
        .forEach(
            c -> {
              switch (c) {
                case '"' -> out.append("\\\"");
                case '\\' -> out.append("\\\\");
                case '\n' -> out.append("\\n");
                case 0 -> out.append("\\0");
                default -> out.appendCodePoint(c);
              }
            });
    return out.append('"').toString();
  }

  int below(int bound) {
    return random.nextInt(bound);
  }

  @SafeVarargs
  final <T> T of(T... choices) {
    return choices[below(choices.length)];
  }

  <T> T of(List<T> choices) {
    return choices.get(below(choices.size()));
  }

  private String ns() {
    return of(namespaces);
  }

  private EntityType filled(EntityType bare) {
    if (below(7) == 0) {
      List<String> ids = new ArrayList<>(List.of("red", "green"));
      if (below(3) == 0) {
        ids.add("a");
      }
      return new EntityType(bare.namespace(), bare.name(), List.of(), bare.attrs(), null, ids);
    }
    List<String> parents = new ArrayList<>();
    for (EntityType other : entities) {
      if (below(3) == 0) {
        parents.add(other.full());
      }
    }
    Ty tags = below(3) == 0 ? type(1) : null;
    return new EntityType(bare.namespace(), bare.name(), parents, record(2), tags, null);
  }

  private Action action(String id) {
    List<Action> groups = new ArrayList<>();
    for (Action group : actions) {
      if (below(4) == 0) {
        groups.add(group);
      }
    }
    boolean only = below(5) == 0;
    return new Action(
        ns(),
        id,
        groups,
        only ? List.of() : someEntities(),
        only ? List.of() : someEntities(),
        only || below(4) == 0 ? new Ty.Rec(Map.of()) : record(2));
  }

  private List<String> someEntities() {
    List<String> some = new ArrayList<>();
    int count = 1 + below(2);
    for (int i = 0; i < count; i++) {
      String name = of(entities).full();
      if (!some.contains(name)) {
        some.add(name);
      }
    }
    return some;
  }

  private Ty.Rec record(int depth) {
    Map<String, Attr> attrs = new TreeMap<>();
    int count = below(5);
    for (int i = 0; i < count; i++) {
      attrs.put(of(ATTRIBUTES), new Attr(type(depth - 1), below(3) > 0));
    }
    return new Ty.Rec(attrs);
  }

  private Ty type(int depth) {
    return switch (below(depth > 0 ? 14 : 10)) {
      case 0, 1 -> Ty.Prim.BOOL;
      case 2, 3 -> Ty.Prim.LONG;
      case 4 -> Ty.Prim.STRING;
      case 5 -> of(Ty.Prim.DECIMAL, Ty.Prim.IP);
      case 6 -> of(Ty.Prim.DATETIME, Ty.Prim.DURATION);
      case 7, 8 -> new Ty.Ent(of(entities).full());
      case 9 -> of(Ty.Prim.values());
      case 10, 11 -> new Ty.SetOf(type(depth - 1));
      default -> record(depth - 1);
    };
  }

  @Nullable EntityType entity(String full) {
    return entities.stream().filter(entity -> entity.full().equals(full)).findFirst().orElse(null);
  }

  /** The schema in Cedar's own syntax. */
  String text() {
    StringBuilder out = new StringBuilder();
    for (String namespace : namespaces) {
      StringBuilder body = new StringBuilder();
      commons.forEach(
          (full, type) -> {
            if (isIn(full, namespace)) {
              body.append(annotation()).append("type ").append(last(full)).append(" = ");
              body.append(written(type, namespace, false)).append(";\n");
            }
          });
      for (EntityType entity : entities) {
        if (entity.namespace().equals(namespace)) {
          body.append(annotation()).append(entity(entity)).append(";\n");
        }
      }
      for (Action action : actions) {
        if (action.namespace().equals(namespace)) {
          body.append(annotation()).append(action(action)).append(";\n");
        }
      }
      if (namespace.isEmpty()) {
        out.append(body);
      } else {
        out.append(annotation()).append("namespace ").append(namespace).append(" {\n");
        out.append(body).append("}\n");
      }
    }
    return out.toString();
  }

  private String annotation() {
    return switch (below(12)) {
      case 0 -> "@doc(\"x\") ";
      case 1 -> "@in @a(\"\\n\") ";
      case 2 -> "// a comment\n";
      default -> "";
    };
  }

  private static boolean isIn(String full, String namespace) {
    int cut = full.lastIndexOf("::");
    return (cut < 0 ? "" : full.substring(0, cut)).equals(namespace);
  }

  private static String last(String full) {
    return full.substring(full.lastIndexOf(':') + 1);
  }

  private String entity(EntityType entity) {
    List<String> ids = entity.ids();
    if (ids != null) {
      return "entity "
          + entity.name()
          + ids.stream().map(World::quote).collect(Collectors.joining(", ", " enum [", "]"));
    }
    StringBuilder out = new StringBuilder("entity ").append(entity.name());
    if (!entity.parents().isEmpty() || below(9) == 0) {
      out.append(" in ").append(names(entity.parents(), entity.namespace()));
    }
    if (!entity.attrs().attrs().isEmpty() || below(4) == 0) {
      out.append(below(2) == 0 ? " = " : " ").append(record(entity.attrs(), entity.namespace()));
    }
    Ty tags = entity.tags();
    if (tags != null) {
      out.append(" tags ").append(written(tags, entity.namespace(), true));
    }
    return out.toString();
  }

  private String action(Action action) {
    String id = action.id();
    StringBuilder out = new StringBuilder("action ");
    out.append(id.contains(" ") || id.equals("in") || below(3) == 0 ? quote(id) : id);
    if (!action.groups().isEmpty()) {
      out.append(
          action.groups().stream()
              .map(group -> group(group, action.namespace()))
              .collect(Collectors.joining(", ", " in [", "]")));
    }
    if (!action.principals().isEmpty()) {
      out.append(" appliesTo { principal: ").append(names(action.principals(), action.namespace()));
      out.append(", resource: ").append(names(action.resources(), action.namespace()));
      if (!action.context().attrs().isEmpty() || below(2) == 0) {
        out.append(", context: ").append(context(action));
      }
      out.append(below(2) == 0 ? " }" : ", }");
    }
    return out.toString();
  }

  private String context(Action action) {
    for (var common : commons.entrySet()) {
      if (common.getValue().equals(action.context()) && below(2) == 0) {
        return name(common.getKey(), action.namespace());
      }
    }
    return record(action.context(), action.namespace());
  }

  private String group(Action group, String namespace) {
    return group.namespace().equals(namespace) && below(2) == 0 ? quote(group.id()) : group.uid();
  }

  private String names(List<String> names, String namespace) {
    return names.size() == 1 && below(3) == 0
        ? name(names.getFirst(), namespace)
        : names.stream()
            .map(name -> name(name, namespace))
            .collect(Collectors.joining(", ", "[", "]"));
  }

  private String name(String full, String namespace) {
    return isIn(full, namespace) && below(4) > 0 ? last(full) : full;
  }

  private String record(Ty.Rec record, String namespace) {
    return record.attrs().entrySet().stream()
        .map(
            entry ->
                annotation()
                    + key(entry.getKey())
                    + (entry.getValue().required() ? ": " : "?: ")
                    + written(entry.getValue().type(), namespace, true))
        .collect(
            Collectors.joining(", ", "{", below(4) == 0 && !record.attrs().isEmpty() ? ",}" : "}"));
  }

  String key(String name) {
    return name.matches("[a-z_][a-z_0-9]*")
            && !List.of("if", "like", "in", "is", "has", "true", "false", "then", "else")
                .contains(name)
            && below(4) > 0
        ? name
        : quote(name);
  }

  private String written(Ty type, String namespace, boolean mayUseCommon) {
    if (mayUseCommon) {
      for (var common : commons.entrySet()) {
        if (common.getValue().equals(type) && below(3) > 0) {
          return name(common.getKey(), namespace);
        }
      }
    }
    return switch (type) {
      case Ty.Prim prim -> (shadowed(prim) || below(9) == 0 ? "__cedar::" : "") + prim.text;
      case Ty.Ent(String name) -> name(name, namespace);
      case Ty.SetOf(Ty element) -> "Set<" + written(element, namespace, true) + ">";
      case Ty.Rec record -> record(record, namespace);
    };
  }

  private boolean shadowed(Ty.Prim prim) {
    return entities.stream().anyMatch(entity -> entity.name().equals(prim.text));
  }
}

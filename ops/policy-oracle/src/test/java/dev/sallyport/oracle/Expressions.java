package dev.sallyport.oracle;

import dev.sallyport.oracle.World.Attr;
import dev.sallyport.oracle.World.Ty;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** Policies and templates over a {@link World}. */
final class Expressions {
  static final String[] IPS = {
    "10.0.0.1",
    "10.0.0.0/8",
    "::1",
    "fe80::/10",
    "127.0.0.1",
    "224.0.0.1",
    "1:2::8/128",
    "0.0.0.0/0"
  };
  static final String[] DECIMALS = {"0.0", "1.5", "-2.25", "922337203685477.5807", "-0.0001"};
  static final String[] DATETIMES = {
    "1970-01-01", "2024-02-29T12:30:00Z", "2026-11-23T10:00:00.250+0130", "0000-01-01", "9999-12-31"
  };
  static final String[] DURATIONS = {"0ms", "1h30m", "-2d", "9223372036854775807ms", "1d2h3m4s5ms"};
  private static final String[] NO_LITERALS = {
    "", "x", "1.", "10.0.0.256", "1h1d", "2024-13-01", "00.1"
  };
  private static final String[] PATTERNS = {
    "*",
    "a*",
    "*b",
    "a*c",
    "",
    "x\\*y",
    "**",
    "*é*",
    "\\u{61}*",
    "\\0",
    "*\\n*",
    "s\u0430y*",
    "\\u{2a}b",
    "x\\x2ay",
    "a\\u{00002A}",
    "\\x2A\\**"
  };
  static final String[] IDS = {
    "a", "b", "c", "red", "x y", "q\"\\", "r\u0435d", "\u202ex", "is\u200badmin", "名前かな", "naïve"
  };

  /** Each term is two levels of JSON, of which the reference's reader takes 128. */
  private static final int CHAIN_IN_JSON_MAX = 10;

  private final World world;
  private final int wildPerMille;

  /** What the policy that is being made is about. */
  private String principal = "";

  private String resource = "";
  private World.@Nullable Action action;
  private boolean bigNumbers;
  private boolean longChains;

  Expressions(World world, int wildPerMille) {
    this.world = world;
    this.wildPerMille = wildPerMille;
  }

  private int below(int bound) {
    return world.below(bound);
  }

  private String of(String... choices) {
    return world.of(choices);
  }

  /**
   * Whether the reference cannot read the JSON that says it: for numbers that JavaScript cannot
   * hold, or chains that nest deeper than its reader goes.
   */
  boolean isBeyondJson() {
    return bigNumbers || longChains;
  }

  /** The types that the last policy is about, for links of a template. */
  String principalType() {
    return principal;
  }

  String resourceType() {
    return resource;
  }

  String policy(boolean template) {
    World.Action chosen = world.of(world.actions);
    action = chosen;
    principal = chosen.principals().isEmpty() ? anyEntity() : world.of(chosen.principals());
    resource = chosen.resources().isEmpty() ? anyEntity() : world.of(chosen.resources());
    boolean slotFirst = template && below(2) == 0;
    StringBuilder out = new StringBuilder();
    int annotations = below(3);
    for (int i = 0; i < annotations; i++) {
      out.append('@').append(of("a", "advice", "in", "if") + i);
      out.append(of("", "(\"\")", "(\"text\")", "(\"\\\"é\\n\")")).append(' ');
    }
    out.append(of("permit", "permit", "forbid")).append(" (principal");
    out.append(scope(principal, slotFirst, "?principal"));
    out.append(", action").append(actionScope(chosen));
    out.append(", resource");
    out.append(scope(resource, template && (!slotFirst || below(2) == 0), "?resource"));
    out.append(below(9) == 0 ? ",)" : ")");
    int conditions = below(8) == 0 ? 0 : 1 + below(2);
    for (int i = 0; i < conditions; i++) {
      out.append(of(" when { ", " when { ", "\nunless { "));
      out.append(bool(1 + below(4))).append(" }");
    }
    return out.append(';').toString();
  }

  private String anyEntity() {
    return world.of(world.entities).full();
  }

  private String scope(String type, boolean slot, String name) {
    String bare = slot ? name : uid(ancestorOf(type));
    String about = below(12) == 0 ? "(" + bare + ")" : bare;
    return switch (below(slot ? 4 : 8)) {
      case 0 -> " == " + (slot ? name : uid(type));
      case 1 -> " in " + about;
      case 2 -> " is " + type + " in " + about;
      case 3 -> slot ? " == " + name : " is " + type;
      case 4, 5, 6 -> " is " + type;
      default -> "";
    };
  }

  private String ancestorOf(String type) {
    World.EntityType entity = world.entity(type);
    return entity == null || entity.parents().isEmpty() || below(4) == 0
        ? type
        : world.of(entity.parents());
  }

  private String actionScope(World.Action chosen) {
    if (wild()) {
      return of(
          " in []",
          " == Action::\"nothing\"",
          " in N::Action::\"nothing\"",
          " in [" + chosen.uid() + ", Action::\"nothing\"]",
          " in [Action::\"nothing\"]");
    }
    return switch (below(7)) {
      case 0 -> "";
      case 1 -> " in [" + chosen.uid() + ", " + world.of(world.actions).uid() + "]";
      case 2 ->
          chosen.groups().isEmpty()
              ? " in " + chosen.uid()
              : " in " + world.of(chosen.groups()).uid();
      case 3 -> " in [(" + chosen.uid() + (below(3) == 0 ? "),]" : ")]");
      default -> " == " + chosen.uid();
    };
  }

  private String uid(String type) {
    if (wild() && below(3) == 0) {
      return of("Nobody", "N::Nobody", "Action", "User") + "::" + World.quote(of(IDS));
    }
    return type + "::" + World.quote(wild() ? "nobody" : id(type));
  }

  private String id(String type) {
    World.EntityType entity = world.entity(type);
    List<String> ids = entity == null ? null : entity.ids();
    return ids == null ? of(IDS) : world.of(ids);
  }

  private boolean wild() {
    return below(1000) < wildPerMille;
  }

  /** A way to a value: its text, its type, and the tests that must hold before it may be asked. */
  private record Way(String text, Ty type, List<String> guards) {}

  private List<Way> ways() {
    List<Way> ways = new ArrayList<>();
    Way ofPrincipal = new Way("principal", new Ty.Ent(principal), List.of());
    Way ofResource = new Way("resource", new Ty.Ent(resource), List.of());
    World.Action about = action;
    Ty.Rec context = about == null ? new Ty.Rec(Map.of()) : about.context();
    follow(ofPrincipal, 3, ways);
    follow(ofResource, 3, ways);
    follow(new Way("context", context, List.of()), 3, ways);
    return ways;
  }

  private void follow(Way way, int depth, List<Way> ways) {
    ways.add(way);
    if (depth == 0 || ways.size() > 200) {
      return;
    }
    Map<String, Attr> attrs = Map.of();
    if (way.type() instanceof Ty.Rec(Map<String, Attr> all)) {
      attrs = all;
    } else if (way.type() instanceof Ty.Ent(String name)) {
      World.EntityType entity = world.entity(name);
      attrs = entity == null ? Map.of() : entity.attrs().attrs();
      Ty tags = entity == null ? null : entity.tags();
      if (tags != null) {
        String key = World.quote(of("a", "b", "é"));
        List<String> guards = new ArrayList<>(way.guards());
        guards.add(way.text() + ".hasTag(" + key + ")");
        follow(new Way(way.text() + ".getTag(" + key + ")", tags, guards), depth - 1, ways);
      }
    }
    attrs.forEach(
        (name, attr) -> {
          List<String> guards = new ArrayList<>(way.guards());
          if (!attr.required()) {
            guards.add(way.text() + " has " + world.key(name));
          }
          String key = world.key(name);
          String text = way.text() + (key.startsWith("\"") ? "[" + key + "]" : "." + key);
          follow(new Way(text, attr.type(), guards), depth - 1, ways);
        });
  }

  /** A way to a value of that type that may be asked at once; null if there is none. */
  private @Nullable String safe(Ty type) {
    List<Way> fitting =
        ways().stream()
            .filter(way -> way.type().equals(type) && (way.guards().isEmpty() || wild()))
            .toList();
    return fitting.isEmpty() ? null : world.of(fitting).text();
  }

  private Ty anyType() {
    return world.of(ways()).type();
  }

  String bool(int depth) {
    if (depth <= 0) {
      String way = below(2) == 0 ? safe(Ty.Prim.BOOL) : null;
      return way != null ? way : of("true", "false", "principal == principal");
    }
    int next = depth - 1;
    return switch (below(24)) {
      case 0, 1 -> "(" + bool(next) + " && " + bool(next) + ")";
      case 2 -> bool(next) + " && " + bool(next) + " && " + atom(next);
      case 3 -> "(" + bool(next) + " || " + bool(next) + " || " + bool(next) + ")";
      case 4 -> "!(" + bool(next) + ")";
      case 5 -> "(if " + bool(next) + " then " + bool(next) + " else " + bool(next) + ")";
      case 6, 7, 8, 9, 10, 11 -> guarded(next);
      default -> atom(next);
    };
  }

  /** A test of something that may have to be guarded, guards included. */
  private String guarded(int depth) {
    Way way = world.of(ways());
    List<String> terms = new ArrayList<>(wild() ? List.of() : way.guards());
    terms.add(test(way.text(), way.type(), depth));
    return "(" + String.join(" && ", terms) + ")";
  }

  /** A boolean that asks something of a value of that type. */
  private String test(String text, Ty type, int depth) {
    if (below(6) == 0) {
      return text + of(" == ", " != ") + value(type, depth);
    }
    return switch (type) {
      case Ty.Prim prim ->
          switch (prim) {
            case BOOL -> below(3) == 0 ? "!" + text : text;
            case LONG -> text + of(" < ", " <= ", " > ", " >= ", " == ") + value(type, depth);
            case STRING -> text + " like \"" + of(PATTERNS) + "\"";
            case DECIMAL ->
                text
                    + of(".lessThan(", ".lessThanOrEqual(", ".greaterThan(", ".greaterThanOrEqual(")
                    + value(type, depth)
                    + ")";
            case IP ->
                below(2) == 0
                    ? text + of(".isIpv4()", ".isIpv6()", ".isLoopback()", ".isMulticast()")
                    : text + ".isInRange(" + value(type, depth) + ")";
            case DATETIME, DURATION -> text + of(" < ", " >= ") + value(type, depth);
          };
      case Ty.Ent(String name) ->
          switch (below(5)) {
            case 0 -> text + " in " + uid(ancestorOf(name));
            case 1 -> text + " in [" + uid(ancestorOf(name)) + ", " + uid(ancestorOf(name)) + "]";
            case 2 -> text + " is " + (below(3) == 0 ? anyEntity() : name);
            case 3 -> text + " is " + name + " in " + uid(ancestorOf(name));
            default -> text + " has " + attributeOf(name);
          };
      case Ty.SetOf(Ty element) ->
          switch (below(4)) {
            case 0 -> text + ".contains(" + value(element, depth) + ")";
            case 1 -> text + of(".containsAll(", ".containsAny(") + value(type, depth) + ")";
            case 2 -> text + ".isEmpty()";
            default -> text + " == " + value(type, depth);
          };
      case Ty.Rec(Map<String, Attr> attrs) ->
          below(3) == 0 || attrs.isEmpty()
              ? text + " == " + value(type, depth)
              : text + " has " + world.key(world.of(List.copyOf(attrs.keySet())));
    };
  }

  private String attributeOf(String name) {
    World.EntityType entity = world.entity(name);
    if (entity == null || entity.attrs().attrs().isEmpty() || wild()) {
      return of("nothing", "a", "owner.name", "a.b.c");
    }
    return world.key(world.of(List.copyOf(entity.attrs().attrs().keySet())));
  }

  private String atom(int depth) {
    Ty type = anyType();
    return switch (below(10)) {
      case 0 ->
          "("
              + value(type, depth)
              + of(" == ", " != ")
              + value(wild() ? anyType() : type, depth)
              + ")";
      case 1 -> "(action == " + world.of(world.actions).uid() + ")";
      case 2 ->
          "(action in ["
              + world.of(world.actions).uid()
              + ", "
              + world.of(world.actions).uid()
              + "])";
      case 3 ->
          "(principal in " + value(new Ty.SetOf(new Ty.Ent(ancestorOf(principal))), depth) + ")";
      default -> "(" + test("(" + value(type, depth) + ")", type, depth) + ")";
    };
  }

  /** An expression of that type. */
  String value(Ty wanted, int depth) {
    Ty type = wild() ? anyType() : wanted;
    String way = below(2) == 0 ? safe(type) : null;
    if (way != null) {
      return way;
    }
    if (depth > 0 && below(7) == 0) {
      return "(if "
          + bool(depth - 1)
          + " then "
          + value(type, depth - 1)
          + " else "
          + value(type, depth - 1)
          + ")";
    }
    return literal(type, depth);
  }

  private String literal(Ty type, int depth) {
    return switch (type) {
      case Ty.Prim prim -> primitive(prim, depth);
      case Ty.Ent(String name) -> uid(name);
      case Ty.SetOf(Ty element) -> {
        int count = wild() ? 0 : 1 + below(3);
        List<String> elements = new ArrayList<>();
        for (int i = 0; i < count; i++) {
          elements.add(value(element, depth - 1));
        }
        yield elements.stream()
            .collect(Collectors.joining(", ", "[", count > 0 && below(9) == 0 ? ",]" : "]"));
      }
      case Ty.Rec(Map<String, Attr> attrs) -> {
        Map<String, String> members = new LinkedHashMap<>();
        attrs.forEach(
            (name, attr) -> {
              if (attr.required() || below(2) == 0) {
                members.put(world.key(name), value(attr.type(), depth - 1));
              }
            });
        if (wild()) {
          members.put("more", "1");
        }
        yield members.entrySet().stream()
            .map(member -> member.getKey() + ": " + member.getValue())
            .collect(Collectors.joining(", ", "{", "}"));
      }
    };
  }

  private String primitive(Ty.Prim prim, int depth) {
    boolean deep = depth > 0 && below(2) == 0;
    return switch (prim) {
      case BOOL -> deep ? "(" + bool(depth - 1) + ")" : of("true", "false");
      case LONG -> deep ? arithmetic(depth - 1) : number();
      case STRING -> World.quote(of(World.STRINGS));
      case DECIMAL -> constructed("decimal", DECIMALS);
      case IP -> constructed("ip", IPS);
      case DATETIME ->
          deep
              ? of(
                  value(Ty.Prim.DATETIME, depth - 1) + ".toDate()",
                  value(Ty.Prim.DATETIME, depth - 1)
                      + ".offset("
                      + value(Ty.Prim.DURATION, depth - 1)
                      + ")")
              : constructed("datetime", DATETIMES);
      case DURATION ->
          deep
              ? of(
                  value(Ty.Prim.DATETIME, depth - 1) + ".toTime()",
                  value(Ty.Prim.DATETIME, depth - 1)
                      + ".durationSince("
                      + value(Ty.Prim.DATETIME, depth - 1)
                      + ")")
              : constructed("duration", DURATIONS);
    };
  }

  private String arithmetic(int depth) {
    if (below(60) == 0) {
      // Longer ones exhaust the reference's stack, where other parts are nested too.
      int terms = below(250);
      longChains |= terms > CHAIN_IN_JSON_MAX;
      return "(" + number() + of(" + 0", " - 0", " * 1").repeat(terms) + ")";
    }
    return switch (below(6)) {
      case 0 -> "(" + value(Ty.Prim.LONG, depth) + " + " + value(Ty.Prim.LONG, depth) + ")";
      case 1 -> value(Ty.Prim.LONG, depth) + " - " + value(Ty.Prim.LONG, depth);
      case 2 -> "(" + value(Ty.Prim.LONG, depth) + ") * (" + value(Ty.Prim.LONG, depth) + ")";
      case 3 -> "-(" + value(Ty.Prim.LONG, depth) + ")";
      case 4 -> "--" + value(Ty.Prim.LONG, depth);
      default ->
          "("
              + value(Ty.Prim.DURATION, depth)
              + ")"
              + of(".toMilliseconds()", ".toSeconds()", ".toMinutes()", ".toHours()", ".toDays()");
    };
  }

  private String number() {
    if (below(40) == 0) {
      bigNumbers = true;
      return of("9223372036854775807", "-9223372036854775808", "9007199254740993");
    }
    return of("0", "1", "-1", "2", "100", "9007199254740991", "007", "- 3");
  }

  private String constructed(String function, String[] literals) {
    return function + "(" + World.quote(of(wild() ? NO_LITERALS : literals)) + ")";
  }
}

package dev.sallyport.policy;

import dev.sallyport.policy.entity.Entity;
import dev.sallyport.policy.entity.EntitySet;
import dev.sallyport.policy.value.DatetimeValue;
import dev.sallyport.policy.value.DecimalValue;
import dev.sallyport.policy.value.DurationValue;
import dev.sallyport.policy.value.EntityUid;
import dev.sallyport.policy.value.IpValue;
import dev.sallyport.policy.value.RecordValue;
import dev.sallyport.policy.value.SetValue;
import dev.sallyport.policy.value.Value;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.random.RandomGenerator;

/**
 * Policies, entities and requests from a seed, over one small schema. Most expressions have the
 * type that their place wants, so that evaluation gets deep; some have not, so that failures are
 * met everywhere.
 */
final class PolicyGenerator {
  static final String SCHEMA =
      """
      entity Group in [Group] { level: Long };
      entity User in [Group] {
        name: String, age: Long, admin: Bool, manager?: User, groups: Set<Group>,
        scores: Set<Long>, home: {city: String, zip?: Long}, score: decimal, ip?: ipaddr,
        born: datetime, shift?: duration
      } tags String;
      entity Doc in [Doc, Group] { owner: User, title: String, size?: Long, labels: Set<String> };
      entity Color enum ["red", "green"];
      action read, write in [any] appliesTo {
        principal: [User], resource: [Doc, Group],
        context: {now: datetime, ip: ipaddr, mfa: Bool, n: Long, tint?: Color,
                  session?: {id: String, ttl: duration}}
      };
      action any;
      action manage appliesTo { principal: [User, Group], resource: Group, context: {} };
      """;

  private static final String[] NAMES = {"a", "b", "c", "d"};
  private static final String[] STRINGS = {"", "a", "ab", "abc", "x*y", "é", "a\\nb"};
  private static final String[] PATTERNS = {"*", "a*", "*b", "a*c", "", "x\\\\*y", "**", "*b*"};
  private static final String[] IPS = {"10.0.0.1", "10.0.0.0/8", "::1", "fe80::/10", "127.0.0.1"};
  private static final String[] DECIMALS = {"0.0", "1.5", "-2.25", "922337203685477.5807"};
  private static final String[] DATETIMES = {
    "1970-01-01", "2024-02-29T12:30:00Z", "2026-11-23T10:00:00.250+0130", "0000-01-01"
  };
  private static final String[] DURATIONS = {"0ms", "1h30m", "-2d", "9223372036854775807ms"};
  private static final String[] LONGS = {
    "0", "1", "2", "(-1)", "100", "9223372036854775807", "(-9223372036854775808)"
  };

  private final RandomGenerator random;

  /** How many of a thousand expressions are of any type instead of the wanted one. */
  private final int wildPerMille;

  PolicyGenerator(RandomGenerator random, int wildPerMille) {
    this.random = random;
    this.wildPerMille = wildPerMille;
  }

  private enum Kind {
    BOOL,
    LONG,
    STRING,
    USER,
    GROUP,
    DOC,
    ENTITY_SET,
    LONG_SET,
    STRING_SET,
    RECORD,
    DECIMAL,
    IP,
    DATETIME,
    DURATION
  }

  private int below(int bound) {
    return random.nextInt(bound);
  }

  private String of(String... choices) {
    return choices[below(choices.length)];
  }

  private String uid(String type) {
    return type + "::\"" + of(NAMES) + "\"";
  }

  private static String quote(String text) {
    return "\"" + text + "\"";
  }

  /** A policy set of up to {@code max} policies. */
  String policies(int max) {
    StringBuilder out = new StringBuilder();
    int count = 1 + below(max);
    for (int i = 0; i < count; i++) {
      out.append(policy()).append('\n');
    }
    return out.toString();
  }

  String policy() {
    StringBuilder out = new StringBuilder(below(3) == 0 ? "forbid (" : "permit (");
    out.append("principal").append(scope("User")).append(", action").append(actionScope());
    out.append(", resource").append(scope(of("Doc", "Group"))).append(')');
    int conditions = below(3);
    for (int i = 0; i < conditions; i++) {
      out.append(below(4) == 0 ? " unless { " : " when { ")
          .append(expr(Kind.BOOL, 1 + below(5)))
          .append(" }");
    }
    return out.append(';').toString();
  }

  private String scope(String type) {
    return switch (below(7)) {
      case 0 -> " == " + uid(type);
      case 1 -> " in " + uid("Group");
      case 2 -> " is " + type;
      case 3 -> " is " + type + " in " + uid("Group");
      default -> "";
    };
  }

  private String actionScope() {
    return switch (below(6)) {
      case 0 -> " == Action::\"read\"";
      case 1 -> " in Action::\"any\"";
      case 2 -> " in [Action::\"read\", Action::\"manage\"]";
      default -> "";
    };
  }

  private String expr(Kind wanted, int depth) {
    Kind kind = below(1000) < wildPerMille ? Kind.values()[below(Kind.values().length)] : wanted;
    return depth <= 0 ? leaf(kind) : inner(kind, depth - 1);
  }

  private String leaf(Kind kind) {
    return switch (kind) {
      case BOOL -> of("true", "false", "context.mfa", "principal.admin");
      case LONG -> below(2) == 0 ? of(LONGS) : of("principal.age", "context.n", "resource.size");
      case STRING -> below(2) == 0 ? quote(of(STRINGS)) : of("principal.name", "resource.title");
      case USER -> of("principal", "resource.owner", "principal.manager", uid("User"));
      case GROUP -> of("resource", uid("Group"));
      case DOC -> of("resource", uid("Doc"));
      case ENTITY_SET -> of("principal.groups", "[" + uid("Group") + ", " + uid("Group") + "]");
      case LONG_SET -> of("principal.scores", "[1, 2, 100]");
      case STRING_SET -> of("resource.labels", "[\"a\", \"ab\"]");
      case RECORD -> of("context", "principal.home", "context.session", "{a: 1, city: \"x\"}");
      case DECIMAL -> below(2) == 0 ? "principal.score" : "decimal(" + quote(of(DECIMALS)) + ")";
      case IP -> below(2) == 0 ? of("context.ip", "principal.ip") : "ip(" + quote(of(IPS)) + ")";
      case DATETIME ->
          below(2) == 0
              ? of("context.now", "principal.born")
              : "datetime(" + quote(of(DATETIMES)) + ")";
      case DURATION ->
          below(2) == 0
              ? of("principal.shift", "context.session.ttl")
              : "duration(" + quote(of(DURATIONS)) + ")";
    };
  }

  private String inner(Kind kind, int depth) {
    if (below(8) == 0) {
      return "(if "
          + expr(Kind.BOOL, depth)
          + " then "
          + expr(kind, depth)
          + " else "
          + expr(kind, depth)
          + ")";
    }
    return switch (kind) {
      case BOOL -> "(" + bool(depth) + ")";
      case LONG ->
          switch (below(6)) {
            case 0 -> "(" + expr(Kind.LONG, depth) + " + " + expr(Kind.LONG, depth) + ")";
            case 1 -> "(" + expr(Kind.LONG, depth) + " - " + expr(Kind.LONG, depth) + ")";
            case 2 -> "(" + expr(Kind.LONG, depth) + " * " + expr(Kind.LONG, depth) + ")";
            case 3 -> "-(" + expr(Kind.LONG, depth) + ")";
            case 4 ->
                expr(Kind.DURATION, depth)
                    + of(
                        ".toMilliseconds()",
                        ".toSeconds()",
                        ".toMinutes()",
                        ".toHours()",
                        ".toDays()");
            default -> leaf(Kind.LONG);
          };
      case STRING ->
          below(3) == 0
              ? expr(Kind.USER, depth) + ".getTag(" + leaf(Kind.STRING) + ")"
              : leaf(Kind.STRING);
      case USER -> below(3) == 0 ? expr(Kind.USER, depth) + ".manager" : leaf(Kind.USER);
      case ENTITY_SET ->
          below(3) == 0
              ? "[" + expr(Kind.GROUP, depth) + ", " + expr(Kind.GROUP, depth) + "]"
              : leaf(Kind.ENTITY_SET);
      case LONG_SET ->
          "["
              + expr(Kind.LONG, depth)
              + ", "
              + expr(Kind.LONG, depth)
              + (below(9) == 0 ? ",]" : "]");
      case STRING_SET -> "[" + expr(Kind.STRING, depth) + ", " + expr(Kind.STRING, depth) + "]";
      case RECORD -> "{city: " + expr(Kind.STRING, depth) + ", n: " + expr(Kind.LONG, depth) + "}";
      case DATETIME ->
          switch (below(3)) {
            case 0 -> expr(Kind.DATETIME, depth) + ".offset(" + expr(Kind.DURATION, depth) + ")";
            case 1 -> expr(Kind.DATETIME, depth) + ".toDate()";
            default -> leaf(Kind.DATETIME);
          };
      case DURATION ->
          switch (below(3)) {
            case 0 ->
                expr(Kind.DATETIME, depth) + ".durationSince(" + expr(Kind.DATETIME, depth) + ")";
            case 1 -> expr(Kind.DATETIME, depth) + ".toTime()";
            default -> leaf(Kind.DURATION);
          };
      case GROUP, DOC, DECIMAL, IP -> leaf(kind);
    };
  }

  private String bool(int depth) {
    return switch (below(22)) {
      case 0, 1 -> "(" + expr(Kind.BOOL, depth) + " && " + expr(Kind.BOOL, depth) + ")";
      case 2 ->
          "("
              + expr(Kind.BOOL, depth)
              + " || "
              + expr(Kind.BOOL, depth)
              + " || "
              + expr(Kind.BOOL, depth)
              + ")";
      case 3 -> "!(" + expr(Kind.BOOL, depth) + ")";
      case 4 -> {
        Kind kind = Kind.values()[below(Kind.values().length)];
        yield "(" + expr(kind, depth) + of(" == ", " != ") + expr(kind, depth) + ")";
      }
      case 5 -> order(Kind.LONG, depth);
      case 6 -> order(Kind.DATETIME, depth);
      case 7 -> order(Kind.DURATION, depth);
      case 8 ->
          "("
              + expr(Kind.USER, depth)
              + " in "
              + expr(below(2) == 0 ? Kind.GROUP : Kind.ENTITY_SET, depth)
              + ")";
      case 9 -> "(resource in " + expr(Kind.ENTITY_SET, depth) + ")";
      case 10 ->
          of("principal", "resource", "context", "principal.home", "principal.manager")
              + " has "
              + of(
                  "manager",
                  "ip",
                  "size",
                  "session.ttl",
                  "zip",
                  "tint",
                  "home.zip",
                  "\"x y\"",
                  "manager.manager.ip");
      case 11 -> expr(Kind.STRING, depth) + " like " + quote(of(PATTERNS));
      case 12 ->
          "("
              + of("principal", "resource", "resource.owner")
              + " is "
              + of("User", "Doc", "Group in Group::\"a\"", "User in principal.groups")
              + ")";
      case 13 -> expr(Kind.LONG_SET, depth) + ".contains(" + expr(Kind.LONG, depth) + ")";
      case 14 ->
          expr(Kind.STRING_SET, depth)
              + of(".containsAll(", ".containsAny(")
              + expr(Kind.STRING_SET, depth)
              + ")";
      case 15 -> expr(Kind.ENTITY_SET, depth) + ".contains(" + expr(Kind.GROUP, depth) + ")";
      case 16 -> expr(Kind.LONG_SET, depth) + ".isEmpty()";
      case 17 -> expr(Kind.USER, depth) + ".hasTag(" + leaf(Kind.STRING) + ")";
      case 18 ->
          expr(Kind.IP, depth) + of(".isIpv4()", ".isIpv6()", ".isLoopback()", ".isMulticast()");
      case 19 -> expr(Kind.IP, depth) + ".isInRange(" + expr(Kind.IP, depth) + ")";
      case 20 ->
          expr(Kind.DECIMAL, depth)
              + of(".lessThan(", ".lessThanOrEqual(", ".greaterThan(", ".greaterThanOrEqual(")
              + expr(Kind.DECIMAL, depth)
              + ")";
      default -> guarded(depth);
    };
  }

  private String guarded(int depth) {
    return switch (below(4)) {
      case 0 -> "(principal has manager && principal.manager.age > " + expr(Kind.LONG, depth) + ")";
      case 1 -> "(context has session && context.session.ttl < duration(\"1h\"))";
      case 2 ->
          "(principal.hasTag(\"a\") && principal.getTag(\"a\") == "
              + expr(Kind.STRING, depth)
              + ")";
      default -> "(resource is Doc && resource has size && resource.size + 1 > 2)";
    };
  }

  private String order(Kind kind, int depth) {
    return "(" + expr(kind, depth) + of(" < ", " <= ", " > ", " >= ") + expr(kind, depth) + ")";
  }

  /** Entities that conform to the schema; some of those that are named are missing. */
  EntitySet entities() {
    List<Entity> entities = new ArrayList<>();
    for (int i = 0; i < NAMES.length; i++) {
      String name = NAMES[i];
      if (below(8) > 0) {
        // Groups are in later ones only, so that there is no cycle.
        entities.add(
            new Entity(
                EntityUid.of("Group", name),
                RecordValue.of("level", Value.of(below(3))),
                i + 1 < NAMES.length && below(2) == 0 ? List.of(group(i + 1)) : List.of()));
      }
      if (below(8) > 0) {
        entities.add(user(name));
      }
      if (below(8) > 0) {
        entities.add(doc(name));
      }
    }
    return EntitySet.of(entities).orElseThrow();
  }

  private EntityUid group(int from) {
    return EntityUid.of("Group", NAMES[from + below(NAMES.length - from)]);
  }

  private Entity user(String name) {
    RecordValue home = RecordValue.of("city", Value.of(of("x", "ab")));
    RecordValue attributes =
        RecordValue.EMPTY
            .with("name", Value.of(of("a", "ab", "abc")))
            .with("age", Value.of(below(2) == 0 ? below(120) : Long.MAX_VALUE))
            .with("admin", Value.of(random.nextBoolean()))
            .with("groups", SetValue.of(group(0), group(0)))
            .with("scores", SetValue.of(Value.of(below(3)), Value.of(100)))
            .with("home", below(2) == 0 ? home : home.with("zip", Value.of(below(99999))))
            .with("score", DecimalValue.parse(of(DECIMALS)).orElseThrow())
            .with("born", DatetimeValue.parse(of(DATETIMES)).orElseThrow());
    if (below(2) == 0) {
      attributes = attributes.with("manager", EntityUid.of("User", of(NAMES)));
    }
    if (below(2) == 0) {
      attributes = attributes.with("ip", IpValue.parse(of(IPS)).orElseThrow());
    }
    if (below(2) == 0) {
      attributes = attributes.with("shift", DurationValue.parse(of(DURATIONS)).orElseThrow());
    }
    RecordValue tags =
        below(2) == 0 ? RecordValue.EMPTY : RecordValue.of(of("a", "ab"), Value.of("abc"));
    return new Entity(EntityUid.of("User", name), attributes, List.of(group(0)), tags);
  }

  private Entity doc(String name) {
    RecordValue attributes =
        RecordValue.EMPTY
            .with("owner", EntityUid.of("User", of(NAMES)))
            .with("title", Value.of(of("a", "b", "x*y")))
            .with("labels", SetValue.of(Value.of(of("a", "ab"))));
    if (below(2) == 0) {
      attributes = attributes.with("size", Value.of(below(1000)));
    }
    return new Entity(EntityUid.of("Doc", name), attributes, List.of(group(0)));
  }

  Request request() {
    String action = of("read", "write", "manage");
    boolean manage = action.equals("manage");
    EntityUid resource =
        EntityUid.of(manage || below(3) == 0 ? "Group" : "Doc", of("a", "b", "c", "d", "z"));
    RecordValue context = RecordValue.EMPTY;
    if (!manage) {
      context =
          RecordValue.of(
              Map.of(
                  "now", DatetimeValue.parse(of(DATETIMES)).orElseThrow(),
                  "ip", IpValue.parse(of(IPS)).orElseThrow(),
                  "mfa", Value.of(random.nextBoolean()),
                  "n", Value.of(below(3))));
      if (below(2) == 0) {
        context =
            context.with(
                "session",
                RecordValue.of(
                    "id", Value.of("s"), "ttl", DurationValue.parse(of(DURATIONS)).orElseThrow()));
      }
    }
    return new Request(
        EntityUid.of("User", of("a", "b", "c", "d", "z")),
        EntityUid.of("Action", action),
        resource,
        context);
  }
}

package dev.sallyport.policy;

import dev.sallyport.policy.entity.Entity;
import dev.sallyport.policy.entity.EntitySet;
import dev.sallyport.policy.value.EntityUid;
import dev.sallyport.policy.value.RecordValue;
import dev.sallyport.policy.value.SetValue;
import dev.sallyport.policy.value.Value;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;

/**
 * Large policy sets over {@link PolicyGenerator#SCHEMA}, of the kinds that an index files: heads
 * that name many entities and groups, first conditions that name them instead, and those that ask
 * for one of many values of an attribute, which some entities lack.
 */
final class ManyPolicies {
  private static final int NAMES = 40;

  private final Random random;

  /** One in so many policies forbids; where most do, nearly nothing is permitted. */
  private final int forbids;

  ManyPolicies(Random random) {
    this.random = random;
    this.forbids = random.nextInt(3) == 0 ? 2 : 60;
  }

  private String name() {
    return "n" + random.nextInt(NAMES);
  }

  private String of(String... choices) {
    return choices[random.nextInt(choices.length)];
  }

  private String user() {
    return "User::\"" + name() + "\"";
  }

  private String group() {
    return "Group::\"" + name() + "\"";
  }

  private String doc() {
    return "Doc::\"" + name() + "\"";
  }

  private String text() {
    return "\"" + name() + "\"";
  }

  String policies(int count) {
    StringBuilder out = new StringBuilder();
    for (int i = 0; i < count; i++) {
      out.append(policy()).append('\n');
    }
    return out.toString();
  }

  private String policy() {
    return random.nextBoolean() ? policyByHead() : policyByValue();
  }

  /** Its head names nobody and nothing, its first condition one of many values. */
  private String policyByValue() {
    return (random.nextInt(forbids) == 0 ? "forbid" : "permit")
        + of(" (principal, action, resource)", " (principal, action, resource is Doc)")
        + " when { "
        + question()
        + (random.nextBoolean() ? " && " + condition() : "")
        + " };";
  }

  private String question() {
    return switch (random.nextInt(5)) {
      case 0 -> "principal.name == " + text();
      case 1 -> "[" + text() + ", " + text() + "].contains(principal.name)";
      case 2 -> "resource.labels.contains(" + text() + ")";
      case 3 -> "resource.labels.containsAny([" + text() + ", " + text() + "])";
      default -> "context.n == " + random.nextInt(20);
    };
  }

  private String policyByHead() {
    StringBuilder out = new StringBuilder(random.nextInt(forbids) == 0 ? "forbid (" : "permit (");
    out.append(
        switch (random.nextInt(9)) {
          case 0 -> "principal == " + user();
          case 1, 2 -> "principal in " + group();
          case 3 -> "principal is User in " + group();
          case 4 -> "principal is User";
          default -> "principal";
        });
    out.append(
        of(
            ", action",
            ", action",
            ", action == Action::\"read\"",
            ", action in [Action::\"read\", Action::\"write\"]",
            ", action in Action::\"any\""));
    out.append(
        switch (random.nextInt(9)) {
          case 0, 1 -> ", resource == " + doc();
          case 2 -> ", resource in " + group();
          case 3 -> ", resource is Doc in " + group();
          case 4 -> ", resource is Doc";
          default -> ", resource";
        });
    out.append(')');
    int conditions = random.nextInt(3);
    for (int i = 0; i < conditions; i++) {
      out.append(random.nextInt(6) == 0 ? " unless { " : " when { ");
      out.append(condition());
      while (random.nextInt(2) == 0) {
        out.append(" && ").append(condition());
      }
      out.append(" }");
    }
    return out.append(';').toString();
  }

  private String condition() {
    return switch (random.nextInt(14)) {
      case 0 -> "principal == " + user();
      case 1 -> "resource == " + doc();
      case 2 -> "principal in " + group();
      case 3 -> "resource in " + group();
      case 4 -> "resource is " + of("Doc", "Group");
      case 5 -> "principal is " + of("User", "Group");
      case 6 -> "action == Action::" + of("\"read\"", "\"write\"", "\"manage\"");
      case 7 -> "[Action::\"read\", Action::\"write\"].contains(action)";
      case 8 -> "resource.size > " + random.nextInt(20);
      case 9 -> "principal.age == " + random.nextInt(20);
      case 10 -> "resource.owner == principal";
      default -> question();
    };
  }

  EntitySet entities() {
    List<Entity> entities = new ArrayList<>();
    for (int i = 0; i < NAMES; i++) {
      if (random.nextInt(10) > 0) {
        entities.add(
            new Entity(
                EntityUid.of("Group", "n" + i),
                RecordValue.EMPTY,
                i + 1 < NAMES ? List.of(group(i + 1)) : List.of()));
      }
      if (random.nextInt(10) > 0) {
        entities.add(user("n" + i));
      }
      if (random.nextInt(10) > 0) {
        entities.add(doc("n" + i));
      }
    }
    return EntitySet.of(entities).orElseThrow();
  }

  private EntityUid group(int from) {
    return EntityUid.of("Group", "n" + (from + random.nextInt(NAMES - from)));
  }

  private Entity user(String id) {
    RecordValue attributes = RecordValue.of("age", Value.of(random.nextInt(20)));
    if (random.nextInt(4) > 0) {
      attributes = attributes.with("name", Value.of(name()));
    }
    return new Entity(EntityUid.of("User", id), attributes, List.of(group(0), group(0)));
  }

  private Entity doc(String id) {
    Set<Value> labels = new LinkedHashSet<>();
    for (int i = random.nextInt(4); i > 0; i--) {
      labels.add(Value.of(name()));
    }
    RecordValue attributes = RecordValue.of("owner", EntityUid.of("User", name()));
    if (random.nextInt(4) > 0) {
      attributes = attributes.with("labels", SetValue.of(labels));
    }
    if (random.nextInt(2) == 0) {
      attributes = attributes.with("size", Value.of(random.nextInt(20)));
    }
    return new Entity(EntityUid.of("Doc", id), attributes, List.of(group(0)));
  }

  Request request() {
    String action = of("read", "write", "manage");
    EntityUid resource = EntityUid.of(random.nextInt(6) == 0 ? "Group" : "Doc", name());
    return new Request(
        EntityUid.of(random.nextInt(9) == 0 ? "Group" : "User", name()),
        EntityUid.of("Action", action),
        resource,
        RecordValue.of("n", Value.of(random.nextInt(20))));
  }
}

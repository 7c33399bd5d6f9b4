package dev.sallyport.policy.check;

import dev.sallyport.policy.diagnostic.Problem;
import dev.sallyport.policy.diagnostic.ProblemCode;
import dev.sallyport.policy.entity.Entity;
import dev.sallyport.policy.entity.EntitySet;
import dev.sallyport.policy.entity.EntityView;
import dev.sallyport.policy.entity.form.EntityForms;
import dev.sallyport.policy.entity.form.JsonValues.Expected;
import dev.sallyport.policy.json.JsonPath;
import dev.sallyport.policy.json.Places;
import dev.sallyport.policy.schema.Type;
import dev.sallyport.policy.schema.Vocabulary;
import dev.sallyport.policy.value.BooleanValue;
import dev.sallyport.policy.value.DatetimeValue;
import dev.sallyport.policy.value.DecimalValue;
import dev.sallyport.policy.value.DurationValue;
import dev.sallyport.policy.value.EntityUid;
import dev.sallyport.policy.value.IpValue;
import dev.sallyport.policy.value.LongValue;
import dev.sallyport.policy.value.RecordValue;
import dev.sallyport.policy.value.SetValue;
import dev.sallyport.policy.value.StringValue;
import dev.sallyport.policy.value.Value;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Validates requests and entities. Immutable. */
public final class DataChecker {
  private static final int SHOWN_MAX = 200;

  private final Vocabulary vocabulary;

  public DataChecker(Vocabulary vocabulary) {
    this.vocabulary = vocabulary;
  }

  /** What is wrong with a request; empty if nothing. */
  public List<Problem> checkRequest(
      EntityUid principal, EntityUid actionUid, EntityUid resource, RecordValue context) {
    Findings found = new Findings(ProblemCode.INVALID_REQUEST, Places.NONE);
    Vocabulary.Action action = vocabulary.actions().get(actionUid);
    checkEntities(principal, actionUid, resource, found);
    if (action != null) {
      check(context, action.context(), "context", JsonPath.ROOT, found);
    }
    checkUid(principal, JsonPath.ROOT, found);
    checkUid(resource, JsonPath.ROOT, found);
    return found.problems();
  }

  /** What is wrong with who, what and on what of a request, whatever its context is. */
  public List<Problem> checkRequest(EntityUid principal, EntityUid action, EntityUid resource) {
    Findings found = new Findings(ProblemCode.INVALID_REQUEST, Places.NONE);
    checkEntities(principal, action, resource, found);
    checkUid(principal, JsonPath.ROOT, found);
    checkUid(resource, JsonPath.ROOT, found);
    return found.problems();
  }

  private void checkEntities(
      EntityUid principal, EntityUid actionUid, EntityUid resource, Findings found) {
    Vocabulary.Action action = vocabulary.actions().get(actionUid);
    if (action == null) {
      found.add("action `" + actionUid + "` is not declared", JsonPath.ROOT);
    } else {
      if (!action.principals().contains(principal.type())) {
        found.add(
            "`" + principal + "` cannot be the principal of action `" + actionUid + "`",
            JsonPath.ROOT);
      }
      if (!action.resources().contains(resource.type())) {
        found.add(
            "`" + resource + "` cannot be the resource of action `" + actionUid + "`",
            JsonPath.ROOT);
      }
    }
  }

  /** What is wrong with a context for an action. */
  public List<Problem> checkContext(EntityUid actionUid, RecordValue context, Places places) {
    Findings found = new Findings(ProblemCode.INVALID_REQUEST, places);
    Vocabulary.Action action = vocabulary.actions().get(actionUid);
    if (action == null) {
      found.add("action `" + actionUid + "` is not declared", JsonPath.ROOT);
    } else {
      check(context, action.context(), "context", JsonPath.ROOT, found);
    }
    return found.problems();
  }

  /** What is wrong with entities, their hierarchy closed. */
  public List<Problem> checkEntities(EntitySet entities, Places places) {
    Findings found = new Findings(ProblemCode.INVALID_ENTITY, places);
    for (Entity entity : entities.entities()) {
      if (found.isFull()) {
        break;
      }
      checkEntity(entity, entities, found);
    }
    return found.problems();
  }

  /** The first problems found, each with its place. */
  private static final class Findings {
    /** Nobody mends more at once; each costs a look for its place. */
    private static final int PROBLEMS_MAX = 100;

    private final ProblemCode code;
    private final Places places;
    private final List<Problem> problems = new ArrayList<>();

    Findings(ProblemCode code, Places places) {
      this.code = code;
      this.places = places;
    }

    void add(String message, JsonPath path) {
      if (!isFull()) {
        problems.add(new Problem(code, message, places.of(path)));
      }
    }

    boolean isFull() {
      return problems.size() >= PROBLEMS_MAX;
    }

    List<Problem> problems() {
      return List.copyOf(problems);
    }
  }

  private void checkEntity(Entity entity, EntitySet entities, Findings found) {
    EntityUid uid = entity.uid();
    JsonPath path = EntityForms.path(entities.index(uid));
    Vocabulary.Action action = vocabulary.actions().get(uid);
    if (action != null) {
      if (!hasItsGroups(entity, action, entities)
          || entity.attributes().size() > 0
          || entity.tags().size() > 0) {
        found.add("action `" + uid + "` differs from its declaration", path);
      }
      return;
    }
    Vocabulary.EntityType type = vocabulary.entityTypes().get(uid.type());
    if (type == null) {
      found.add("entity `" + uid + "` has an undeclared type", path.member("uid"));
      return;
    }
    checkUid(uid, path.member("uid"), found);
    check(entity.attributes(), type.attributes(), "`" + uid + "`", path.member("attrs"), found);
    // Parents are enough: those among the entities are checked themselves, and types are closed.
    for (int i = 0; i < entity.parents().size() && !found.isFull(); i++) {
      EntityUid parent = entity.parents().get(i);
      JsonPath place = path.member("parents").element(i);
      if (!type.ancestors().contains(parent.type())) {
        found.add("entity `" + uid + "` cannot be in `" + parent + "`", place);
      }
      checkUid(parent, place, found);
    }
    for (String name : entity.tags().names()) {
      Type tags = type.tags();
      Value tag = entity.tags().get(name);
      if (tags == null) {
        found.add("entity `" + uid + "` cannot have tags", path.member("tags").member(name));
      } else if (tag != null) {
        check(
            tag,
            tags,
            "`" + uid + "`, tag `" + name + "`",
            path.member("tags").member(name),
            found);
      }
    }
  }

  /**
   * Whether the groups that an action is in are those of its declaration, over any number of steps.
   * Where each declared parent is given, and so checked itself, its own parents tell; only where
   * one is left out must all groups be found.
   */
  private static boolean hasItsGroups(Entity entity, Vocabulary.Action action, EntitySet entities) {
    if (!action.ancestors().containsAll(entity.parents())) {
      return false;
    }
    Set<EntityUid> parents = new HashSet<>(entity.parents());
    boolean allTell = true;
    for (EntityUid parent : action.parents()) {
      allTell &= parents.contains(parent) && entities.find(parent) != null;
    }
    if (allTell) {
      return true;
    }
    EntityView view = entities.find(action.uid());
    Set<EntityUid> ancestors = new HashSet<>();
    if (view != null) {
      view.ancestors().forEach(ancestors::add);
    }
    return ancestors.equals(action.ancestors());
  }

  /** An entity of an enumerated type must be one of the enumeration; an action must be declared. */
  private void checkUid(EntityUid uid, JsonPath path, Findings found) {
    Vocabulary.EntityType type = vocabulary.entityTypes().get(uid.type());
    if (type == null) {
      if (uid.type().equals("Action") || uid.type().endsWith("::Action")) {
        if (!vocabulary.actions().containsKey(uid)) {
          found.add("action `" + uid + "` is not declared", path);
        }
      }
    } else if (type.ids() != null && !type.ids().contains(uid.id())) {
      found.add("`" + uid + "` is none of the declared entities of its type", path);
    }
  }

  private void check(Value value, Type type, String where, JsonPath path, Findings found) {
    switch (type) {
      case Type.Bool bool -> {
        if (!(value instanceof BooleanValue)) {
          mismatch(value, bool, where, path, found);
        }
      }
      case Type.Primitive primitive -> {
        boolean fits =
            switch (primitive) {
              case LONG -> value instanceof LongValue;
              case STRING -> value instanceof StringValue;
              case DECIMAL -> value instanceof DecimalValue;
              case IP -> value instanceof IpValue;
              case DATETIME -> value instanceof DatetimeValue;
              case DURATION -> value instanceof DurationValue;
            };
        if (!fits) {
          mismatch(value, primitive, where, path, found);
        }
      }
      case Type.Entity(String name) -> {
        if (value instanceof EntityUid uid && uid.type().equals(name)) {
          checkUid(uid, path, found);
        } else {
          mismatch(value, type, where, path, found);
        }
      }
      case Type.SetOf(Type element) -> {
        if (value instanceof SetValue set) {
          set.forEach(v -> check(v, element, where, path, found));
        } else {
          mismatch(value, type, where, path, found);
        }
      }
      case Type.RecordOf record -> {
        if (value instanceof RecordValue values) {
          checkRecord(values, record, where, path, found);
        } else {
          mismatch(value, type, where, path, found);
        }
      }
    }
  }

  private void checkRecord(
      RecordValue values, Type.RecordOf record, String where, JsonPath path, Findings found) {
    for (String name : values.names()) {
      if (record.get(name) == null) {
        found.add(where + " cannot have `" + name + "`", path.member(name));
      }
    }
    record
        .attributes()
        .forEach(
            (name, attribute) -> {
              Value value = values.get(name);
              if (value != null) {
                check(
                    value, attribute.type(), where + ", `" + name + "`", path.member(name), found);
              } else if (attribute.required()) {
                found.add(where + " lacks `" + name + "`", path);
              }
            });
  }

  private static void mismatch(
      Value value, Type type, String where, JsonPath path, Findings found) {
    if (found.isFull()) {
      return;
    }
    String text = value.toString();
    String shown = text.length() <= SHOWN_MAX ? text : text.substring(0, SHOWN_MAX) + "…";
    found.add(where + ": expected `" + type + "`, found `" + shown + "`", path);
  }

  /** What the JSON form of that type is expected to be. */
  public static Expected expected(@Nullable Type type) {
    return type == null ? Expected.NOTHING : new ExpectedType(type);
  }

  /** Tags: a record in which every name has the same type. */
  public static Expected expectedTags(@Nullable Type type) {
    Expected tag = expected(type);
    return new Expected() {
      @Override
      public Expected attribute(String name) {
        return tag;
      }
    };
  }

  private record ExpectedType(Type type) implements Expected {
    private static final Map<Type, String> CONSTRUCTORS =
        Map.of(
            Type.Primitive.DECIMAL, "decimal",
            Type.Primitive.IP, "ip",
            Type.Primitive.DATETIME, "datetime",
            Type.Primitive.DURATION, "duration");

    @Override
    public boolean isEntity() {
      return type instanceof Type.Entity;
    }

    @Override
    public @Nullable String constructor() {
      return CONSTRUCTORS.get(type);
    }

    @Override
    public Expected element() {
      return type instanceof Type.SetOf(Type element) ? expected(element) : NOTHING;
    }

    @Override
    public Expected attribute(String name) {
      if (type instanceof Type.RecordOf record) {
        Type.Attribute attribute = record.get(name);
        return attribute == null ? NOTHING : expected(attribute.type());
      }
      return NOTHING;
    }
  }
}

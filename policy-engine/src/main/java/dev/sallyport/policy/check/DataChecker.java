package dev.sallyport.policy.check;

import dev.sallyport.policy.diagnostic.Problem;
import dev.sallyport.policy.diagnostic.ProblemCode;
import dev.sallyport.policy.entity.Entity;
import dev.sallyport.policy.entity.EntitySet;
import dev.sallyport.policy.entity.EntityView;
import dev.sallyport.policy.entity.JsonValues.Expected;
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
  private final Vocabulary vocabulary;

  public DataChecker(Vocabulary vocabulary) {
    this.vocabulary = vocabulary;
  }

  /** What is wrong with a request; empty if nothing. */
  public List<Problem> checkRequest(
      EntityUid principal, EntityUid actionUid, EntityUid resource, RecordValue context) {
    List<String> messages = new ArrayList<>();
    Vocabulary.Action action = vocabulary.actions().get(actionUid);
    if (action == null) {
      messages.add("action `" + actionUid + "` is not declared");
    } else {
      if (!action.principals().contains(principal.type())) {
        messages.add("`" + principal + "` cannot be the principal of action `" + actionUid + "`");
      }
      if (!action.resources().contains(resource.type())) {
        messages.add("`" + resource + "` cannot be the resource of action `" + actionUid + "`");
      }
      check(context, action.context(), "context", messages);
    }
    checkUid(principal, messages);
    checkUid(resource, messages);
    return problems(ProblemCode.INVALID_REQUEST, messages);
  }

  /** What is wrong with a context for an action. */
  public List<Problem> checkContext(EntityUid actionUid, RecordValue context) {
    List<String> messages = new ArrayList<>();
    Vocabulary.Action action = vocabulary.actions().get(actionUid);
    if (action == null) {
      messages.add("action `" + actionUid + "` is not declared");
    } else {
      check(context, action.context(), "context", messages);
    }
    return problems(ProblemCode.INVALID_REQUEST, messages);
  }

  /** What is wrong with entities, their hierarchy closed. */
  public List<Problem> checkEntities(EntitySet entities) {
    List<String> messages = new ArrayList<>();
    for (Entity entity : entities.entities()) {
      checkEntity(entity, entities, messages);
    }
    return problems(ProblemCode.INVALID_ENTITY, messages);
  }

  private static List<Problem> problems(ProblemCode code, List<String> messages) {
    return messages.stream().map(message -> new Problem(code, message, null)).toList();
  }

  private void checkEntity(Entity entity, EntitySet entities, List<String> messages) {
    EntityUid uid = entity.uid();
    Vocabulary.Action action = vocabulary.actions().get(uid);
    EntityView view = entities.find(uid);
    Set<EntityUid> ancestors = new HashSet<>();
    if (view != null) {
      view.ancestors().forEach(ancestors::add);
    }
    if (action != null) {
      if (!ancestors.equals(action.ancestors())
          || entity.attributes().size() > 0
          || entity.tags().size() > 0) {
        messages.add("action `" + uid + "` differs from its declaration");
      }
      return;
    }
    Vocabulary.EntityType type = vocabulary.entityTypes().get(uid.type());
    if (type == null) {
      messages.add("entity `" + uid + "` has an undeclared type");
      return;
    }
    checkUid(uid, messages);
    check(entity.attributes(), type.attributes(), "`" + uid + "`", messages);
    for (EntityUid ancestor : ancestors) {
      if (!type.ancestors().contains(ancestor.type())) {
        messages.add("entity `" + uid + "` cannot be in `" + ancestor + "`");
      }
      checkUid(ancestor, messages);
    }
    for (String name : entity.tags().names()) {
      Type tags = type.tags();
      Value tag = entity.tags().get(name);
      if (tags == null) {
        messages.add("entity `" + uid + "` cannot have tags");
      } else if (tag != null) {
        check(tag, tags, "`" + uid + "`, tag `" + name + "`", messages);
      }
    }
  }

  /** An entity of an enumerated type must be one of the enumeration; an action must be declared. */
  private void checkUid(EntityUid uid, List<String> messages) {
    Vocabulary.EntityType type = vocabulary.entityTypes().get(uid.type());
    if (type == null) {
      if (uid.type().equals("Action") || uid.type().endsWith("::Action")) {
        if (!vocabulary.actions().containsKey(uid)) {
          messages.add("action `" + uid + "` is not declared");
        }
      }
    } else if (type.ids() != null && !type.ids().contains(uid.id())) {
      messages.add("`" + uid + "` is none of the declared entities of its type");
    }
  }

  private void check(Value value, Type type, String where, List<String> messages) {
    switch (type) {
      case Type.Bool bool -> {
        if (!(value instanceof BooleanValue)) {
          mismatch(value, bool, where, messages);
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
          mismatch(value, primitive, where, messages);
        }
      }
      case Type.Entity(String name) -> {
        if (value instanceof EntityUid uid && uid.type().equals(name)) {
          checkUid(uid, messages);
        } else {
          mismatch(value, type, where, messages);
        }
      }
      case Type.SetOf(Type element) -> {
        if (value instanceof SetValue set) {
          set.forEach(v -> check(v, element, where, messages));
        } else {
          mismatch(value, type, where, messages);
        }
      }
      case Type.RecordOf record -> {
        if (value instanceof RecordValue values) {
          checkRecord(values, record, where, messages);
        } else {
          mismatch(value, type, where, messages);
        }
      }
    }
  }

  private void checkRecord(
      RecordValue values, Type.RecordOf record, String where, List<String> messages) {
    for (String name : values.names()) {
      if (record.get(name) == null) {
        messages.add(where + " cannot have `" + name + "`");
      }
    }
    record
        .attributes()
        .forEach(
            (name, attribute) -> {
              Value value = values.get(name);
              if (value != null) {
                check(value, attribute.type(), where + ", `" + name + "`", messages);
              } else if (attribute.required()) {
                messages.add(where + " lacks `" + name + "`");
              }
            });
  }

  private static void mismatch(Value value, Type type, String where, List<String> messages) {
    messages.add(where + ": expected `" + type + "`, found `" + value + "`");
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

package dev.sallyport.policy.entity.form;

import dev.sallyport.policy.diagnostic.ParseResult;
import dev.sallyport.policy.diagnostic.ParseResult.Parsed;
import dev.sallyport.policy.diagnostic.ParseResult.Rejected;
import dev.sallyport.policy.diagnostic.Span;
import dev.sallyport.policy.entity.Entity;
import dev.sallyport.policy.entity.EntityPlaces;
import dev.sallyport.policy.entity.form.JsonValues.Expected;
import dev.sallyport.policy.json.Json;
import dev.sallyport.policy.json.JsonPath;
import dev.sallyport.policy.json.JsonReader;
import dev.sallyport.policy.json.JsonShapeException;
import dev.sallyport.policy.json.JsonWriter;
import dev.sallyport.policy.json.Places;
import dev.sallyport.policy.value.EntityUid;
import dev.sallyport.policy.value.RecordValue;
import dev.sallyport.policy.value.Value;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** Entities and records, to JSON and from it by what is expected of them. */
public final class EntityForms {
  private EntityForms() {}

  /** The places of entities in the array that they were read from. */
  public static EntityPlaces places(Places places) {
    return new EntityPlaces() {
      @Override
      public @Nullable Span entity(int index) {
        return places.of(path(index));
      }

      @Override
      public @Nullable Span parents(int index) {
        return places.of(path(index).member("parents"));
      }

      @Override
      public @Nullable Span parent(int index, int parent) {
        return places.of(path(index).member("parents").element(parent));
      }
    };
  }

  /** The way to an entity in the array that it was read from. */
  public static JsonPath path(int index) {
    return JsonPath.ROOT.element(index);
  }

  /** What is expected of the attributes and tags of one type of entity. */
  public record Types(Expected attributes, Expected tags) {
    public static final Types UNKNOWN = new Types(Expected.NOTHING, Expected.NOTHING);
  }

  /** Reads entities by what is expected of each type; checks nothing else. */
  public static ParseResult<List<Entity>> read(String json, Function<EntityUid, Types> types) {
    return switch (JsonReader.read(json)) {
      case Rejected<Json>(var problems) -> new Rejected<>(problems);
      case Parsed<Json>(Json root) -> {
        try {
          yield new Parsed<>(entities(root, types));
        } catch (JsonShapeException failure) {
          yield new Rejected<>(failure.problem(json));
        }
      }
    };
  }

  /** Reads a record by what is expected of it; checks nothing else. */
  public static ParseResult<RecordValue> readRecord(String json, Expected expected) {
    return switch (JsonReader.read(json)) {
      case Rejected<Json>(var problems) -> new Rejected<>(problems);
      case Parsed<Json>(Json root) -> {
        try {
          if (!(root instanceof Json.Obj object)) {
            throw new JsonShapeException("expected an object, found " + root.kind(), JsonPath.ROOT);
          }
          yield new Parsed<>(wholeRecord(object, expected));
        } catch (JsonShapeException failure) {
          yield new Rejected<>(failure.problem(json));
        }
      }
    };
  }

  /**
   * Where nothing is known of it, a record that is written like an escape is one: an entity or an
   * extension value, and so no record. The attributes of an entity are read otherwise.
   */
  private static RecordValue wholeRecord(Json.Obj object, Expected expected)
      throws JsonShapeException {
    if (expected != Expected.NOTHING) {
      return JsonValues.record(object, expected, JsonPath.ROOT);
    }
    Value value = JsonValues.value(object, expected, JsonPath.ROOT);
    if (value instanceof RecordValue record) {
      return record;
    }
    throw new JsonShapeException(
        "expected a record, found `" + value + "`, as the escape says", JsonPath.ROOT);
  }

  private static List<Entity> entities(Json root, Function<EntityUid, Types> types)
      throws JsonShapeException {
    if (!(root instanceof Json.Array(List<Json> elements))) {
      throw new JsonShapeException(
          "expected an array of entities, found " + root.kind(), JsonPath.ROOT);
    }
    List<Entity> entities = new ArrayList<>(elements.size());
    for (int i = 0; i < elements.size(); i++) {
      entities.add(entity(elements.get(i), types, JsonPath.ROOT.element(i)));
    }
    return entities;
  }

  private static Entity entity(Json json, Function<EntityUid, Types> types, JsonPath path)
      throws JsonShapeException {
    if (!(json instanceof Json.Obj(Map<String, Json> members))) {
      throw new JsonShapeException("expected an entity, found " + json.kind(), path);
    }
    Json uidJson = members.get("uid");
    Json parentsJson = members.get("parents");
    if (uidJson == null || parentsJson == null || !members.containsKey("attrs")) {
      throw new JsonShapeException("an entity has `uid`, `attrs` and `parents`", path);
    }
    EntityUid uid = JsonValues.uid(uidJson, path.member("uid"));
    Types expected = types.apply(uid);
    if (!(parentsJson instanceof Json.Array(List<Json> parentList))) {
      throw new JsonShapeException("expected an array of parents", path.member("parents"));
    }
    List<EntityUid> parents = new ArrayList<>(parentList.size());
    for (int i = 0; i < parentList.size(); i++) {
      parents.add(JsonValues.uid(parentList.get(i), path.member("parents").element(i)));
    }
    return new Entity(
        uid,
        record(members, "attrs", expected.attributes(), path),
        parents,
        record(members, "tags", expected.tags(), path));
  }

  private static RecordValue record(
      Map<String, Json> members, String name, Expected expected, JsonPath path)
      throws JsonShapeException {
    Json json = members.get(name);
    if (json == null) {
      return RecordValue.EMPTY;
    }
    if (!(json instanceof Json.Obj object)) {
      throw new JsonShapeException("expected an object, found " + json.kind(), path.member(name));
    }
    return JsonValues.record(object, expected, path.member(name));
  }

  /**
   * Writes entities with the escapes that a reader without a schema needs, on one line; direct
   * parents only. Rejected if a record looks like an escape, which JSON cannot say.
   */
  public static ParseResult<String> write(Collection<Entity> entities) {
    try {
      List<Json> all = new ArrayList<>(entities.size());
      for (Entity entity : entities) {
        all.add(json(entity, JsonPath.ROOT.element(all.size())));
      }
      return new Parsed<>(JsonWriter.write(new Json.Array(all)));
    } catch (JsonShapeException failure) {
      return new Rejected<>(failure.problem(""));
    }
  }

  /** Writes one record, such as the context of a request, as {@link #write} writes attributes. */
  public static ParseResult<String> writeRecord(RecordValue record) {
    try {
      return new Parsed<>(JsonWriter.write(ValuesJson.value(record, JsonPath.ROOT)));
    } catch (JsonShapeException failure) {
      return new Rejected<>(failure.problem(""));
    }
  }

  private static Json json(Entity entity, JsonPath path) throws JsonShapeException {
    Map<String, Json> json = new LinkedHashMap<>();
    json.put("uid", ValuesJson.uid(entity.uid()));
    json.put("attrs", ValuesJson.record(entity.attributes(), path.member("attrs")));
    json.put("parents", new Json.Array(entity.parents().stream().map(ValuesJson::uid).toList()));
    if (entity.tags().size() > 0) {
      json.put("tags", ValuesJson.record(entity.tags(), path.member("tags")));
    }
    return new Json.Obj(json);
  }
}

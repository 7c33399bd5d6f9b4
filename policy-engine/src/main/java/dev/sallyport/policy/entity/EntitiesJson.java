package dev.sallyport.policy.entity;

import dev.sallyport.policy.diagnostic.ParseResult;
import dev.sallyport.policy.diagnostic.ParseResult.Parsed;
import dev.sallyport.policy.diagnostic.ParseResult.Rejected;
import dev.sallyport.policy.entity.JsonValues.Expected;
import dev.sallyport.policy.entity.JsonValues.JsonException;
import dev.sallyport.policy.json.Json;
import dev.sallyport.policy.json.JsonReader;
import dev.sallyport.policy.value.EntityUid;
import dev.sallyport.policy.value.RecordValue;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;

/**
 * Cedar's JSON form of entities: an array of objects with {@code uid}, {@code attrs}, {@code
 * parents}, {@code tags}. Without a schema, entity references and extension values must be written
 * with their escapes ({@code __entity}, {@code __extn}); {@code Schema.parseEntities} knows the
 * types and needs none.
 */
public final class EntitiesJson {
  private static final Set<String> MEMBERS = Set.of("uid", "attrs", "parents", "tags");

  private EntitiesJson() {}

  /** Reads an array of entities. */
  public static ParseResult<EntitySet> parse(String json) {
    return switch (read(json, _ -> Types.UNKNOWN)) {
      case Parsed<List<Entity>>(List<Entity> entities) -> EntitySet.of(entities);
      case Rejected<List<Entity>>(var problems) -> new Rejected<>(problems);
    };
  }

  /** Reads one object as a record, such as the context of a request. */
  public static ParseResult<RecordValue> parseRecord(String json) {
    return readRecord(json, Expected.NOTHING);
  }

  /** What is expected of the attributes and tags of one type of entity. */
  public record Types(Expected attributes, Expected tags) {
    static final Types UNKNOWN = new Types(Expected.NOTHING, Expected.NOTHING);
  }

  /** Reads entities by what is expected of each type; checks nothing else. */
  public static ParseResult<List<Entity>> read(String json, Function<EntityUid, Types> types) {
    return switch (JsonReader.read(json)) {
      case Rejected<Json>(var problems) -> new Rejected<>(problems);
      case Parsed<Json>(Json root) -> {
        try {
          yield new Parsed<>(entities(root, types));
        } catch (JsonException failure) {
          yield new Rejected<>(failure.problem());
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
            throw new JsonException("expected an object, found " + root.kind(), "");
          }
          yield new Parsed<>(JsonValues.record(object, expected, ""));
        } catch (JsonException failure) {
          yield new Rejected<>(failure.problem());
        }
      }
    };
  }

  private static List<Entity> entities(Json root, Function<EntityUid, Types> types)
      throws JsonException {
    if (!(root instanceof Json.Array(List<Json> elements))) {
      throw new JsonException("expected an array of entities, found " + root.kind(), "");
    }
    List<Entity> entities = new ArrayList<>(elements.size());
    for (int i = 0; i < elements.size(); i++) {
      entities.add(entity(elements.get(i), types, "[" + i + "]"));
    }
    return entities;
  }

  private static Entity entity(Json json, Function<EntityUid, Types> types, String path)
      throws JsonException {
    if (!(json instanceof Json.Obj(Map<String, Json> members))) {
      throw new JsonException("expected an entity, found " + json.kind(), path);
    }
    for (String name : members.keySet()) {
      if (!MEMBERS.contains(name)) {
        throw new JsonException("an entity has no `" + name + "`", path);
      }
    }
    Json uidJson = members.get("uid");
    Json parentsJson = members.get("parents");
    if (uidJson == null || parentsJson == null || !members.containsKey("attrs")) {
      throw new JsonException("an entity has `uid`, `attrs` and `parents`", path);
    }
    EntityUid uid = JsonValues.uid(uidJson, path + ".uid");
    Types expected = types.apply(uid);
    if (!(parentsJson instanceof Json.Array(List<Json> parentList))) {
      throw new JsonException("expected an array of parents", path + ".parents");
    }
    List<EntityUid> parents = new ArrayList<>(parentList.size());
    for (int i = 0; i < parentList.size(); i++) {
      parents.add(JsonValues.uid(parentList.get(i), path + ".parents[" + i + "]"));
    }
    return new Entity(
        uid,
        record(members, "attrs", expected.attributes(), path),
        parents,
        record(members, "tags", expected.tags(), path));
  }

  private static RecordValue record(
      Map<String, Json> members, String name, Expected expected, String path) throws JsonException {
    Json json = members.get(name);
    if (json == null) {
      return RecordValue.EMPTY;
    }
    if (!(json instanceof Json.Obj object)) {
      throw new JsonException("expected an object, found " + json.kind(), path + "." + name);
    }
    return JsonValues.record(object, expected, path + "." + name);
  }
}

package dev.sallyport.policy;

import dev.sallyport.policy.check.DataChecker;
import dev.sallyport.policy.check.PolicyChecker;
import dev.sallyport.policy.diagnostic.ParseResult;
import dev.sallyport.policy.diagnostic.ParseResult.Parsed;
import dev.sallyport.policy.diagnostic.ParseResult.Rejected;
import dev.sallyport.policy.diagnostic.Problem;
import dev.sallyport.policy.entity.Entity;
import dev.sallyport.policy.entity.EntitySet;
import dev.sallyport.policy.entity.EntityView;
import dev.sallyport.policy.entity.form.EntityForms;
import dev.sallyport.policy.json.Places;
import dev.sallyport.policy.schema.Vocabulary;
import dev.sallyport.policy.schema.WrittenSchema;
import dev.sallyport.policy.value.EntityUid;
import dev.sallyport.policy.value.RecordValue;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/** The vocabulary of a policy set: entity types, common types, actions. Immutable. */
public final class Schema {
  private final WrittenSchema written;
  private final Vocabulary vocabulary;
  private final DataChecker data;

  private Schema(WrittenSchema written) {
    this.written = written;
    this.vocabulary = written.vocabulary();
    this.data = new DataChecker(vocabulary);
  }

  /** Reads Cedar's own syntax ({@code .cedarschema}). */
  public static ParseResult<Schema> parse(String text) {
    return of(WrittenSchema.parse(text));
  }

  /** Reads Cedar's JSON form ({@code .cedarschema.json}). */
  public static ParseResult<Schema> parseJson(String json) {
    return of(WrittenSchema.parseJson(json));
  }

  private static ParseResult<Schema> of(ParseResult<WrittenSchema> parsed) {
    return switch (parsed) {
      case Parsed<WrittenSchema>(WrittenSchema written) -> new Parsed<>(new Schema(written));
      case Rejected<WrittenSchema>(List<Problem> problems) -> new Rejected<>(problems);
    };
  }

  /** Cedar's JSON form of this schema, on one line. */
  public String toJson() {
    return written.toJson();
  }

  /**
   * This schema in Cedar's own syntax, in one layout; comments are lost. Rejected if it was read
   * from JSON that says what the syntax cannot, such as a named type as the shape of an entity.
   */
  public ParseResult<String> toText() {
    return written.toText();
  }

  /** What is wrong with the request by this schema; empty if nothing. */
  public List<Problem> validate(Request request) {
    return data.checkRequest(
        request.principal(), request.action(), request.resource(), request.context());
  }

  /** What is wrong with who, what and on what of a request, whatever its context is. */
  public List<Problem> validate(EntityUid principal, EntityUid action, EntityUid resource) {
    return data.checkRequest(principal, action, resource);
  }

  /** What is wrong with the entities by this schema; empty if nothing. */
  public List<Problem> validate(EntitySet entities) {
    return data.checkEntities(entities, Places.NONE);
  }

  /**
   * Reads entity JSON by the declared types, and validates it. The actions of the schema are added.
   */
  public ParseResult<EntitySet> parseEntities(String json) {
    ParseResult<List<Entity>> read = EntityForms.read(json, uid -> expected(uid.type()));
    if (read instanceof Rejected<List<Entity>>(List<Problem> problems)) {
      return new Rejected<>(problems);
    }
    List<Entity> entities = new ArrayList<>(read.orElseThrow());
    Places places = Places.in(json);
    ParseResult<EntitySet> closed = EntitySet.of(entities, EntityForms.places(places));
    if (!(closed instanceof Parsed<EntitySet>(EntitySet set))) {
      return closed;
    }
    List<Problem> problems = data.checkEntities(set, places);
    if (!problems.isEmpty()) {
      return new Rejected<>(problems);
    }
    for (Vocabulary.Action action : vocabulary.actions().values()) {
      if (set.find(action.uid()) == null) {
        entities.add(new Entity(action.uid(), RecordValue.EMPTY, List.copyOf(action.parents())));
      }
    }
    return EntitySet.of(entities);
  }

  private EntityForms.Types expected(String typeName) {
    Vocabulary.EntityType type = vocabulary.entityTypes().get(typeName);
    return new EntityForms.Types(
        DataChecker.expected(type == null ? null : type.attributes()),
        DataChecker.expectedTags(type == null ? null : type.tags()));
  }

  /** Reads a context by the type declared for the action, and validates it. */
  public ParseResult<RecordValue> parseContext(EntityUid action, String json) {
    ParseResult<RecordValue> read = readContext(action, json);
    if (read instanceof Parsed<RecordValue>(RecordValue context)) {
      List<Problem> problems = data.checkContext(action, context, Places.in(json));
      return problems.isEmpty() ? read : new Rejected<>(problems);
    }
    return read;
  }

  /** Reads a context by the type declared for the action, and does not validate it. */
  public ParseResult<RecordValue> readContext(EntityUid action, String json) {
    Vocabulary.Action declared = vocabulary.actions().get(action);
    return EntityForms.readRecord(
        json, DataChecker.expected(declared == null ? null : declared.context()));
  }

  /**
   * The names of the attributes that entities of a type have or may have, sorted; none if there is
   * no such type. For hosts that hold what they read of their live entities to the schema.
   */
  public Set<String> attributes(String entityType) {
    Vocabulary.EntityType type = vocabulary.entityTypes().get(entityType);
    return type == null
        ? Set.of()
        : Collections.unmodifiableSortedSet(new TreeSet<>(type.attributes().attributes().keySet()));
  }

  PolicyChecker policyChecker() {
    return new PolicyChecker(vocabulary);
  }

  /** The actions as entities, with their groups as ancestors. */
  Map<EntityUid, EntityView> actions() {
    List<Entity> entities = new ArrayList<>();
    for (Vocabulary.Action action : vocabulary.actions().values()) {
      entities.add(new Entity(action.uid(), RecordValue.EMPTY, List.copyOf(action.parents())));
    }
    EntitySet set = EntitySet.of(entities).orElseThrow();
    Map<EntityUid, EntityView> views = new HashMap<>();
    for (Entity entity : entities) {
      EntityView view = set.find(entity.uid());
      if (view != null) {
        views.put(entity.uid(), view);
      }
    }
    return views;
  }
}

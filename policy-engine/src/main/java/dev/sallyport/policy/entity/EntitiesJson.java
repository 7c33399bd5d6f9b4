package dev.sallyport.policy.entity;

import dev.sallyport.policy.diagnostic.ParseResult;
import dev.sallyport.policy.diagnostic.ParseResult.Parsed;
import dev.sallyport.policy.diagnostic.ParseResult.Rejected;
import dev.sallyport.policy.entity.form.EntityForms;
import dev.sallyport.policy.entity.form.JsonValues;
import dev.sallyport.policy.json.Places;
import dev.sallyport.policy.value.RecordValue;
import java.util.Collection;
import java.util.List;

/**
 * Cedar's JSON form of entities: an array of objects with {@code uid}, {@code attrs}, {@code
 * parents}, {@code tags}; other members are passed over, as the reference does. Without a schema,
 * entity references and extension values must be written with their escapes ({@code __entity},
 * {@code __extn}); {@code Schema.parseEntities} knows the types and needs none.
 */
public final class EntitiesJson {
  private EntitiesJson() {}

  /** Reads an array of entities. */
  public static ParseResult<EntitySet> parse(String json) {
    return switch (EntityForms.read(json, _ -> EntityForms.Types.UNKNOWN)) {
      case Parsed<List<Entity>>(List<Entity> entities) ->
          EntitySet.of(entities, EntityForms.places(Places.in(json)));
      case Rejected<List<Entity>>(var problems) -> new Rejected<>(problems);
    };
  }

  /** Reads one object as a record, such as the context of a request. */
  public static ParseResult<RecordValue> parseRecord(String json) {
    return EntityForms.readRecord(json, JsonValues.Expected.NOTHING);
  }

  /**
   * Writes entities with the escapes that a reader without a schema needs, on one line; direct
   * parents only. Rejected if a record looks like an escape, which JSON cannot say.
   */
  public static ParseResult<String> write(Collection<Entity> entities) {
    return EntityForms.write(entities);
  }

  /** Writes one record, such as the context of a request, as {@link #write} writes attributes. */
  public static ParseResult<String> writeRecord(RecordValue record) {
    return EntityForms.writeRecord(record);
  }
}

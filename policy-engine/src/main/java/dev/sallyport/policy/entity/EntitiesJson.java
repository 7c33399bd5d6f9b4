package dev.sallyport.policy.entity;

import dev.sallyport.policy.diagnostic.ParseResult;
import dev.sallyport.policy.value.RecordValue;

/**
 * Cedar's JSON form of entities: an array of objects with {@code uid}, {@code attrs}, {@code
 * parents}, {@code tags}. Without a schema, entity references and extension values must be written
 * with their escapes ({@code __entity}, {@code __extn}); {@code Schema.parseEntities} knows the
 * types and needs none.
 */
public final class EntitiesJson {
  private EntitiesJson() {}

  /** Reads an array of entities. */
  public static ParseResult<EntitySet> parse(String json) {
    throw new UnsupportedOperationException(json);
  }

  /** Reads one object as a record, such as the context of a request. */
  public static ParseResult<RecordValue> parseRecord(String json) {
    throw new UnsupportedOperationException(json);
  }
}

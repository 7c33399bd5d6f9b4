package dev.sallyport.policy;

import dev.sallyport.policy.diagnostic.ParseResult;
import dev.sallyport.policy.diagnostic.Problem;
import dev.sallyport.policy.entity.EntitySet;
import dev.sallyport.policy.value.EntityUid;
import dev.sallyport.policy.value.RecordValue;
import java.util.List;

/** The vocabulary of a policy set: entity types, common types, actions. Immutable. */
public final class Schema {
  private Schema() {}

  /** Reads Cedar's own syntax ({@code .cedarschema}). */
  public static ParseResult<Schema> parse(String text) {
    throw new UnsupportedOperationException(text);
  }

  /** What is wrong with the request by this schema; empty if nothing. */
  public List<Problem> validate(Request request) {
    throw new UnsupportedOperationException(request.toString());
  }

  /** Reads entity JSON by the declared types, and validates it. */
  public ParseResult<EntitySet> parseEntities(String json) {
    throw new UnsupportedOperationException(json);
  }

  /** Reads a context by the type declared for the action. */
  public ParseResult<RecordValue> parseContext(EntityUid action, String json) {
    throw new UnsupportedOperationException(json + action);
  }
}

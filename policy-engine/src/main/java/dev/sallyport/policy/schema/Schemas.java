package dev.sallyport.policy.schema;

import dev.sallyport.policy.diagnostic.ParseResult;
import dev.sallyport.policy.diagnostic.ParseResult.Parsed;
import dev.sallyport.policy.diagnostic.ParseResult.Rejected;

/** The door of this package: text to vocabulary. */
public final class Schemas {
  private Schemas() {}

  /** Reads and resolves Cedar's schema syntax. */
  public static ParseResult<Vocabulary> parse(String text) {
    return switch (SchemaParser.parse(text)) {
      case Parsed<SchemaText>(SchemaText schema) -> Resolver.resolve(schema);
      case Rejected<SchemaText>(var problems) -> new Rejected<>(problems);
    };
  }

  /** Reads and resolves Cedar's JSON form of schemas. */
  public static ParseResult<Vocabulary> parseJson(String json) {
    return switch (SchemaJson.read(json)) {
      case Parsed<SchemaText>(SchemaText schema) -> Resolver.resolve(schema);
      case Rejected<SchemaText>(var problems) -> new Rejected<>(problems);
    };
  }
}

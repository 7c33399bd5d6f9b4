package dev.sallyport.policy.schema;

import dev.sallyport.policy.diagnostic.ParseResult;
import dev.sallyport.policy.diagnostic.ParseResult.Parsed;
import dev.sallyport.policy.diagnostic.ParseResult.Rejected;
import dev.sallyport.policy.diagnostic.Problem;
import dev.sallyport.policy.json.JsonWriter;
import java.util.List;

/** The door of this package: a schema as its author wrote it, and what it means. Immutable. */
public final class WrittenSchema {
  private final SchemaText text;
  private final Vocabulary vocabulary;

  private WrittenSchema(SchemaText text, Vocabulary vocabulary) {
    this.text = text;
    this.vocabulary = vocabulary;
  }

  /** Reads and resolves Cedar's schema syntax. */
  public static ParseResult<WrittenSchema> parse(String text) {
    return resolved(SchemaParser.parse(text));
  }

  /** Reads and resolves Cedar's JSON form of schemas. */
  public static ParseResult<WrittenSchema> parseJson(String json) {
    return resolved(SchemaJson.read(json));
  }

  private static ParseResult<WrittenSchema> resolved(ParseResult<SchemaText> read) {
    if (!(read instanceof Parsed<SchemaText>(SchemaText text))) {
      return new Rejected<>(read.problems());
    }
    return switch (Resolver.resolve(text)) {
      case Parsed<Vocabulary>(Vocabulary vocabulary) ->
          new Parsed<>(new WrittenSchema(text, vocabulary));
      case Rejected<Vocabulary>(List<Problem> problems) -> new Rejected<>(problems);
    };
  }

  public Vocabulary vocabulary() {
    return vocabulary;
  }

  /** Cedar's JSON form, on one line. */
  public String toJson() {
    return JsonWriter.write(SchemaJsonWriter.write(text));
  }

  /** Cedar's own syntax, comments lost; rejected where only JSON can say it. */
  public ParseResult<String> toText() {
    return SchemaPrinter.print(text);
  }
}

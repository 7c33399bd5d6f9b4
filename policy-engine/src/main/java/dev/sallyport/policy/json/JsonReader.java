package dev.sallyport.policy.json;

import dev.sallyport.policy.diagnostic.ParseResult;
import dev.sallyport.policy.diagnostic.ParseResult.Parsed;
import dev.sallyport.policy.diagnostic.ParseResult.Rejected;
import dev.sallyport.policy.diagnostic.Problem;
import dev.sallyport.policy.diagnostic.ProblemCode;
import dev.sallyport.policy.diagnostic.Span;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.core.ObjectReadContext;
import tools.jackson.core.StreamReadConstraints;
import tools.jackson.core.StreamReadFeature;
import tools.jackson.core.TokenStreamLocation;
import tools.jackson.core.json.JsonFactory;

/** Reads JSON. Strict: no name twice in an object, nothing behind the value. */
public final class JsonReader {
  /** Levels of arrays and objects; a policy in JSON form nests twice as deep as its text. */
  public static final int DEPTH_MAX = 1000;

  private static final int LENGTH_MAX = 64 * 1024 * 1024;

  private static final JsonFactory FACTORY =
      JsonFactory.builder()
          .streamReadConstraints(
              StreamReadConstraints.builder()
                  .maxNestingDepth(DEPTH_MAX)
                  .maxDocumentLength(LENGTH_MAX)
                  .maxStringLength(LENGTH_MAX)
                  .maxNumberLength(1000)
                  .build())
          .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
          .build();

  private JsonReader() {}

  public static ParseResult<Json> read(String text) {
    try (JsonParser parser = FACTORY.createParser(ObjectReadContext.empty(), text)) {
      try {
        parser.nextToken();
        Json value = value(parser);
        if (parser.nextToken() != null) {
          return new Rejected<>(
              problem(parser.currentTokenLocation(), "there is more behind the value"));
        }
        return new Parsed<>(value);
      } catch (JacksonException failure) {
        return new Rejected<>(problem(failure.getLocation(), message(failure)));
      }
    }
  }

  private static String message(JacksonException failure) {
    String message = failure.getOriginalMessage();
    int place = message == null ? -1 : message.indexOf(" (start marker at");
    int end = place >= 0 || message == null ? place : message.indexOf('\n');
    String line = message == null ? "malformed" : end < 0 ? message : message.substring(0, end);
    return "this is no JSON: " + Character.toLowerCase(line.charAt(0)) + line.substring(1);
  }

  private static Problem problem(@Nullable TokenStreamLocation at, String message) {
    if (at == null) {
      return new Problem(ProblemCode.INVALID_JSON, message, null);
    }
    int line = Math.max(at.getLineNr(), 1);
    int column = Math.max(at.getColumnNr(), 1);
    int offset = (int) Math.max(at.getCharOffset(), 0);
    return new Problem(
        ProblemCode.INVALID_JSON, message, new Span(offset, offset, line, column, line, column));
  }

  /** Recursion is bounded by the parser's own limit on nesting. */
  private static Json value(JsonParser parser) {
    JsonToken token = parser.currentToken();
    return switch (token) {
      case VALUE_NULL -> new Json.Null();
      case VALUE_TRUE -> new Json.Bool(true);
      case VALUE_FALSE -> new Json.Bool(false);
      case VALUE_STRING -> new Json.Text(parser.getString());
      case VALUE_NUMBER_INT ->
          switch (parser.getNumberType()) {
            case INT, LONG -> new Json.Int(parser.getLongValue());
            default -> new Json.OtherNumber(parser.getString());
          };
      case VALUE_NUMBER_FLOAT -> new Json.OtherNumber(parser.getString());
      case START_ARRAY -> {
        List<Json> elements = new ArrayList<>();
        while (parser.nextToken() != JsonToken.END_ARRAY) {
          elements.add(value(parser));
        }
        yield new Json.Array(elements);
      }
      case START_OBJECT -> {
        Map<String, Json> members = new LinkedHashMap<>();
        while (parser.nextToken() != JsonToken.END_OBJECT) {
          String name = parser.currentName();
          parser.nextToken();
          members.put(name, value(parser));
        }
        yield new Json.Obj(Collections.unmodifiableMap(members));
      }
      case null, default ->
          throw new tools.jackson.core.exc.StreamReadException(parser, "the text ends too early");
    };
  }
}

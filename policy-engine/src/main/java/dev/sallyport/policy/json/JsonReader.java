package dev.sallyport.policy.json;

import dev.sallyport.policy.diagnostic.ParseResult;
import dev.sallyport.policy.diagnostic.ParseResult.Parsed;
import dev.sallyport.policy.diagnostic.ParseResult.Rejected;
import dev.sallyport.policy.diagnostic.Problem;
import dev.sallyport.policy.diagnostic.ProblemCode;
import dev.sallyport.policy.diagnostic.Span;
import java.util.ArrayList;
import java.util.Collections;
import java.util.IdentityHashMap;
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
    return read(text, null);
  }

  /** As {@link #read(String)}, remembering where each value stands. */
  public static ParseResult<JsonText> readText(String text) {
    IdentityHashMap<Json, JsonText.Place> places = new IdentityHashMap<>();
    return switch (read(text, places)) {
      case Parsed<Json>(Json root) -> new Parsed<>(new JsonText(text, root, places));
      case Rejected<Json>(List<Problem> problems) -> new Rejected<>(problems);
    };
  }

  private static ParseResult<Json> read(
      String text, @Nullable IdentityHashMap<Json, JsonText.Place> places) {
    try (JsonParser parser = FACTORY.createParser(ObjectReadContext.empty(), text)) {
      try {
        parser.nextToken();
        Json value = value(parser, places);
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

  /**
   * Where in the text the value stands to which a path leads, or what encloses it, if there is none
   * such. Reads the text once more: for problems only.
   */
  public static @Nullable Span span(String text, JsonPath path) {
    try (JsonParser parser = FACTORY.createParser(ObjectReadContext.empty(), text)) {
      parser.nextToken();
      int start = offset(parser.currentTokenLocation());
      for (Object step : path.steps()) {
        int outer = start;
        if (!(step instanceof String name ? toMember(parser, name) : toElement(parser, step))) {
          return Span.of(text, outer, Math.min(outer + 1, text.length()));
        }
        start = offset(parser.currentTokenLocation());
      }
      if (parser.currentToken() == JsonToken.VALUE_STRING) {
        parser.getString();
      }
      parser.skipChildren();
      return Span.of(text, start, Math.min(offset(parser.currentLocation()), text.length()));
    } catch (JacksonException malformed) {
      return null;
    }
  }

  private static boolean toMember(JsonParser parser, String name) {
    if (parser.currentToken() != JsonToken.START_OBJECT) {
      return false;
    }
    while (parser.nextToken() != JsonToken.END_OBJECT) {
      boolean found = name.equals(parser.currentName());
      parser.nextToken();
      if (found) {
        return true;
      }
      parser.skipChildren();
    }
    return false;
  }

  private static boolean toElement(JsonParser parser, Object place) {
    if (parser.currentToken() != JsonToken.START_ARRAY) {
      return false;
    }
    for (int i = 0; parser.nextToken() != JsonToken.END_ARRAY; i++) {
      if (place.equals(i)) {
        return true;
      }
      parser.skipChildren();
    }
    return false;
  }

  private static int offset(TokenStreamLocation location) {
    return (int) Math.max(location.getCharOffset(), 0);
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

  private static Json value(
      JsonParser parser, @Nullable IdentityHashMap<Json, JsonText.Place> places) {
    if (places == null) {
      return bare(parser, null);
    }
    int start = offset(parser.currentTokenLocation());
    Json value = bare(parser, places);
    places.put(value, new JsonText.Place(start, offset(parser.currentLocation())));
    return value;
  }

  /** Recursion is bounded by the parser's own limit on nesting. */
  private static Json bare(
      JsonParser parser, @Nullable IdentityHashMap<Json, JsonText.Place> places) {
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
          elements.add(value(parser, places));
        }
        yield new Json.Array(elements);
      }
      case START_OBJECT -> {
        Map<String, Json> members = new LinkedHashMap<>();
        while (parser.nextToken() != JsonToken.END_OBJECT) {
          String name = parser.currentName();
          parser.nextToken();
          members.put(name, value(parser, places));
        }
        yield new Json.Obj(Collections.unmodifiableMap(members));
      }
      case null, default ->
          throw new tools.jackson.core.exc.StreamReadException(parser, "the text ends too early");
    };
  }
}

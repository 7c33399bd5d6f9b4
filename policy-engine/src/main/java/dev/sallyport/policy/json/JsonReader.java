package dev.sallyport.policy.json;

import dev.sallyport.policy.diagnostic.ParseResult;
import dev.sallyport.policy.diagnostic.ParseResult.Parsed;
import dev.sallyport.policy.diagnostic.ParseResult.Rejected;
import dev.sallyport.policy.diagnostic.Problem;
import dev.sallyport.policy.diagnostic.ProblemCode;
import dev.sallyport.policy.diagnostic.Span;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Deque;
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
import tools.jackson.core.exc.StreamConstraintsException;
import tools.jackson.core.exc.StreamReadException;
import tools.jackson.core.json.JsonFactory;

/** Reads JSON. Strict: no name twice in an object, nothing behind the value. */
public final class JsonReader {
  /** Levels of arrays and objects: what is read of these is often walked with recursion. */
  public static final int DEPTH_MAX = 1000;

  private static final int LENGTH_MAX = 64 * 1024 * 1024;

  private static final int NUMBER_LENGTH_MAX = 1000;

  private static final JsonFactory FACTORY = factory(DEPTH_MAX);

  private JsonReader() {}

  private static JsonFactory factory(int depthMax) {
    return JsonFactory.builder()
        .streamReadConstraints(
            StreamReadConstraints.builder()
                .maxNestingDepth(depthMax)
                .maxDocumentLength(LENGTH_MAX)
                .maxStringLength(LENGTH_MAX)
                .maxNumberLength(NUMBER_LENGTH_MAX)
                .build())
        .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
        .build();
  }

  public static ParseResult<Json> read(String text) {
    return read(text, null, DEPTH_MAX);
  }

  /** As {@link #read(String)}, remembering where each value stands. */
  public static ParseResult<JsonText> readText(String text) {
    return readText(text, DEPTH_MAX);
  }

  /** The same with other bounds, for readers that walk what they are given without recursion. */
  public static ParseResult<JsonText> readText(String text, int depthMax) {
    IdentityHashMap<Json, JsonText.Place> places = new IdentityHashMap<>();
    return switch (read(text, places, depthMax)) {
      case Parsed<Json>(Json root) -> new Parsed<>(new JsonText(text, root, places));
      case Rejected<Json>(List<Problem> problems) -> new Rejected<>(problems);
    };
  }

  private static ParseResult<Json> read(
      String text, @Nullable IdentityHashMap<Json, JsonText.Place> places, int depthMax) {
    try (JsonParser parser = parser(text, depthMax)) {
      try {
        parser.nextToken();
        Json value = value(parser, places);
        if (parser.nextToken() != null) {
          return new Rejected<>(
              problem(
                  ProblemCode.INVALID_JSON,
                  parser.currentTokenLocation(),
                  "there is more behind the value"));
        }
        return new Parsed<>(value);
      } catch (StreamConstraintsException failure) {
        return new Rejected<>(excess(parser, failure, depthMax));
      } catch (JacksonException failure) {
        return new Rejected<>(
            problem(ProblemCode.INVALID_JSON, failure.getLocation(), message(text, failure)));
      }
    }
  }

  private static JsonParser parser(String text, int depthMax) {
    JsonFactory factory = depthMax == DEPTH_MAX ? FACTORY : factory(depthMax);
    return factory.createParser(ObjectReadContext.empty(), text);
  }

  /** Says in our words which bound it was: the parser names its own settings. */
  private static Problem excess(
      JsonParser parser, StreamConstraintsException failure, int depthMax) {
    int depth = parser.streamReadContext().getNestingDepth();
    if (depth >= depthMax) {
      return problem(
          ProblemCode.TOO_DEEP,
          failure.getLocation(),
          "this is nested more than " + depthMax + " levels deep");
    }
    return problem(
        ProblemCode.TOO_LARGE,
        failure.getLocation(),
        "this is longer than "
            + LENGTH_MAX
            + " characters, or has a number of more than "
            + NUMBER_LENGTH_MAX
            + " digits");
  }

  /**
   * Where in the text the value stands to which a path leads, or what encloses it, if there is none
   * such. Reads the text once more: for problems only.
   */
  public static @Nullable Span span(String text, JsonPath path) {
    try (JsonParser parser = parser(text, Integer.MAX_VALUE)) {
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

  private static int offset(@Nullable TokenStreamLocation location) {
    return location == null ? 0 : (int) Math.max(location.getCharOffset(), 0);
  }

  private static String message(String text, JacksonException failure) {
    String message = failure.getOriginalMessage();
    if (message != null && message.contains("Feature '")) {
      // What the parser would take with other settings is no help to who wrote the text.
      int at = offset(failure.getLocation());
      return "this is no JSON: unexpected character"
          + (at < text.length() ? " `" + Character.toString(text.codePointAt(at)) + "`" : "");
    }
    int place = message == null ? -1 : message.indexOf(" (start marker at");
    place = place >= 0 || message == null ? place : message.indexOf(": was expecting (JSON String");
    int end = place >= 0 || message == null ? place : message.indexOf('\n');
    String line = message == null ? "malformed" : end < 0 ? message : message.substring(0, end);
    return "this is no JSON: " + Character.toLowerCase(line.charAt(0)) + line.substring(1);
  }

  private static Problem problem(
      ProblemCode code, @Nullable TokenStreamLocation at, String message) {
    if (at == null) {
      return new Problem(code, message, null);
    }
    int line = Math.max(at.getLineNr(), 1);
    int column = Math.max(at.getColumnNr(), 1);
    int offset = (int) Math.max(at.getCharOffset(), 0);
    return new Problem(code, message, new Span(offset, offset, line, column, line, column));
  }

  /** An array or object whose end has not been reached. */
  private static final class Open {
    private final int start;
    private final List<Json> elements = new ArrayList<>();
    private final @Nullable Map<String, Json> members;
    private String name = "";

    Open(int start, @Nullable Map<String, Json> members) {
      this.start = start;
      this.members = members;
    }

    void add(Json value) {
      if (members == null) {
        elements.add(value);
      } else {
        members.put(name, value);
      }
    }

    Json closed() {
      return members == null
          ? new Json.Array(elements)
          : new Json.Obj(Collections.unmodifiableMap(members));
    }
  }

  /** Needs no stack: a chain of terms nests as deep as it is long. */
  private static Json value(
      JsonParser parser, @Nullable IdentityHashMap<Json, JsonText.Place> places) {
    Deque<Open> open = new ArrayDeque<>();
    while (true) {
      JsonToken token = parser.currentToken();
      int start = places == null ? 0 : offset(parser.currentTokenLocation());
      Json done = null;
      switch (token) {
        case START_ARRAY -> open.push(new Open(start, null));
        case START_OBJECT -> open.push(new Open(start, new LinkedHashMap<>()));
        case PROPERTY_NAME -> open.element().name = parser.currentName();
        case END_ARRAY, END_OBJECT -> {
          start = open.element().start;
          done = open.pop().closed();
        }
        case null, default -> done = scalar(parser, token);
      }
      if (done != null) {
        if (places != null) {
          places.put(done, new JsonText.Place(start, offset(parser.currentLocation())));
        }
        if (open.isEmpty()) {
          return done;
        }
        open.element().add(done);
      }
      parser.nextToken();
    }
  }

  private static Json scalar(JsonParser parser, @Nullable JsonToken token) {
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
      case null, default -> throw new StreamReadException(parser, "the text ends too early");
    };
  }
}

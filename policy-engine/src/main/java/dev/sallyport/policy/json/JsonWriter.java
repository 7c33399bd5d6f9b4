package dev.sallyport.policy.json;

import java.io.StringWriter;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JsonGenerator;
import tools.jackson.core.ObjectWriteContext;
import tools.jackson.core.StreamWriteConstraints;
import tools.jackson.core.json.JsonFactory;

/** Writes JSON, on one line. */
public final class JsonWriter {
  private static final JsonFactory FACTORY =
      JsonFactory.builder()
          .streamWriteConstraints(
              // What there is has been bounded by who made it.
              StreamWriteConstraints.builder().maxNestingDepth(Integer.MAX_VALUE).build())
          .build();

  private JsonWriter() {}

  public static String write(Json json) {
    StringWriter out = new StringWriter();
    try (JsonGenerator generator = FACTORY.createGenerator(ObjectWriteContext.empty(), out)) {
      write(json, generator);
    }
    return out.toString();
  }

  /** What is left to write of an array or object. */
  private record Open(
      @Nullable Iterator<Json> elements, @Nullable Iterator<Map.Entry<String, Json>> members) {}

  /** Needs no stack: a chain of terms nests as deep as it is long. */
  private static void write(Json json, JsonGenerator out) {
    Deque<Open> open = new ArrayDeque<>();
    begin(json, out, open);
    while (!open.isEmpty()) {
      Open inner = open.element();
      Iterator<Json> elements = inner.elements();
      Iterator<Map.Entry<String, Json>> members = inner.members();
      if (elements != null && elements.hasNext()) {
        begin(elements.next(), out, open);
      } else if (members != null && members.hasNext()) {
        Map.Entry<String, Json> member = members.next();
        out.writeName(member.getKey());
        begin(member.getValue(), out, open);
      } else {
        open.pop();
        if (members == null) {
          out.writeEndArray();
        } else {
          out.writeEndObject();
        }
      }
    }
  }

  private static void begin(Json json, JsonGenerator out, Deque<Open> open) {
    switch (json) {
      case Json.Null() -> out.writeNull();
      case Json.Bool(boolean value) -> out.writeBoolean(value);
      case Json.Int(long value) -> out.writeNumber(value);
      case Json.OtherNumber(String text) -> out.writeNumber(text);
      case Json.Text(String value) -> out.writeString(value);
      case Json.Array(List<Json> elements) -> {
        out.writeStartArray();
        open.push(new Open(elements.iterator(), null));
      }
      case Json.Obj(Map<String, Json> members) -> {
        out.writeStartObject();
        open.push(new Open(null, members.entrySet().iterator()));
      }
    }
  }
}

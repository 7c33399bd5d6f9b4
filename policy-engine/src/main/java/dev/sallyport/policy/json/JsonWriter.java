package dev.sallyport.policy.json;

import java.io.StringWriter;
import java.util.List;
import java.util.Map;
import tools.jackson.core.JsonGenerator;
import tools.jackson.core.ObjectWriteContext;
import tools.jackson.core.json.JsonFactory;

/** Writes JSON, on one line. */
public final class JsonWriter {
  private static final JsonFactory FACTORY = new JsonFactory();

  private JsonWriter() {}

  public static String write(Json json) {
    StringWriter out = new StringWriter();
    try (JsonGenerator generator = FACTORY.createGenerator(ObjectWriteContext.empty(), out)) {
      write(json, generator);
    }
    return out.toString();
  }

  private static void write(Json json, JsonGenerator out) {
    switch (json) {
      case Json.Null() -> out.writeNull();
      case Json.Bool(boolean value) -> out.writeBoolean(value);
      case Json.Int(long value) -> out.writeNumber(value);
      case Json.OtherNumber(String text) -> out.writeNumber(text);
      case Json.Text(String value) -> out.writeString(value);
      case Json.Array(List<Json> elements) -> {
        out.writeStartArray();
        elements.forEach(element -> write(element, out));
        out.writeEndArray();
      }
      case Json.Obj(Map<String, Json> members) -> {
        out.writeStartObject();
        members.forEach(
            (name, value) -> {
              out.writeName(name);
              write(value, out);
            });
        out.writeEndObject();
      }
    }
  }
}

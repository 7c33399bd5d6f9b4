package dev.sallyport.policy.json;

import dev.sallyport.policy.diagnostic.ParseResult.Parsed;
import dev.sallyport.policy.diagnostic.Span;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Where in a text the parts stand of what was read from it. */
@FunctionalInterface
public interface Places {
  /** What did not come from a text. */
  Places NONE = _ -> null;

  /** The place of the part to which the path leads, or of what encloses it; null if unknown. */
  @Nullable Span of(JsonPath path);

  /** The places of a JSON text, which is read once more at the first question. */
  static Places in(String text) {
    return new Places() {
      private @Nullable JsonText read;

      @Override
      public @Nullable Span of(JsonPath path) {
        if (read == null) {
          if (!(JsonReader.readText(text) instanceof Parsed<JsonText>(JsonText parsed))) {
            return null;
          }
          read = parsed;
        }
        Json at = read.root();
        for (Object step : path.steps()) {
          Json inner =
              switch (at) {
                case Json.Obj(Map<String, Json> members) when step instanceof String name ->
                    members.get(name);
                case Json.Array(List<Json> elements)
                    when step instanceof Integer index && index < elements.size() ->
                    elements.get(index);
                default -> null;
              };
          if (inner == null) {
            break;
          }
          at = inner;
        }
        return read.span(at);
      }
    };
  }
}

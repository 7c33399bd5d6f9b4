package dev.sallyport.auth.admin;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.core.StreamReadConstraints;
import tools.jackson.core.StreamReadFeature;
import tools.jackson.core.TokenStreamLocation;
import tools.jackson.core.json.JsonFactory;
import tools.jackson.core.type.TypeReference;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * A request body: one JSON object with known members, each once, and nothing behind it. What is not
 * understood is refused, never ignored: an admin's misspelt member must not silently change
 * nothing.
 */
final class JsonBody {

  /** Deeper than any document of ours. */
  private static final int DEPTH_MAX = 32;

  private static final int NUMBER_CHARS_MAX = 20;
  private static final int NAME_CHARS_MAX = 256;

  private static final JsonMapper JSON =
      JsonMapper.builder(
              JsonFactory.builder()
                  .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
                  .streamReadConstraints(
                      StreamReadConstraints.builder()
                          .maxNestingDepth(DEPTH_MAX)
                          .maxNumberLength(NUMBER_CHARS_MAX)
                          .maxNameLength(NAME_CHARS_MAX)
                          .build())
                  .build())
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .build();

  private final JsonNode object;

  private JsonBody(JsonNode object) {
    this.object = object;
  }

  /** Reads a body that may have these members and no others. */
  static JsonBody read(byte @Nullable [] bytes, Set<String> members) {
    if (bytes == null || bytes.length == 0) {
      throw RequestRefused.badRequest("the body must be a JSON object");
    }
    JsonNode node = parse(bytes);
    if (!node.isObject()) {
      throw RequestRefused.badRequest("the body must be a JSON object");
    }
    for (String name : node.propertyNames()) {
      if (!members.contains(name)) {
        throw RequestRefused.badRequest(
            Texts.storable(name) && name.length() <= 64
                ? "`" + name + "` is not a member of this document"
                : "the body has a member that is not one of this document");
      }
    }
    requireStorable(node);
    return new JsonBody(node);
  }

  private static JsonNode parse(byte[] bytes) {
    try {
      return JSON.readTree(bytes);
    } catch (JacksonException e) {
      @Nullable TokenStreamLocation place = e.getLocation();
      throw RequestRefused.badRequest(
          place == null || place.getLineNr() < 1
              ? "the body is not well-formed JSON within bounds"
              : "the body is not well-formed JSON within bounds, at line "
                  + place.getLineNr()
                  + " column "
                  + place.getColumnNr());
    }
  }

  private static void requireStorable(JsonNode node) {
    if (node.isString() && !Texts.storable(node.stringValue())) {
      throw RequestRefused.badRequest("a string holds a NUL or half of a surrogate pair");
    }
    if (node.isObject()) {
      for (String name : node.propertyNames()) {
        if (!Texts.storable(name)) {
          throw RequestRefused.badRequest("a name holds a NUL or half of a surrogate pair");
        }
      }
    }
    for (JsonNode child : node) {
      requireStorable(child);
    }
  }

  /** The whole object, for whoever reads more than these kinds of members. */
  JsonNode node() {
    return object;
  }

  /** All members, as plain values. */
  Map<String, Object> values() {
    return JSON.convertValue(object, new TypeReference<Map<String, Object>>() {});
  }

  boolean has(String member) {
    return object.has(member);
  }

  /** False where the member is absent. */
  boolean flag(String member) {
    @Nullable JsonNode node = object.get(member);
    if (node != null && !node.isBoolean()) {
      throw RequestRefused.badRequest("`" + member + "` must be true or false");
    }
    return node != null && node.booleanValue();
  }

  String requiredText(String member) {
    return text(member).orElseThrow(() -> RequestRefused.badRequest("`" + member + "` is missing"));
  }

  Optional<String> text(String member) {
    @Nullable JsonNode node = object.get(member);
    if (node == null) {
      return Optional.empty();
    }
    if (!node.isString()) {
      throw RequestRefused.badRequest("`" + member + "` must be a string");
    }
    return Optional.of(node.stringValue());
  }

  /** A string of bounded length; empty where the member is absent. */
  String textUpTo(String member, int charsMax) {
    String text = text(member).orElse("");
    if (text.length() > charsMax) {
      throw RequestRefused.badRequest("`" + member + "` has at most " + charsMax + " characters");
    }
    return text;
  }

  Optional<Set<String>> names(String member) {
    @Nullable JsonNode node = object.get(member);
    if (node == null) {
      return Optional.empty();
    }
    Set<String> names = new LinkedHashSet<>();
    for (String name : strings(member, node)) {
      if (!names.add(name)) {
        throw RequestRefused.badRequest("`" + member + "` holds a name twice");
      }
    }
    return Optional.of(names);
  }

  /** A JSON array, as text. */
  Optional<String> array(String member) {
    @Nullable JsonNode node = object.get(member);
    if (node == null) {
      return Optional.empty();
    }
    if (!node.isArray()) {
      throw RequestRefused.badRequest("`" + member + "` must be an array");
    }
    return Optional.of(JSON.writerWithDefaultPrettyPrinter().writeValueAsString(node));
  }

  /** Attributes of an account: string, boolean, integer or array of strings. */
  Optional<Map<String, Object>> attributes(String member) {
    @Nullable JsonNode node = object.get(member);
    if (node == null) {
      return Optional.empty();
    }
    if (!node.isObject()) {
      throw RequestRefused.badRequest("`" + member + "` must be an object");
    }
    Map<String, Object> attributes = new LinkedHashMap<>();
    for (Map.Entry<String, JsonNode> property : node.properties()) {
      attributes.put(property.getKey(), attribute(property.getKey(), property.getValue()));
    }
    return Optional.of(attributes);
  }

  /** An object with these members and no others, as plain values. */
  Map<String, Object> object(String member, Set<String> members) {
    @Nullable JsonNode node = object.get(member);
    if (node == null || !node.isObject()) {
      throw RequestRefused.badRequest("`" + member + "` must be an object");
    }
    for (String name : node.propertyNames()) {
      if (!members.contains(name)) {
        throw RequestRefused.badRequest(
            name.length() <= 64
                ? "`" + name + "` is not a member of `" + member + "`"
                : "`" + member + "` has a member that is not one of it");
      }
    }
    return JSON.convertValue(node, new TypeReference<Map<String, Object>>() {});
  }

  /** A whole number within bounds; what is said where the member is absent. */
  long number(String member, long absent, long min, long max) {
    @Nullable JsonNode node = object.get(member);
    if (node == null) {
      return absent;
    }
    if (!node.isIntegralNumber()
        || !node.canConvertToLong()
        || node.longValue() < min
        || node.longValue() > max) {
      throw RequestRefused.badRequest("`" + member + "` is a number from " + min + " to " + max);
    }
    return node.longValue();
  }

  private static Object attribute(String name, JsonNode value) {
    if (value.isString()) {
      return value.stringValue();
    }
    if (value.isBoolean()) {
      return value.booleanValue();
    }
    if (value.isIntegralNumber() && value.canConvertToLong()) {
      return value.longValue();
    }
    if (value.isArray()) {
      return List.copyOf(strings(name, value));
    }
    throw RequestRefused.badRequest(
        "attribute `"
            + name
            + "` must be a string, a boolean, an integer of 64 bits or an array of strings");
  }

  private static List<String> strings(String member, JsonNode node) {
    if (!node.isArray()) {
      throw RequestRefused.badRequest("`" + member + "` must be an array of strings");
    }
    List<String> strings = new ArrayList<>(node.size());
    for (JsonNode item : node) {
      if (!item.isString()) {
        throw RequestRefused.badRequest("`" + member + "` must be an array of strings");
      }
      strings.add(item.stringValue());
    }
    return strings;
  }
}

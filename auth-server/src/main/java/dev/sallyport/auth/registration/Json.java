package dev.sallyport.auth.registration;

import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.core.StreamReadConstraints;
import tools.jackson.core.StreamReadFeature;
import tools.jackson.core.json.JsonFactory;
import tools.jackson.core.type.TypeReference;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.json.JsonMapper;

/** JSON of strangers: within bounds, each name once, nothing behind it. */
final class Json {

  /** A JWK set in a document is four deep. */
  private static final int DEPTH_MAX = 16;

  private static final int NUMBER_CHARS_MAX = 20;
  private static final int NAME_CHARS_MAX = 256;

  static final JsonMapper MAPPER =
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

  private Json() {}

  /** The object that this is; empty where it is anything else. */
  static Optional<Map<String, Object>> object(byte @Nullable [] bytes) {
    if (bytes == null || bytes.length == 0) {
      return Optional.empty();
    }
    try {
      return MAPPER.readTree(bytes).isObject()
          ? Optional.of(MAPPER.readValue(bytes, new TypeReference<Map<String, Object>>() {}))
          : Optional.empty();
    } catch (JacksonException malformed) {
      return Optional.empty();
    }
  }
}

package dev.sallyport.auth.federation;

import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Finds a claim by its name, or by a JSON Pointer (RFC 6901) where it begins with a slash: names of
 * claims may hold dots and slashes of their own.
 */
final class ClaimPath {

  private static final int STEPS_MAX = 16;

  private ClaimPath() {}

  static @Nullable Object find(Map<String, ?> claims, String path) {
    if (!path.startsWith("/")) {
      return claims.get(path);
    }
    @Nullable Object at = claims;
    String[] steps = path.substring(1).split("/", STEPS_MAX + 1);
    for (String step : steps) {
      String name = step.replace("~1", "/").replace("~0", "~");
      at =
          switch (at) {
            case Map<?, ?> map -> map.get(name);
            case List<?> list when name.matches("0|[1-9][0-9]{0,3}") ->
                Integer.parseInt(name) < list.size() ? list.get(Integer.parseInt(name)) : null;
            case null, default -> null;
          };
      if (at == null) {
        return null;
      }
    }
    return at;
  }

  /**
   * The claim as the texts that it holds: one, or those of an array; numbers and flags as JSON has
   * them.
   */
  static Set<String> texts(Map<String, ?> claims, String path) {
    @Nullable Object found = find(claims, path);
    Collection<?> values =
        switch (found) {
          case null -> List.of();
          case Collection<?> several -> several;
          default -> List.of(found);
        };
    return values.stream()
        .filter(
            value -> value instanceof String || value instanceof Number || value instanceof Boolean)
        .map(Object::toString)
        .collect(Collectors.toSet());
  }
}

package dev.sallyport.auth.grant;

import jakarta.servlet.http.HttpServletRequest;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * The parameters of a POST to an OAuth endpoint, from its body alone (RFC 6749 §3.2).
 *
 * @param values by name; those without value are left out, as if they had not been sent
 */
record Form(Map<String, List<String>> values) {

  /** RFC 8693 §2.1: the only ones that may be sent more than once. */
  private static final Set<String> REPEATABLE = Set.of("audience", "resource");

  /** Reads the body; empty when a parameter is in the query or is repeated. */
  static Optional<Form> read(HttpServletRequest request) {
    if (request.getQueryString() != null) {
      return Optional.empty();
    }
    Map<String, List<String>> values = new LinkedHashMap<>();
    for (Map.Entry<String, String[]> parameter : request.getParameterMap().entrySet()) {
      List<String> present =
          List.of(parameter.getValue()).stream().filter(value -> !value.isEmpty()).toList();
      if (parameter.getValue().length > 1 && !REPEATABLE.contains(parameter.getKey())) {
        return Optional.empty();
      }
      if (!present.isEmpty()) {
        values.put(parameter.getKey(), present);
      }
    }
    return Optional.of(new Form(values));
  }

  Optional<String> one(String name) {
    return Optional.ofNullable(values.get(name)).map(List::getFirst);
  }

  /** A list as OAuth writes it, separated by spaces; empty when there is none. */
  List<String> words(String name) {
    return one(name).stream()
        .flatMap(text -> Arrays.stream(text.split(" ")))
        .filter(word -> !word.isEmpty())
        .distinct()
        .toList();
  }

  List<String> all(String name) {
    return values.getOrDefault(name, List.of());
  }

  /** Without values: they are secrets. */
  @Override
  public String toString() {
    return "Form" + values.keySet();
  }
}

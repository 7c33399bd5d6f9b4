package dev.sallyport.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.networknt.schema.JsonSchema;
import com.networknt.schema.JsonSchemaFactory;
import com.networknt.schema.SpecVersion;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.http.HttpResponse;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;
import org.springframework.core.io.ClassPathResource;
import org.yaml.snakeyaml.Yaml;

/** What {@code openapi.yaml} says of the HTTP API, and whether a message is what it says. */
final class Description {

  private static final ObjectMapper JSON = new ObjectMapper();
  private static final Set<String> METHODS = Set.of("get", "put", "post", "delete", "patch");

  private final Map<String, Object> document;
  private final Map<String, JsonSchema> schemas = new ConcurrentHashMap<>();

  Description() {
    try {
      document = new Yaml().load(new ClassPathResource("openapi.yaml").getInputStream());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** {@code GET /v1/rooms/{room_id}}, and so on. */
  Set<String> operations() {
    Set<String> operations = new TreeSet<>();
    map(document.get("paths"))
        .forEach(
            (path, methods) ->
                map(methods).keySet().stream()
                    .filter(METHODS::contains)
                    .forEach(
                        method -> operations.add(method.toUpperCase(Locale.ROOT) + " " + path)));
    return operations;
  }

  List<String> operationIds() {
    List<String> ids = new ArrayList<>();
    operations().forEach(one -> ids.add(String.valueOf(operation(one).get("operationId"))));
    return ids;
  }

  /** Every example of a request body, by its operation, as far as it has one. */
  Map<String, String> faultsOfExamples() {
    Map<String, String> faults = new java.util.TreeMap<>();
    for (String operation : operations()) {
      Map<String, Object> body = resolved(operation(operation).get("requestBody"));
      if (body.isEmpty()) {
        continue;
      }
      if (map(body.get("content")).keySet().equals(Set.of("application/octet-stream"))) {
        continue;
      }
      Map<String, Object> json = map(map(body.get("content")).get("application/json"));
      Object example = json.get("example");
      if (example == null) {
        faults.put(operation, "has no example");
      } else {
        var found =
            schema("request " + operation, Objects.requireNonNull(json.get("schema")))
                .validate(JSON.valueToTree(example));
        if (!found.isEmpty()) {
          faults.put(operation, found.toString());
        }
      }
    }
    return faults;
  }

  /** Fails where the body is not what that request takes. */
  void checkRequest(String method, String path, String body) throws IOException {
    String operation = template(method, path).orElseThrow(() -> new AssertionError(path));
    Map<String, Object> json =
        map(
            map(resolved(operation(operation).get("requestBody")).get("content"))
                .get("application/json"));
    var faults =
        schema("request " + operation, Objects.requireNonNull(json.get("schema")))
            .validate(JSON.readTree(body));
    assertThat(faults).as(operation + ": " + body).isEmpty();
  }

  /**
   * Fails where the answer has a type or a shape that is not described. Requests that no operation
   * is described for are not looked at: another test holds the operations to the routes.
   */
  void check(HttpResponse<String> response) {
    Optional<String> template =
        template(response.request().method(), response.request().uri().getRawPath());
    if (template.isEmpty()) {
      return;
    }
    String what = template.get() + " " + response.statusCode();
    Map<String, Object> responses = map(operation(template.get()).get("responses"));
    @Nullable Object named = responses.get(Integer.toString(response.statusCode()));
    assertThat(named != null || response.statusCode() >= 400).as(what).isTrue();
    Map<String, Object> content =
        map(resolved(named != null ? named : responses.get("default")).get("content"));
    if (content.isEmpty() || response.body().isEmpty()) {
      assertThat(content.isEmpty() && response.body().isEmpty()).as(what + " body").isTrue();
      return;
    }
    String type = response.headers().firstValue("Content-Type").orElse("").split(";", 2)[0];
    assertThat(content).as(what).containsKey(type);
    @Nullable Object schema = map(content.get(type)).get("schema");
    if (schema != null) {
      try {
        assertThat(schema(what, schema).validate(JSON.readTree(response.body())))
            .as(what + ": " + response.body())
            .isEmpty();
      } catch (IOException e) {
        throw new AssertionError(what + " is no JSON", e);
      }
    }
  }

  private JsonSchema schema(String what, Object schema) {
    return schemas.computeIfAbsent(
        what,
        key -> {
          JsonNode node =
              JSON.valueToTree(
                  Map.of(
                      "components",
                      Objects.requireNonNull(document.get("components")),
                      "allOf",
                      List.of(schema)));
          return JsonSchemaFactory.getInstance(SpecVersion.VersionFlag.V202012).getSchema(node);
        });
  }

  private Optional<String> template(String method, String path) {
    return operations().stream()
        .filter(operation -> operation.startsWith(method + " "))
        .filter(
            operation ->
                path.matches(
                    operation
                        .substring(method.length() + 1)
                        .replace(".", "\\.")
                        .replaceAll("\\{[a-z_]+}", "[^/]+")))
        .min(
            Comparator.comparingLong(operation -> operation.chars().filter(c -> c == '{').count()));
  }

  private Map<String, Object> operation(String operation) {
    String[] parts = operation.split(" ", 2);
    return map(
        map(map(document.get("paths")).get(parts[1])).get(parts[0].toLowerCase(Locale.ROOT)));
  }

  private Map<String, Object> resolved(@Nullable Object node) {
    if (!(map(node).get("$ref") instanceof String text)) {
      return map(node);
    }
    Object found = document;
    for (String step : text.substring(2).split("/", -1)) {
      found = map(found).get(step);
    }
    return map(found);
  }

  @SuppressWarnings("unchecked") // YAML of ours has no other names than strings
  private static Map<String, Object> map(@Nullable Object node) {
    return node instanceof Map<?, ?> map ? (Map<String, Object>) map : Map.of();
  }
}

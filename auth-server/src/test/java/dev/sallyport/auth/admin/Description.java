package dev.sallyport.auth.admin;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.networknt.schema.JsonSchema;
import com.networknt.schema.JsonSchemaFactory;
import com.networknt.schema.SpecVersion;
import com.networknt.schema.ValidationMessage;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.http.HttpResponse;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.springframework.core.io.ClassPathResource;
import org.yaml.snakeyaml.Yaml;

/** What {@code openapi.yaml} says of the API, and whether an answer is what it says. */
final class Description {

  private static final ObjectMapper JSON = new ObjectMapper();
  private static final Set<String> METHODS = Set.of("get", "put", "post", "delete", "patch");

  private final Map<String, Object> document;
  private final Map<String, JsonSchema> schemas = new HashMap<>();

  Description() {
    try {
      document = new Yaml().load(new ClassPathResource("openapi.yaml").getInputStream());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** {@code GET /v1/admin/policies/{version}}, and so on. */
  Set<String> operations() {
    Set<String> operations = new TreeSet<>();
    map(document.get("paths"))
        .forEach(
            (path, methods) ->
                map(methods)
                    .keySet()
                    .forEach(
                        method -> {
                          if (METHODS.contains(method)) {
                            operations.add(method.toUpperCase(Locale.ROOT) + " " + path);
                          }
                        }));
    return operations;
  }

  /** All ids of operations, as often as they are there. */
  List<String> operationIds() {
    return map(document.get("paths")).values().stream()
        .flatMap(methods -> map(methods).entrySet().stream())
        .filter(method -> METHODS.contains(method.getKey()))
        .map(method -> String.valueOf(map(method.getValue()).get("operationId")))
        .toList();
  }

  /**
   * Fails where the answer has a status, a type or a shape that is not described. Requests that no
   * operation is described for are not looked at: {@code openApi_describesEveryRoute} does.
   */
  void check(HttpResponse<String> response) {
    String method = response.request().method();
    String path = response.request().uri().getRawPath();
    Optional<String> template = template(method, path);
    if (template.isEmpty()) {
      return;
    }
    String what = method + " " + template.get() + " " + response.statusCode();
    Map<String, Object> operation =
        map(
            map(map(document.get("paths")).get(template.get()))
                .get(method.toLowerCase(Locale.ROOT)));
    Map<String, Object> responses = map(operation.get("responses"));
    int status = response.statusCode();
    @Nullable Object named = responses.get(Integer.toString(status));
    if (named == null) {
      // said of every request alike, before a controller sees it
      assertThat(status).as(what).isIn(405, 413, 415, 429, 503);
      return;
    }
    Map<String, Object> content = map(resolved(named).get("content"));
    if (content.isEmpty() || response.body().isEmpty()) {
      assertThat(content.isEmpty() || status == 304).as(what + " has a body").isTrue();
      return;
    }
    String type = response.headers().firstValue("Content-Type").orElse("").split(";", 2)[0];
    assertThat(content).as(what).containsKey(type);
    @Nullable Object schema = map(content.get(type)).get("schema");
    if (schema == null || !type.endsWith("json")) {
      return;
    }
    Set<ValidationMessage> faults =
        schemas.computeIfAbsent(what, _ -> schema(schema)).validate(json(response.body()));
    assertThat(faults).as(what + ": " + response.body()).isEmpty();
  }

  private JsonSchema schema(Object schema) {
    JsonNode node =
        JSON.valueToTree(
            Map.of(
                "components",
                Objects.requireNonNull(document.get("components")),
                "allOf",
                List.of(schema)));
    return JsonSchemaFactory.getInstance(SpecVersion.VersionFlag.V202012).getSchema(node);
  }

  private static JsonNode json(String text) {
    try {
      return JSON.readTree(text);
    } catch (JsonProcessingException e) {
      throw new AssertionError("no JSON: " + text, e);
    }
  }

  private Optional<String> template(String method, String path) {
    // one without parameters before one with
    return operations().stream()
        .filter(operation -> operation.startsWith(method + " "))
        .map(operation -> operation.substring(method.length() + 1))
        .filter(template -> pattern(template).matcher(path).matches())
        .min((a, b) -> Long.compare(parameters(a), parameters(b)));
  }

  private static long parameters(String template) {
    return template.chars().filter(c -> c == '{').count();
  }

  private static Pattern pattern(String template) {
    StringBuilder pattern = new StringBuilder();
    for (String part : template.split("(?=\\{)|(?<=})", -1)) {
      pattern.append(part.startsWith("{") ? "[^/]+" : Pattern.quote(part));
    }
    return Pattern.compile(pattern.toString());
  }

  private Map<String, Object> resolved(Object response) {
    Map<String, Object> node = map(response);
    Object ref = node.get("$ref");
    if (!(ref instanceof String text)) {
      return node;
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

package dev.sallyport.policy.cli;

import dev.sallyport.policy.Decision;
import dev.sallyport.policy.ErrorMode;
import dev.sallyport.policy.PolicyEngine;
import dev.sallyport.policy.PolicyIds;
import dev.sallyport.policy.PolicySet;
import dev.sallyport.policy.Request;
import dev.sallyport.policy.Schema;
import dev.sallyport.policy.Verdict;
import dev.sallyport.policy.diagnostic.ParseResult;
import dev.sallyport.policy.diagnostic.ParseResult.Parsed;
import dev.sallyport.policy.diagnostic.ParseResult.Rejected;
import dev.sallyport.policy.diagnostic.Problem;
import dev.sallyport.policy.diagnostic.ProblemCode;
import dev.sallyport.policy.entity.EntitySet;
import dev.sallyport.policy.json.Json;
import dev.sallyport.policy.json.JsonReader;
import dev.sallyport.policy.json.JsonWriter;
import dev.sallyport.policy.value.EntityUid;
import dev.sallyport.policy.value.RecordValue;
import java.io.IOException;
import java.nio.charset.CharacterCodingException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Cases in the form of Cedar's integration tests: a JSON file with {@code requests}, beside
 * policies, a schema and entities, whose paths are relative to the root folder.
 */
public final class Corpus {
  private static final List<String> PARTS = List.of("policies", "schema", "entities");

  private final Path root;

  public Corpus(Path root) {
    this.root = root;
  }

  /**
   * The cases below the root, in the order of their names. A file that is no JSON, and that no case
   * names as its data, is among them: it may be a case that was damaged, and fails.
   */
  public List<Path> cases() throws IOException {
    List<Path> files;
    try (Stream<Path> all = Files.walk(root.toRealPath())) {
      files =
          all.filter(file -> file.toString().endsWith(".json") && Files.isRegularFile(file))
              .toList();
    }
    TreeSet<Path> cases = new TreeSet<>();
    List<Path> damaged = new ArrayList<>();
    Set<Path> data = new HashSet<>();
    for (Path file : files) {
      switch (read(file)) {
        case Rejected<Json>(_) -> damaged.add(file);
        case Parsed<Json>(Json.Obj(Map<String, Json> members))
            when members.containsKey("requests") -> {
          cases.add(file);
          for (String part : PARTS) {
            if (members.get(part) instanceof Json.Text(String name)) {
              data.add(root.toRealPath().resolve(name).normalize());
            }
          }
        }
        case Parsed<Json>(_) -> {}
      }
    }
    damaged.stream().filter(file -> !data.contains(file)).forEach(cases::add);
    return List.copyOf(cases);
  }

  private static ParseResult<Json> read(Path file) throws IOException {
    try {
      return JsonReader.read(Files.readString(file));
    } catch (CharacterCodingException noText) {
      return new Rejected<>(new Problem(ProblemCode.INVALID_JSON, "this is no UTF-8", null));
    }
  }

  /** Where we differ from what a case expects, and what is wrong with it; empty if nothing is. */
  public List<String> run(Path file) throws IOException {
    try {
      return switch (read(file)) {
        case Rejected<Json>(List<Problem> problems) -> List.of(told(problems));
        case Parsed<Json>(Json.Obj(Map<String, Json> members)) -> run(members);
        case Parsed<Json>(Json json) -> List.of("expected an object, found " + json.kind());
      };
    } catch (NoSuchFileException none) {
      return List.of(none.getFile() + ": there is no such file");
    } catch (CharacterCodingException noText) {
      return List.of("a file that the case names is no UTF-8");
    } catch (IllegalArgumentException wrong) {
      return List.of(String.valueOf(wrong.getMessage()));
    }
  }

  private static String told(List<Problem> problems) {
    return problems.stream().map(Problem::toString).collect(Collectors.joining("; "));
  }

  private List<String> run(Map<String, Json> members) throws IOException {
    List<String> differences = new ArrayList<>();
    ParseResult<PolicySet> parsed =
        policies(root.resolve(text(members, "policies")), members.get("policyFormat"));
    ParseResult<Schema> schemaParsed =
        schema(root.resolve(text(members, "schema")), members.get("schemaFormat"));
    if (!(parsed instanceof Parsed<PolicySet>(PolicySet policies))) {
      return List.of("policies: " + told(parsed.problems()));
    }
    if (!(schemaParsed instanceof Parsed<Schema>(Schema schema))) {
      return List.of("schema: " + told(schemaParsed.problems()));
    }
    List<Problem> problems = policies.validate(schema);
    boolean valid = problems.stream().noneMatch(Problem::isError);
    boolean shouldValidate = flag(members, "shouldValidate", true);
    if (valid != shouldValidate) {
      differences.add(
          shouldValidate
              ? "the policies should validate, and do not: " + told(problems)
              : "the policies should not validate, and do");
    }
    ParseResult<EntitySet> entitiesParsed =
        schema.parseEntities(Files.readString(root.resolve(text(members, "entities"))));
    if (!(entitiesParsed instanceof Parsed<EntitySet>(EntitySet entities))) {
      differences.add("entities: " + told(entitiesParsed.problems()));
      return differences;
    }
    PolicyEngine engine = PolicyEngine.plan(policies, schema, ErrorMode.CEDAR);
    int place = 0;
    if (!(members.get("requests") instanceof Json.Array(List<Json> requests))) {
      differences.add("`requests` is no array");
      return differences;
    }
    for (Json request : requests) {
      String name = name(request, place++);
      if (request instanceof Json.Obj(Map<String, Json> parts)) {
        run(parts, schema, engine, entities).ifPresent(d -> differences.add(name + ": " + d));
      } else {
        differences.add(name + ": expected an object, found " + request.kind());
      }
    }
    return differences;
  }

  private static String name(Json request, int place) {
    return request instanceof Json.Obj(Map<String, Json> parts)
            && parts.get("description") instanceof Json.Text(String description)
        ? "request " + place + " (" + description + ")"
        : "request " + place;
  }

  /** A case may say that a file is JSON; otherwise its name does. */
  private static boolean isJson(Path file, @Nullable Json format) {
    return format instanceof Json.Text(String name)
        ? name.equals("json")
        : file.toString().endsWith(".json");
  }

  private static ParseResult<Schema> schema(Path file, @Nullable Json format) throws IOException {
    String text = Files.readString(file);
    return isJson(file, format) ? Schema.parseJson(text) : Schema.parse(text);
  }

  private static ParseResult<PolicySet> policies(Path file, @Nullable Json format)
      throws IOException {
    String text = Files.readString(file);
    return isJson(file, format)
        ? PolicySet.parseJson(text)
        : PolicySet.parse(text, PolicyIds.BY_PLACE);
  }

  private static Optional<String> run(
      Map<String, Json> parts, Schema schema, PolicyEngine engine, EntitySet entities) {
    @Nullable EntityUid principal = uid(parts.get("principal"));
    @Nullable EntityUid action = uid(parts.get("action"));
    @Nullable EntityUid resource = uid(parts.get("resource"));
    if (principal == null || action == null || resource == null) {
      return Optional.of("principal, action or resource is no entity");
    }
    Json context = parts.getOrDefault("context", new Json.Obj(Map.of()));
    ParseResult<RecordValue> read = schema.readContext(action, JsonWriter.write(context));
    if (read instanceof Rejected<RecordValue>(List<Problem> problems)) {
      return Optional.of("context: " + told(problems));
    }
    Request request = new Request(principal, action, resource, read.orElseThrow());
    if (flag(parts, "validateRequest", true)) {
      List<Problem> problems = schema.validate(request);
      if (!problems.isEmpty()) {
        return Optional.of("request: " + told(problems));
      }
    }
    Decision decision = engine.authorize(request, entities);
    String found =
        answer(
            decision.verdict(),
            decision.determining().stream().map(Decision.Determining::policyId).toList(),
            decision.failures().stream().map(Decision.Failure::policyId).toList());
    if (!(parts.get("decision") instanceof Json.Text(String text)
        && (text.equalsIgnoreCase("allow") || text.equalsIgnoreCase("deny")))) {
      return Optional.of("`decision` is neither `allow` nor `deny`");
    }
    String expected =
        answer(
            text.equalsIgnoreCase("allow") ? Verdict.PERMITTED : Verdict.REFUSED,
            texts(parts, "reason"),
            texts(parts, "errors"));
    if (!found.equals(expected)) {
      return Optional.of("expected " + expected + ", found " + found);
    }
    return engine.decide(request, entities) == decision.verdict()
        ? Optional.empty()
        : Optional.of("`decide` differs from `authorize`");
  }

  private static String answer(Verdict verdict, List<String> reasons, List<String> errors) {
    return (verdict.permitted() ? "allow" : "deny")
        + " by "
        + new TreeSet<>(reasons)
        + ", errors "
        + new TreeSet<>(errors);
  }

  private static @Nullable EntityUid uid(@Nullable Json json) {
    if (json instanceof Json.Obj(Map<String, Json> outer) && outer.containsKey("__entity")) {
      return uid(outer.get("__entity"));
    }
    return json instanceof Json.Obj(Map<String, Json> members)
            && members.get("type") instanceof Json.Text(String type)
            && members.get("id") instanceof Json.Text(String id)
        ? EntityUid.of(type, id)
        : null;
  }

  private static String text(Map<String, Json> members, String name) {
    if (members.get(name) instanceof Json.Text(String text)) {
      return text;
    }
    throw new IllegalArgumentException("the case has no `" + name + "`");
  }

  private static List<Json> array(Map<String, Json> members, String name) {
    return members.get(name) instanceof Json.Array(List<Json> elements) ? elements : List.of();
  }

  private static List<String> texts(Map<String, Json> members, String name) {
    return array(members, name).stream()
        .map(json -> json instanceof Json.Text(String text) ? text : "")
        .toList();
  }

  private static boolean flag(Map<String, Json> members, String name, boolean otherwise) {
    return members.get(name) instanceof Json.Bool(boolean value) ? value : otherwise;
  }
}

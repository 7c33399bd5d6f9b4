package dev.sallyport.policy;

import dev.sallyport.policy.diagnostic.ParseResult;
import dev.sallyport.policy.diagnostic.ParseResult.Parsed;
import dev.sallyport.policy.diagnostic.ParseResult.Rejected;
import dev.sallyport.policy.diagnostic.Problem;
import dev.sallyport.policy.diagnostic.ProblemCode;
import dev.sallyport.policy.diagnostic.Span;
import dev.sallyport.policy.entity.EntitiesJson;
import dev.sallyport.policy.entity.EntitySet;
import dev.sallyport.policy.entity.form.JsonValues;
import dev.sallyport.policy.json.Json;
import dev.sallyport.policy.json.JsonPath;
import dev.sallyport.policy.json.JsonReader;
import dev.sallyport.policy.json.JsonShapeException;
import dev.sallyport.policy.json.JsonWriter;
import dev.sallyport.policy.json.Places;
import dev.sallyport.policy.syntax.PolicyParser;
import dev.sallyport.policy.value.EntityUid;
import dev.sallyport.policy.value.RecordValue;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeSet;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Tests of policies as data, in the form of the reference's command line: a JSON array of {@code
 * {"name", "request": {"principal", "action", "resource", "context"}, "entities", "decision":
 * "allow" or "deny", "reason": [ids], "num_errors"}}.
 *
 * <p>Entities are written {@code "User::\"alice\""} or as objects. {@code entities} of a test, in
 * place or as the name of a file, replace those of the run. Each of the {@code reason} must be
 * among the determining policies; with {@code "exact": true} there must be no other. {@code
 * num_errors} is how many policies fail. Only {@code request} and {@code decision} cannot be left
 * out.
 */
public final class PolicyTests {
  private static final List<String> MEMBERS =
      List.of(
          "name",
          "description",
          "request",
          "entities",
          "decision",
          "reason",
          "exact",
          "num_errors");
  private static final List<String> REQUEST_MEMBERS =
      List.of("principal", "action", "resource", "context");

  /** Nobody mends more at once. */
  private static final int PROBLEMS_MAX = 100;

  private final List<Case> cases;

  private PolicyTests(List<Case> cases) {
    this.cases = cases;
  }

  /**
   * One test.
   *
   * @param entities JSON, or null for those of the run
   * @param entitiesFile the file that has them, or null
   * @param failures how many policies fail, or null if it does not matter
   * @param place where it stands in the file
   */
  private record Case(
      String name,
      EntityUid principal,
      EntityUid action,
      EntityUid resource,
      String context,
      @Nullable String entities,
      @Nullable String entitiesFile,
      boolean allow,
      List<String> reasons,
      boolean exact,
      @Nullable Long failures,
      Supplier<@Nullable Span> place) {}

  /**
   * The outcome of one test.
   *
   * @param problem what differs, or empty if it passed
   * @param span where the test stands in its file, if it differs
   */
  public record Result(String name, Optional<String> problem, Optional<Span> span) {}

  /** The outcome of a run. */
  public record Report(List<Result> results, Coverage.Report coverage) {
    public Report {
      results = List.copyOf(results);
    }

    public boolean passed() {
      return failed() == 0;
    }

    public int failed() {
      return (int) results.stream().filter(result -> result.problem().isPresent()).count();
    }

    /** {@code passed}, {@code failed}, {@code results} and {@code coverage}, on one line. */
    public String toJson() {
      return JsonWriter.write(DecisionJson.write(this));
    }
  }

  /** Where the entities are of tests that name a file. */
  @FunctionalInterface
  public interface EntityFiles {
    /** There are no files. */
    EntityFiles NONE = _ -> Optional.empty();

    /** The text of that file, or empty if there is none that may be read. */
    Optional<String> read(String name);
  }

  /**
   * What tests run on.
   *
   * @param schema null if there is none; contexts and entities then need their escapes
   * @param entities those of tests that bring none
   */
  public record Setup(
      PolicySet policies,
      @Nullable Schema schema,
      EntitySet entities,
      ErrorMode mode,
      EntityFiles files) {}

  /** How many tests there are. */
  public int size() {
    return cases.size();
  }

  /** Reads a file of tests. */
  public static ParseResult<PolicyTests> parse(String json) {
    return switch (JsonReader.read(json)) {
      case Rejected<Json>(List<Problem> problems) -> new Rejected<>(problems);
      case Parsed<Json>(Json root) -> {
        Places places = Places.in(json);
        List<Problem> problems = new ArrayList<>();
        List<Case> cases = new ArrayList<>();
        if (root instanceof Json.Array(List<Json> elements)) {
          for (int i = 0; i < elements.size() && problems.size() < PROBLEMS_MAX; i++) {
            try {
              JsonPath path = JsonPath.ROOT.element(i);
              cases.add(test("test " + (i + 1), elements.get(i), path, () -> places.of(path)));
            } catch (JsonShapeException wrong) {
              problems.add(wrong.problem(places));
            }
          }
        } else {
          problems.add(
              new JsonShapeException(
                      "expected an array of tests, found " + root.kind(), JsonPath.ROOT)
                  .problem(json));
        }
        yield problems.isEmpty()
            ? new Parsed<>(new PolicyTests(List.copyOf(cases)))
            : new Rejected<>(problems);
      }
    };
  }

  private static Case test(
      String otherwise, Json json, JsonPath path, Supplier<@Nullable Span> place)
      throws JsonShapeException {
    Map<String, Json> members = object(json, path, MEMBERS);
    Map<String, Json> request =
        object(needed(members, "request", path), path.member("request"), REQUEST_MEMBERS);
    if (!(needed(members, "decision", path) instanceof Json.Text(String decision))
        || !(decision.equals("allow") || decision.equals("deny"))) {
      throw new JsonShapeException("expected `allow` or `deny`", path.member("decision"));
    }
    Json entities = members.get("entities");
    String file = entities instanceof Json.Text(String name) ? name : null;
    JsonPath ofRequest = path.member("request");
    return new Case(
        members.get("name") instanceof Json.Text(String given) ? given : otherwise,
        uid(request, "principal", ofRequest),
        uid(request, "action", ofRequest),
        uid(request, "resource", ofRequest),
        JsonWriter.write(request.getOrDefault("context", new Json.Obj(Map.of()))),
        entities == null || file != null ? null : JsonWriter.write(entities),
        file,
        decision.equals("allow"),
        reasons(members, path.member("reason")),
        members.get("exact") instanceof Json.Bool(boolean exact) && exact,
        members.get("num_errors") instanceof Json.Int(long failures) ? (Long) failures : null,
        place);
  }

  private static Map<String, Json> object(Json json, JsonPath path, List<String> known)
      throws JsonShapeException {
    if (!(json instanceof Json.Obj(Map<String, Json> members))) {
      throw new JsonShapeException("expected an object, found " + json.kind(), path);
    }
    for (String name : members.keySet()) {
      if (!known.contains(name)) {
        // A name that is mistyped would be a test that tests less than its author thinks.
        throw new JsonShapeException(
            ProblemCode.UNEXPECTED_JSON,
            "unexpected `" + name + "`",
            path.member(name),
            "known here: " + String.join(", ", known));
      }
    }
    return members;
  }

  private static Json needed(Map<String, Json> members, String name, JsonPath path)
      throws JsonShapeException {
    Json json = members.get(name);
    if (json == null) {
      throw new JsonShapeException("a test has a `" + name + "`", path);
    }
    return json;
  }

  private static List<String> reasons(Map<String, Json> members, JsonPath path)
      throws JsonShapeException {
    Json json = members.getOrDefault("reason", new Json.Array(List.of()));
    if (!(json instanceof Json.Array(List<Json> elements))) {
      throw new JsonShapeException("expected an array of ids, found " + json.kind(), path);
    }
    List<String> ids = new ArrayList<>();
    for (Json element : elements) {
      if (!(element instanceof Json.Text(String id))) {
        throw new JsonShapeException("expected an id, found " + element.kind(), path);
      }
      ids.add(id);
    }
    return ids;
  }

  private static EntityUid uid(Map<String, Json> request, String part, JsonPath path)
      throws JsonShapeException {
    Json json = needed(request, part, path);
    if (!(json instanceof Json.Text(String text))) {
      return JsonValues.uid(json, path.member(part));
    }
    return PolicyParser.parseEntity(text)
        .orElseThrow(
            () ->
                new JsonShapeException(
                    "`" + text + "` is no entity such as `User::\"alice\"`", path.member(part)));
  }

  /** Runs all tests, failing closed, as the gateway decides. */
  public Report run(PolicySet policies, Schema schema, EntitySet entities) {
    return run(new Setup(policies, schema, entities, ErrorMode.FAIL_CLOSED, EntityFiles.NONE));
  }

  /** Runs all tests. */
  public Report run(Setup setup) {
    Schema schema = setup.schema();
    PolicyEngine engine =
        schema == null
            ? PolicyEngine.plan(setup.policies(), setup.mode())
            : PolicyEngine.plan(setup.policies(), schema, setup.mode());
    Coverage coverage = new Coverage();
    List<Result> results = new ArrayList<>();
    for (Case test : cases) {
      String problem = run(test, engine, setup, coverage);
      results.add(
          new Result(
              test.name(),
              Optional.ofNullable(problem),
              problem == null ? Optional.empty() : Optional.ofNullable(test.place().get())));
    }
    return new Report(results, coverage.report(setup.policies()));
  }

  /** What differs, or null. */
  private static @Nullable String run(
      Case test, PolicyEngine engine, Setup setup, Coverage coverage) {
    Schema schema = setup.schema();
    EntitySet entities = setup.entities();
    String json = test.entities();
    String file = test.entitiesFile();
    if (file != null) {
      json = setup.files().read(file).orElse(null);
      if (json == null) {
        return "entities: the file `"
            + file
            + "` cannot be read: it must be in the folder of the tests, or below it";
      }
    }
    if (json != null) {
      ParseResult<EntitySet> own =
          schema == null ? EntitiesJson.parse(json) : schema.parseEntities(json);
      if (!(own instanceof Parsed<EntitySet>(EntitySet set))) {
        // Places are told where they are those of a file that its author knows.
        return "entities: "
            + (file == null ? own.problems().getFirst().withSpan(null) : own.problems().getFirst());
      }
      entities = set;
    }
    ParseResult<RecordValue> context =
        schema == null
            ? EntitiesJson.parseRecord(test.context())
            : schema.parseContext(test.action(), test.context());
    if (!(context instanceof Parsed<RecordValue>(RecordValue record))) {
      return "context: " + context.problems().getFirst().withSpan(null);
    }
    Request request = new Request(test.principal(), test.action(), test.resource(), record);
    List<Problem> problems = schema == null ? List.of() : schema.validate(request);
    if (!problems.isEmpty()) {
      return "request: " + problems.getFirst();
    }
    engine.cover(request, entities, coverage);
    return difference(test, engine.authorize(request, entities));
  }

  private static @Nullable String difference(Case test, Decision decision) {
    TreeSet<String> found = new TreeSet<>();
    decision.determining().forEach(determining -> found.add(determining.policyId()));
    if (decision.verdict().permitted() != test.allow()) {
      return "expected "
          + (test.allow() ? "allow, found deny" : "deny, found allow")
          + (found.isEmpty() ? ": no policy permits it" : ", by " + listed(found))
          + failures(decision);
    }
    if (test.exact()
        ? !found.equals(new TreeSet<>(test.reasons()))
        : !found.containsAll(test.reasons())) {
      return "expected the reasons "
          + listed(new TreeSet<>(test.reasons()))
          + ", found "
          + listed(found);
    }
    Long failures = test.failures();
    return failures == null || failures == decision.failures().size()
        ? null
        : "expected "
            + failures
            + " policies to fail, found "
            + decision.failures().size()
            + failures(decision);
  }

  private static String listed(Collection<String> ids) {
    return ids.isEmpty()
        ? "none"
        : ids.stream().map(id -> "`" + id + "`").collect(Collectors.joining(", "));
  }

  private static String failures(Decision decision) {
    return decision.failures().isEmpty()
        ? ""
        : "; failed: "
            + String.join(
                ", ", decision.failures().stream().map(f -> f.problem().toString()).toList());
  }
}

package dev.sallyport.policy.cli;

import dev.sallyport.policy.Coverage;
import dev.sallyport.policy.Decision;
import dev.sallyport.policy.ErrorMode;
import dev.sallyport.policy.Explanation;
import dev.sallyport.policy.PolicyEngine;
import dev.sallyport.policy.PolicyIds;
import dev.sallyport.policy.PolicySet;
import dev.sallyport.policy.PolicyTests;
import dev.sallyport.policy.Request;
import dev.sallyport.policy.Schema;
import dev.sallyport.policy.diagnostic.ParseResult;
import dev.sallyport.policy.diagnostic.ParseResult.Parsed;
import dev.sallyport.policy.diagnostic.ParseResult.Rejected;
import dev.sallyport.policy.diagnostic.Problem;
import dev.sallyport.policy.entity.EntitiesJson;
import dev.sallyport.policy.entity.EntitySet;
import dev.sallyport.policy.json.Json;
import dev.sallyport.policy.json.JsonReader;
import dev.sallyport.policy.syntax.PolicyParser;
import dev.sallyport.policy.value.EntityUid;
import dev.sallyport.policy.value.RecordValue;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The command line: {@code check}, {@code format}, {@code authorize}, {@code explain}, {@code
 * test}.
 */
public final class Main {
  private static final int OK = 0;
  private static final int FAILED = 1;
  private static final int REFUSED = 2;
  private static final int INVALID = 3;

  private static final String HELP =
      """
      Usage: policy COMMAND [OPTIONS]

        check      parse and validate policies
                   --policies FILE [--schema FILE]
        format     print policies in the one layout; --write changes the file, --check only looks
                   FILE [--write | --check]
        authorize  decide a request
        explain    decide a request and say why
                   --policies FILE --entities FILE [--schema FILE] [--cedar-errors]
                   --principal 'User::"alice"' --action 'Action::"read"' --resource 'Doc::"d"'
                   [--context FILE]
        test       run tests of policies, and say what no test reaches
                   --policies FILE --schema FILE --tests FILE [--entities FILE] [--coverage]
        corpus     run a folder of cases in the form of Cedar's integration tests
                   FOLDER

      --template-linked FILE, wherever policies are given, fills templates:
      [{"template_id": "t", "link_id": "l", "args": {"?principal": "User::\\"alice\\""}}]

      Files are Cedar's own: policies .cedar, schemas .cedarschema, or .json for the JSON forms.
      A forbid that fails refuses, unless --cedar-errors is given.

      Exit status: 0 yes or done, 1 something is wrong with the input, 2 refused,
      3 invalid policies, failing tests, or text not in the one layout.
      """;

  private final PrintStream out;
  private final PrintStream err;

  Main(PrintStream out, PrintStream err) {
    this.out = out;
    this.err = err;
  }

  public static void main(String[] arguments) {
    System.exit(new Main(System.out, System.err).run(arguments));
  }

  /** Something is wrong with the input; the message says what. */
  private static final class InputException extends Exception {
    private static final long serialVersionUID = 1;

    InputException(String message) {
      super(message, null, false, false);
    }
  }

  int run(String... arguments) {
    try {
      Options options = new Options(arguments);
      if (options.command().isEmpty() || options.has("help")) {
        out.print(HELP);
        return options.has("help") ? OK : FAILED;
      }
      return switch (options.command()) {
        case "check" -> check(options);
        case "format" -> format(options);
        case "authorize" -> authorize(options);
        case "explain" -> explain(options);
        case "test" -> test(options);
        case "corpus" -> corpus(options);
        default ->
            throw new InputException("there is no command `" + options.command() + "`; try --help");
      };
    } catch (InputException | IOException | IllegalArgumentException failure) {
      err.println(failure.getMessage());
      return FAILED;
    }
  }

  private int check(Options options) throws InputException, IOException {
    PolicySet policies = policies(options);
    if (options.value("schema").isEmpty()) {
      out.println(policies.policies().size() + " policies, not validated: no schema given");
      return OK;
    }
    List<Problem> problems = policies.validate(schema(options));
    String file = options.required("policies");
    problems.forEach(problem -> out.println(file + ":" + problem));
    long errors = problems.stream().filter(Problem::isError).count();
    out.printf(
        "%d policies, %d errors, %d warnings%n",
        policies.policies().size(), errors, problems.size() - errors);
    return errors == 0 ? OK : INVALID;
  }

  private int format(Options options) throws InputException, IOException {
    Path file = Path.of(options.operand());
    String text = Files.readString(file);
    String formatted = value(PolicySet.format(text), file.toString());
    if (options.has("check")) {
      out.println(file + (formatted.equals(text) ? ": as it should be" : ": would change"));
      return formatted.equals(text) ? OK : INVALID;
    }
    if (options.has("write")) {
      Files.writeString(file, formatted);
    } else {
      out.print(formatted);
    }
    return OK;
  }

  private int authorize(Options options) throws InputException, IOException {
    Question question = question(options);
    Decision decision = question.engine().authorize(question.request(), question.entities());
    out.println(decision.verdict().permitted() ? "ALLOW" : "DENY");
    decision.determining().forEach(d -> out.println("  by " + d.policyId()));
    decision.failures().forEach(f -> out.println("  failed: " + f.problem()));
    return decision.verdict().permitted() ? OK : REFUSED;
  }

  private int explain(Options options) throws InputException, IOException {
    Question question = question(options);
    Explanation explanation = question.engine().explain(question.request(), question.entities());
    out.print(explanation.toText());
    return explanation.decision().verdict().permitted() ? OK : REFUSED;
  }

  private int test(Options options) throws InputException, IOException {
    Schema schema = schema(options);
    PolicySet policies = policies(options);
    Path file = Path.of(options.required("tests"));
    PolicyTests tests = value(PolicyTests.parse(Files.readString(file)), file.toString());
    EntitySet entities =
        options.value("entities").isPresent()
            ? entities(options, Optional.of(schema))
            : EntitySet.of(List.of()).orElseThrow();
    PolicyTests.Report report = tests.run(policies, schema, entities);
    for (PolicyTests.Result result : report.results()) {
      out.println(
          result
              .problem()
              .map(p -> "FAIL " + result.name() + ": " + p)
              .orElse("ok   " + result.name()));
    }
    if (options.has("coverage")) {
      for (Coverage.Gap gap : report.gaps()) {
        out.println("gap  " + gap.policyId() + " " + gap.span() + ": " + gap.what());
      }
    }
    long failed = report.results().stream().filter(r -> r.problem().isPresent()).count();
    out.println((report.results().size() - failed) + " passed, " + failed + " failed");
    return report.passed() ? OK : INVALID;
  }

  private int corpus(Options options) throws InputException, IOException {
    Corpus corpus = new Corpus(Path.of(options.operand()));
    int passed = 0;
    int failed = 0;
    for (Path file : corpus.cases()) {
      List<String> differences;
      try {
        differences = corpus.run(file);
      } catch (IOException | IllegalArgumentException unreadable) {
        differences = List.of(String.valueOf(unreadable.getMessage()));
      }
      if (differences.isEmpty()) {
        passed++;
      } else {
        failed++;
        differences.forEach(difference -> out.println(file + ": " + difference));
      }
    }
    out.println(passed + " passed, " + failed + " failed");
    return failed == 0 && passed > 0 ? OK : INVALID;
  }

  private record Question(PolicyEngine engine, Request request, EntitySet entities) {}

  private Question question(Options options) throws InputException, IOException {
    Optional<Schema> schema =
        options.value("schema").isPresent() ? Optional.of(schema(options)) : Optional.empty();
    PolicySet policies = policies(options);
    EntitySet entities = entities(options, schema);
    EntityUid action = uid(options, "action");
    String context =
        options.value("context").isPresent()
            ? Files.readString(Path.of(options.required("context")))
            : "{}";
    RecordValue record =
        value(
            schema.isPresent()
                ? schema.get().parseContext(action, context)
                : EntitiesJson.parseRecord(context),
            "context");
    Request request =
        new Request(uid(options, "principal"), action, uid(options, "resource"), record);
    if (schema.isPresent()) {
      List<Problem> problems = schema.get().validate(request);
      if (!problems.isEmpty()) {
        throw new InputException("request: " + problems.getFirst());
      }
    }
    ErrorMode mode = options.has("cedar-errors") ? ErrorMode.CEDAR : ErrorMode.FAIL_CLOSED;
    PolicyEngine engine =
        schema.isPresent()
            ? PolicyEngine.plan(policies, schema.get(), mode)
            : PolicyEngine.plan(policies, mode);
    return new Question(engine, request, entities);
  }

  private static EntityUid uid(Options options, String name) throws InputException {
    String text = options.required(name);
    return PolicyParser.parseEntity(text)
        .orElseThrow(
            () ->
                new InputException(
                    "--" + name + ": `" + text + "` is no entity such as User::\"a\""));
  }

  private static PolicySet policies(Options options) throws InputException, IOException {
    Path file = Path.of(options.required("policies"));
    String text = Files.readString(file);
    PolicySet policies =
        value(
            file.toString().endsWith(".json")
                ? PolicySet.parseJson(text)
                : PolicySet.parse(text, PolicyIds.FROM_ANNOTATION),
            file.toString());
    return options.value("template-linked").isPresent()
        ? linked(policies, Path.of(options.required("template-linked")))
        : policies;
  }

  /**
   * The set with the links of a file, in the form of the reference's command line: {@code
   * [{"template_id", "link_id", "args": {"?principal": "User::\"a\""}}]}.
   */
  private static PolicySet linked(PolicySet policies, Path file)
      throws InputException, IOException {
    Json root = value(JsonReader.read(Files.readString(file)), file.toString());
    if (!(root instanceof Json.Array(List<Json> links))) {
      throw new InputException(file + ": expected an array of links, found " + root.kind());
    }
    PolicySet all = policies;
    for (Json link : links) {
      if (!(link instanceof Json.Obj(Map<String, Json> members)
          && members.get("template_id") instanceof Json.Text(String template)
          && members.get("link_id") instanceof Json.Text(String id)
          && members.get("args") instanceof Json.Obj(Map<String, Json> arguments))) {
        throw new InputException(file + ": a link has `template_id`, `link_id` and `args`");
      }
      Map<String, EntityUid> slots = new LinkedHashMap<>();
      for (var argument : arguments.entrySet()) {
        String text = argument.getValue() instanceof Json.Text(String written) ? written : "";
        EntityUid uid =
            PolicyParser.parseEntity(text)
                .orElseThrow(
                    () ->
                        new InputException(
                            file
                                + ": link `"
                                + id
                                + "`: `"
                                + argument.getKey()
                                + "` is no entity such as User::\"a\""));
        slots.put(argument.getKey(), uid);
      }
      all = value(all.link(template, id, slots), file.toString());
    }
    return all;
  }

  private static Schema schema(Options options) throws InputException, IOException {
    Path file = Path.of(options.required("schema"));
    String text = Files.readString(file);
    return value(
        file.toString().endsWith(".json") ? Schema.parseJson(text) : Schema.parse(text),
        file.toString());
  }

  private static EntitySet entities(Options options, Optional<Schema> schema)
      throws InputException, IOException {
    Path file = Path.of(options.required("entities"));
    String text = Files.readString(file);
    return value(
        schema.isPresent() ? schema.get().parseEntities(text) : EntitiesJson.parse(text),
        file.toString());
  }

  private static <T> T value(ParseResult<T> result, String where) throws InputException {
    return switch (result) {
      case Parsed<T>(T value) -> value;
      case Rejected<T>(List<Problem> problems) -> {
        StringBuilder message = new StringBuilder();
        problems.forEach(problem -> message.append(where).append(':').append(problem).append('\n'));
        throw new InputException(message.toString().stripTrailing());
      }
    };
  }

  /** {@code --name value}, {@code --name}, and at most one word that is no option. */
  private static final class Options {
    private static final List<String> FLAGS =
        List.of("help", "write", "check", "coverage", "cedar-errors");

    private final Map<String, String> values = new HashMap<>();
    private String command = "";
    private String operand = "";

    Options(String... arguments) throws InputException {
      for (int i = 0; i < arguments.length; i++) {
        String argument = arguments[i];
        if (argument.startsWith("--")) {
          String name = argument.substring(2);
          if (FLAGS.contains(name)) {
            values.put(name, "");
          } else if (i + 1 < arguments.length) {
            values.put(name, arguments[++i]);
          } else {
            throw new InputException("--" + name + " needs a value");
          }
        } else if (command.isEmpty()) {
          command = argument;
        } else if (operand.isEmpty()) {
          operand = argument;
        } else {
          throw new InputException("unexpected `" + argument + "`");
        }
      }
    }

    String command() {
      return command;
    }

    String operand() throws InputException {
      if (operand.isEmpty()) {
        throw new InputException("a file or folder is missing; try --help");
      }
      return operand;
    }

    boolean has(String flag) {
      return values.containsKey(flag);
    }

    Optional<String> value(String name) {
      return Optional.ofNullable(values.get(name));
    }

    String required(String name) throws InputException {
      String value = values.get(name);
      if (value == null) {
        throw new InputException("--" + name + " is missing; try --help");
      }
      return value;
    }
  }
}

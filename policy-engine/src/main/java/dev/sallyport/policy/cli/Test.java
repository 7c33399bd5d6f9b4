package dev.sallyport.policy.cli;

import dev.sallyport.policy.Coverage;
import dev.sallyport.policy.PolicySet;
import dev.sallyport.policy.PolicyTests;
import dev.sallyport.policy.Schema;
import dev.sallyport.policy.cli.InputException.Located;
import dev.sallyport.policy.entity.EntitySet;
import dev.sallyport.policy.json.Json;
import java.io.IOException;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** {@code test}: policies held to what their author expects of them. */
final class Test {
  private Test() {}

  static int run(Command command, Options options, Console console)
      throws InputException, IOException {
    Inputs inputs = new Inputs(command, options, console);
    Inputs.Text text = inputs.text(options.required(command, "tests"));
    PolicyTests tests = inputs.value(text.name(), PolicyTests.parse(text.text()));
    Schema schema = inputs.schema();
    PolicySet policies = inputs.policies();
    EntitySet entities = inputs.entities(schema);
    inputs.orThrow();
    if (tests != null && tests.size() == 0) {
      throw new InputException(text.name() + ": has no test");
    }
    if (tests == null || policies == null) {
      throw new IllegalStateException("what is missing has a problem that says why");
    }
    if (schema != null) {
      List<Located> invalid =
          Check.validate(inputs, policies, schema).stream()
              .filter(located -> located.problem().isError())
              .toList();
      if (!invalid.isEmpty()) {
        if (options.has("json")) {
          console.json(new Json.Obj(Map.of("problems", Console.json(invalid))));
        } else {
          invalid.forEach(located -> console.say(Console.text(located)));
          console.say("the policies are not valid: no test was run");
        }
        return Main.INVALID;
      }
    }
    PolicyTests.Report report =
        tests.run(
            new PolicyTests.Setup(
                policies,
                schema,
                entities,
                Authorize.mode(options),
                name -> beside(inputs, text.name(), name)));
    Coverage.Report coverage = report.coverage();
    boolean good = report.passed() && (coverage.isFull() || !options.has("full-coverage"));
    if (options.has("json")) {
      console.print(report.toJson() + "\n");
      return good ? Main.OK : Main.INVALID;
    }
    for (PolicyTests.Result result : report.results()) {
      console.say(
          result
              .problem()
              .map(problem -> "FAIL " + place(text.name(), result) + result.name() + ": " + problem)
              .orElse("ok   " + result.name()));
    }
    if (options.has("coverage") || options.has("full-coverage")) {
      for (Coverage.Gap gap : coverage.gaps()) {
        console.say(
            "gap  "
                + inputs.policiesName()
                + ":"
                + gap.span()
                + ": "
                + gap.policyId()
                + ": "
                + gap.what());
      }
      console.say(
          "reached: "
              + coverage.satisfied()
              + " of "
              + Count.of(coverage.policies(), "policy", "policies")
              + ", "
              + coverage.reached()
              + " of "
              + Count.of(coverage.branches(), "branch", "branches"));
    }
    console.say((tests.size() - report.failed()) + " passed, " + report.failed() + " failed");
    return good ? Main.OK : Main.INVALID;
  }

  private static String place(String file, PolicyTests.Result result) {
    return result.span().map(span -> file + ":" + span + ": ").orElse("");
  }

  /** A file that a test names: in the folder of the tests, or below it. */
  private static Optional<String> beside(Inputs inputs, String tests, String name) {
    try {
      Path parent = Path.of(tests).toAbsolutePath().getParent();
      if (tests.equals("<stdin>") || parent == null) {
        return Optional.empty();
      }
      Path folder = parent.toRealPath();
      Path file = folder.resolve(name).toRealPath();
      return file.startsWith(folder)
          ? Optional.of(inputs.text(file.toString()).text())
          : Optional.empty();
    } catch (IOException | InputException | InvalidPathException unreadable) {
      return Optional.empty();
    }
  }
}

package dev.sallyport.policy.cli;

import dev.sallyport.policy.PolicySet;
import dev.sallyport.policy.Schema;
import dev.sallyport.policy.cli.InputException.Located;
import dev.sallyport.policy.diagnostic.Problem;
import dev.sallyport.policy.json.Json;
import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** {@code check}: does it parse, and is it valid? */
final class Check {
  private Check() {}

  static int run(Command command, Options options, Console console)
      throws InputException, IOException {
    Inputs inputs = new Inputs(command, options, console);
    boolean onlyOthers =
        !options.has("policies") && (options.has("schema") || options.has("entities"));
    Schema schema = inputs.schema();
    PolicySet policies = onlyOthers ? null : inputs.policies();
    inputs.entities(schema);
    inputs.orThrow();
    List<Located> found =
        policies == null || schema == null ? List.of() : validate(inputs, policies, schema);
    long errors = errors(found);
    boolean valid = errors == 0 && (found.isEmpty() || !options.has("deny-warnings"));
    long templates = count(policies, true);
    if (options.has("json")) {
      Map<String, Json> members = new LinkedHashMap<>();
      members.put("valid", new Json.Bool(valid));
      members.put("validated", new Json.Bool(policies != null && schema != null));
      members.put("policies", new Json.Int(count(policies, false)));
      members.put("templates", new Json.Int(templates));
      members.put("problems", Console.json(found));
      console.json(new Json.Obj(members));
      return valid ? Main.OK : Main.INVALID;
    }
    found.forEach(located -> console.say(Console.text(located)));
    if (policies == null) {
      console.say(
          schema == null
              ? "the entities are well formed"
              : options.has("entities")
                  ? "the schema is well formed, and the entities fit it"
                  : "the schema is well formed");
      return Main.OK;
    }
    console.say(
        Count.of(count(policies, false), "policy", "policies")
            + (templates == 0 ? "" : ", " + Count.of(templates, "template", "templates"))
            + (schema == null
                ? ", not validated: no schema given"
                : ", "
                    + Count.of(errors, "error", "errors")
                    + ", "
                    + Count.of(found.size() - errors, "warning", "warnings")));
    return valid ? Main.OK : Main.INVALID;
  }

  static List<Located> validate(Inputs inputs, PolicySet policies, Schema schema) {
    return policies.validate(schema).stream().map(inputs::located).toList();
  }

  static long errors(List<Located> found) {
    return found.stream().map(Located::problem).filter(Problem::isError).count();
  }

  private static long count(@Nullable PolicySet policies, boolean templates) {
    return policies == null
        ? 0
        : policies.policies().stream().filter(policy -> policy.template() == templates).count();
  }
}

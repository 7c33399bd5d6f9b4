package dev.sallyport.policy.cli;

import dev.sallyport.policy.Decision;
import dev.sallyport.policy.ErrorMode;
import dev.sallyport.policy.Explanation;
import dev.sallyport.policy.PolicyEngine;
import dev.sallyport.policy.PolicySet;
import dev.sallyport.policy.Request;
import dev.sallyport.policy.Schema;
import dev.sallyport.policy.entity.EntitySet;
import java.io.IOException;
import java.util.Set;
import java.util.stream.Collectors;

/** {@code authorize} and {@code explain}: a decision, and why. */
final class Authorize {
  private Authorize() {}

  /**
   * A request and what answers it.
   *
   * @param file where the policies are
   */
  private record Question(PolicyEngine engine, Request request, EntitySet entities, String file) {}

  static int decide(Command command, Options options, Console console)
      throws InputException, IOException {
    Question question = question(command, options, console);
    Decision decision = question.engine().authorize(question.request(), question.entities());
    if (options.has("json")) {
      console.print(decision.toJson() + "\n");
      return status(decision);
    }
    console.say(decision.verdict().permitted() ? "ALLOW" : "DENY");
    Set<String> failed =
        decision.failures().stream().map(Decision.Failure::policyId).collect(Collectors.toSet());
    for (Decision.Determining determining : decision.determining()) {
      String id = determining.policyId();
      console.say(failed.contains(id) ? "  because forbid " + id + " failed" : "  by " + id);
    }
    if (decision.determining().isEmpty()) {
      console.say("  no policy permits it");
    }
    decision
        .failures()
        .forEach(failure -> console.say("  failed: " + question.file() + ":" + failure.problem()));
    return status(decision);
  }

  static int explain(Command command, Options options, Console console)
      throws InputException, IOException {
    Question question = question(command, options, console);
    Explanation explanation = question.engine().explain(question.request(), question.entities());
    if (options.has("json")) {
      console.print(explanation.toJson() + "\n");
    } else {
      console.say(explanation.toText().stripTrailing());
    }
    return status(explanation.decision());
  }

  private static int status(Decision decision) {
    return decision.verdict().permitted() ? Main.OK : Main.REFUSED;
  }

  private static Question question(Command command, Options options, Console console)
      throws InputException, IOException {
    Inputs inputs = new Inputs(command, options, console);
    Schema schema = inputs.schema();
    PolicySet policies = inputs.policies();
    EntitySet entities = inputs.entities(schema);
    Request request = inputs.request(schema);
    inputs.orThrow();
    if (policies == null || request == null) {
      throw new IllegalStateException("what is missing has a problem that says why");
    }
    ErrorMode mode = mode(options);
    PolicyEngine engine =
        schema == null
            ? PolicyEngine.plan(policies, mode)
            : PolicyEngine.plan(policies, schema, mode);
    return new Question(engine, request, entities, inputs.policiesName());
  }

  static ErrorMode mode(Options options) {
    return options.has("cedar-errors") ? ErrorMode.CEDAR : ErrorMode.FAIL_CLOSED;
  }
}

package dev.sallyport.benchmarks.policy;

import dev.cel.common.CelAbstractSyntaxTree;
import dev.cel.common.CelValidationException;
import dev.cel.common.types.MapType;
import dev.cel.common.types.SimpleType;
import dev.cel.compiler.CelCompilerFactory;
import dev.cel.runtime.CelEvaluationException;
import dev.cel.runtime.CelRuntime;
import dev.cel.runtime.CelRuntimeFactory;
import dev.sallyport.policy.ErrorMode;
import dev.sallyport.policy.PolicyEngine;
import dev.sallyport.policy.PolicySet;
import java.util.List;
import java.util.Map;

/**
 * One condition, for engines that have conditions and no policies. Everything of it that CEL has:
 * no address ranges, no hierarchy.
 */
final class Condition {
  private static final String CEDAR =
      """
      permit (principal, action, resource)
      when {
        !resource.archived &&
        (!resource.classified || context.mfa) &&
        context.size <= 65536 &&
        !principal.suspended &&
        (!(resource.name like "legal-*") || ["legal", "audit"].contains(principal.department))
      };
      """;

  private static final String CEL =
      """
      !room.archived && (!room.classified || context.mfa) && context.size <= 65536 \
      && !user.suspended && (!room.name.startsWith("legal-") || user.department in ["legal", "audit"])
      """;

  private Condition() {}

  static Decider floor(Scenario scenario) {
    record Person(boolean suspended, String department) {}
    record Place(String name, boolean archived, boolean classified) {}
    record Question(Person person, Place place, int size, boolean mfa) {}
    List<Person> people =
        scenario.users().stream()
            .map(user -> new Person(user.suspended(), user.department()))
            .toList();
    List<Place> places =
        scenario.rooms().stream()
            .map(room -> new Place(room.name(), room.archived(), room.classified()))
            .toList();
    Question[] questions =
        scenario.asks().stream()
            .map(
                ask ->
                    new Question(
                        people.get(ask.user()), places.get(ask.room()), ask.size(), ask.mfa()))
            .toArray(Question[]::new);
    return request -> {
      Question asked = questions[request];
      return !asked.place().archived()
          && (!asked.place().classified() || asked.mfa())
          && asked.size() <= 65_536
          && !asked.person().suspended()
          && (!asked.place().name().startsWith("legal-")
              || asked.person().department().equals("legal")
              || asked.person().department().equals("audit"));
    };
  }

  static Decider sallyport(Scenario scenario) {
    return new Sallyport(
        scenario, PolicyEngine.plan(PolicySet.parse(CEDAR).orElseThrow(), ErrorMode.CEDAR));
  }

  static Decider cel(Scenario scenario) {
    try {
      MapType attributes = MapType.create(SimpleType.STRING, SimpleType.DYN);
      CelAbstractSyntaxTree condition =
          CelCompilerFactory.standardCelCompilerBuilder()
              .addVar("user", attributes)
              .addVar("room", attributes)
              .addVar("context", attributes)
              .setResultType(SimpleType.BOOL)
              .build()
              .compile(CEL)
              .getAst();
      CelRuntime.Program program =
          CelRuntimeFactory.standardCelRuntimeBuilder().build().createProgram(condition);
      List<Map<String, Object>> users =
          scenario.users().stream()
              .map(
                  user ->
                      Map.<String, Object>of(
                          "suspended", user.suspended(), "department", user.department()))
              .toList();
      List<Map<String, Object>> rooms =
          scenario.rooms().stream()
              .map(
                  room ->
                      Map.<String, Object>of(
                          "name", room.name(),
                          "archived", room.archived(),
                          "classified", room.classified()))
              .toList();
      List<Map<String, Object>> variables =
          scenario.asks().stream()
              .map(
                  ask ->
                      Map.<String, Object>of(
                          "user", users.get(ask.user()),
                          "room", rooms.get(ask.room()),
                          "context", Map.of("size", (long) ask.size(), "mfa", ask.mfa())))
              .toList();
      return request -> {
        try {
          return (Boolean) program.eval(variables.get(request));
        } catch (CelEvaluationException e) {
          throw new IllegalStateException(e);
        }
      };
    } catch (CelValidationException | CelEvaluationException e) {
      throw new IllegalStateException(e);
    }
  }
}

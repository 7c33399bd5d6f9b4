package dev.sallyport.benchmarks.policy;

import dev.sallyport.benchmarks.policy.DecideBenchmark.Engine;
import java.util.Arrays;
import java.util.List;

/** Asks every engine what it will be measured at, and measures nothing. */
public final class Check {
  private static final List<String> SETS = List.of("IDIOMATIC-20", "GROWN-10");
  private static final String SET_WITH_EXTRAS = "GROWN-100";
  private static final List<String> EXTRAS =
      List.of("IP-30", "DATE-30", "LIKE-30", "SET-30", "UNSCOPED-30", "UNSCOPED_GRANT-30");

  private Check() {}

  /**
   * Ends with a stack trace at the first answer that differs from the floor's.
   *
   * @param arguments the engines to ask; none for all
   */
  public static void main(String[] arguments) {
    List<Engine> engines =
        arguments.length == 0
            ? List.of(Engine.values())
            : Arrays.stream(arguments).map(Engine::valueOf).toList();
    for (String set : SETS) {
      for (String outcome : List.of("FORBID", "ERROR", "MIXED")) {
        check(engines, set, "NONE-0", outcome);
      }
    }
    for (String extra : EXTRAS) {
      Scenario scenario = check(engines, SET_WITH_EXTRAS, extra, "FORBID");
      if (scenario.extra() != Scenario.Extra.UNSCOPED_GRANT && !isDecisive(scenario)) {
        throw new IllegalStateException("the rules of " + extra + " decide nothing");
      }
    }
    for (ConditionBenchmark.Engine engine : ConditionBenchmark.Engine.values()) {
      ConditionBenchmark.checked(engine);
    }
    System.out.println("one condition: agreed");
  }

  private static Scenario check(List<Engine> engines, String set, String extra, String outcome) {
    Scenario scenario = Scenario.named(set, extra, outcome);
    String name = String.join(" ", set, extra, outcome);
    for (Engine engine : engines) {
      try {
        Agreement.check(scenario, engine.load(scenario), engine.checked());
      } catch (IllegalStateException e) {
        throw new IllegalStateException(engine + " differs on " + name, e);
      }
    }
    System.out.println(name + ": agreed");
    return scenario;
  }

  /** Whether any request would be answered differently without the extra rules. */
  private static boolean isDecisive(Scenario scenario) {
    Decider with = new HandWritten(scenario);
    Decider without =
        new HandWritten(
            new Scenario(
                scenario.shape(),
                scenario.policies() - scenario.extras(),
                Scenario.Extra.NONE,
                0,
                scenario.rooms(),
                scenario.users(),
                scenario.asks()));
    for (int i = 0; i < Scenario.ASKS; i++) {
      if (with.permits(i) != without.permits(i)) {
        return true;
      }
    }
    return false;
  }
}

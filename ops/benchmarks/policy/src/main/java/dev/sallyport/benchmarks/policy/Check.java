package dev.sallyport.benchmarks.policy;

import dev.sallyport.benchmarks.policy.DecideBenchmark.Engine;
import java.util.Arrays;
import java.util.List;

/** Asks every engine what it will be measured at, and measures nothing. */
public final class Check {
  private static final List<String> SETS = List.of("IDIOMATIC-20", "GROWN-10", "GROWN-1000");
  private static final List<String> EXTRAS =
      List.of("IP-30", "DATE-30", "LIKE-30", "SET-30", "UNSCOPED-30", "UNSCOPED_GRANT-30");

  private Check() {}

  /** Ends with a stack trace at the first answer that differs from the floor's. */
  public static void main(String[] arguments) {
    List<Engine> engines =
        arguments.length == 0
            ? List.of(Engine.values())
            : Arrays.stream(arguments).map(Engine::valueOf).toList();
    for (String set : SETS) {
      for (Scenario.Outcome outcome : Scenario.Outcome.values()) {
        check(engines, set, "NONE-0", outcome);
      }
    }
    for (String extra : EXTRAS) {
      check(engines, "IDIOMATIC-20", extra, Scenario.Outcome.MIXED);
      check(engines, "GROWN-1000", extra, Scenario.Outcome.MIXED);
      check(engines, "GROWN-1000", extra, Scenario.Outcome.FORBID);
    }
  }

  private static void check(
      List<Engine> engines, String set, String extra, Scenario.Outcome outcome) {
    Scenario scenario = Scenario.named(set, extra, outcome.name());
    for (Engine engine : engines) {
      try {
        Agreement.check(scenario, engine.load(scenario), engine.checked());
      } catch (IllegalStateException e) {
        throw new IllegalStateException(engine + " on " + set + " " + extra + " " + outcome, e);
      }
    }
    System.out.printf("%-12s %-17s %-6s agreed%n", set, extra, outcome);
  }
}

package dev.sallyport.benchmarks.policy;

import dev.sallyport.benchmarks.policy.DecideBenchmark.Engine;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;

/**
 * One thing to measure, and how thoroughly.
 *
 * @param part the table it belongs to
 * @param benchmark class and method
 * @param outcome of the requests; for planning whether the JVM has done it before
 * @param iterationMillis 0 where one iteration is one operation
 */
record Case(
    String part,
    String benchmark,
    String engine,
    String set,
    String extra,
    String outcome,
    int forks,
    int warmups,
    int iterations,
    int iterationMillis) {

  static final String DECIDE = "DECIDE";
  static final String AUTHORIZE = "AUTHORIZE";
  static final String CLIFFS = "CLIFFS";
  static final String CONDITION = "CONDITION";
  static final String PLANNING = "PLANNING";

  private static final String NO_EXTRA = "NONE-0";
  private static final String LARGEST = "GROWN-10000";
  private static final List<String> EXTRAS =
      List.of("IP", "DATE", "LIKE", "SET", "UNSCOPED", "UNSCOPED_GRANT");

  /** All that a quick or a full run measures, engines of one scenario side by side. */
  static List<Case> all(boolean quick) {
    List<Case> cases = new ArrayList<>();
    List<String> sets =
        quick
            ? List.of("IDIOMATIC-20", "GROWN-10", LARGEST)
            : List.of("IDIOMATIC-20", "GROWN-10", "GROWN-100", "GROWN-1000", LARGEST);
    List<String> outcomes =
        quick
            ? List.of("ALLOW", "DENY", "ERROR", "MIXED")
            : List.of("ALLOW", "DENY", "FORBID", "ERROR", "MIXED");
    for (String set : sets) {
      for (String outcome : outcomes) {
        decide(cases, quick, set, outcome);
      }
    }
    for (String set : sets) {
      for (String outcome : quick ? List.of("ALLOW", "DENY") : outcomes) {
        cases.add(
            thorough(quick, AUTHORIZE, "AuthorizeBenchmark.authorize", "SALLYPORT", set, outcome));
      }
    }
    for (String extra : EXTRAS) {
      for (int count : quick ? new int[] {100} : new int[] {1, 100}) {
        cliff(cases, quick, extra + "-" + count);
      }
    }
    for (ConditionBenchmark.Engine engine : ConditionBenchmark.Engine.values()) {
      cases.add(
          thorough(
              quick, CONDITION, "ConditionBenchmark.evaluate", engine.name(), "ONE-1", "MIXED"));
    }
    for (String step : List.of("load", "parse", "validate", "plan")) {
      String benchmark = "LoadBenchmark." + step;
      String name = step.toUpperCase(Locale.ROOT);
      cases.add(shots(benchmark, "COLD", name, quick ? 2 : 5, 0, 1));
      cases.add(shots(benchmark, "WARM", name, 1, 10, quick ? 5 : 10));
    }
    return cases;
  }

  private static void decide(List<Case> cases, boolean quick, String set, String outcome) {
    for (Engine engine : Engine.values()) {
      switch (engine) {
        case FLOOR, SALLYPORT ->
            cases.add(
                thorough(quick, DECIDE, "DecideBenchmark.decide", engine.name(), set, outcome));
        case CEDAR_JAVA, JCASBIN, AUTHZFORCE, SAPL -> {
          if (outcome.equals("ALLOW") || (!quick && outcome.equals("DENY"))) {
            cases.add(brief(quick, DECIDE, engine, set, NO_EXTRA, outcome));
          }
        }
        case SAPL_INDEXED -> {
          // larger sets overflow its stack
          if (outcome.equals("ALLOW") && (set.equals("IDIOMATIC-20") || set.equals("GROWN-10"))) {
            cases.add(brief(quick, DECIDE, engine, set, NO_EXTRA, outcome));
          }
        }
      }
    }
  }

  private static void cliff(List<Case> cases, boolean quick, String extra) {
    cases.add(brief(quick, CLIFFS, Engine.FLOOR, LARGEST, extra, "ALLOW"));
    cases.add(brief(quick, CLIFFS, Engine.SALLYPORT, LARGEST, extra, "ALLOW"));
    if (!quick && extra.endsWith("-1")) {
      for (Engine engine :
          List.of(Engine.CEDAR_JAVA, Engine.JCASBIN, Engine.AUTHZFORCE, Engine.SAPL)) {
        cases.add(brief(false, CLIFFS, engine, LARGEST, extra, "ALLOW"));
      }
    }
  }

  private static Case thorough(
      boolean quick, String part, String benchmark, String engine, String set, String outcome) {
    return quick
        ? new Case(part, benchmark, engine, set, NO_EXTRA, outcome, 1, 5, 5, 400)
        : new Case(part, benchmark, engine, set, NO_EXTRA, outcome, 2, 5, 6, 1_000);
  }

  /** Fewer iterations of the same, for what is slow or many. */
  private static Case brief(
      boolean quick, String part, Engine engine, String set, String extra, String outcome) {
    String benchmark = "DecideBenchmark.decide";
    return quick
        ? new Case(part, benchmark, engine.name(), set, extra, outcome, 1, 4, 3, 400)
        : new Case(part, benchmark, engine.name(), set, extra, outcome, 1, 4, 5, 1_000);
  }

  private static Case shots(
      String benchmark, String outcome, String step, int forks, int warmups, int iterations) {
    return new Case(
        PLANNING, benchmark, "SALLYPORT", LARGEST, step, outcome, forks, warmups, iterations, 0);
  }

  /** Whether one iteration is one operation. */
  boolean isShot() {
    return iterationMillis == 0;
  }

  /** The time that the iterations take, without what surrounds them. */
  Duration estimate() {
    int millis = isShot() ? 800 : iterationMillis;
    return Duration.ofMillis((long) forks * (warmups + iterations) * millis);
  }

  /** What JMH is to fill in; sorted. */
  Map<String, String> parameters() {
    Map<String, String> parameters = new TreeMap<>();
    switch (part) {
      case PLANNING -> parameters.put("set", set);
      case CONDITION -> parameters.put("engine", engine);
      default -> {
        parameters.put("set", set);
        parameters.put("extra", extra);
        parameters.put("outcome", outcome);
        if (!part.equals(AUTHORIZE)) {
          parameters.put("engine", engine);
        }
      }
    }
    return parameters;
  }

  @Override
  public String toString() {
    return String.join(
        " ",
        part.toLowerCase(Locale.ROOT),
        set,
        extra.equals(NO_EXTRA) ? "" : extra,
        outcome,
        engine);
  }
}

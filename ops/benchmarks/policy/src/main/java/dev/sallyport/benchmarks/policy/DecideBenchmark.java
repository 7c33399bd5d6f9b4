package dev.sallyport.benchmarks.policy;

import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/** The bare verdict: one request after another, in an order without pattern. */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(value = 1, jvmArgsAppend = "--enable-native-access=ALL-UNNAMED")
@SuppressWarnings("NullAway.Init") // JMH fills the fields
public class DecideBenchmark {

  /** The engines that can be asked. */
  public enum Engine {
    FLOOR,
    SALLYPORT,
    CEDAR_JAVA;

    Decider load(Scenario scenario) {
      return switch (this) {
        case FLOOR -> new HandWritten(scenario);
        case SALLYPORT -> new Sallyport(scenario);
        case CEDAR_JAVA -> new CedarJava(scenario);
      };
    }
  }

  @Param({"FLOOR", "SALLYPORT", "CEDAR_JAVA"})
  public Engine engine;

  @Param({"GROWN", "IDIOMATIC"})
  public String shape;

  @Param({"10", "100", "1000", "10000"})
  public int policies;

  @Param({"ALLOW", "DENY", "ERROR"})
  public String outcome;

  private Decider decider;
  private int next;

  /** Loads the engine, and refuses one that does not answer as the floor does. */
  @Setup
  public void load() {
    Scenario scenario =
        Scenario.of(Scenario.Shape.valueOf(shape), policies, Scenario.Outcome.valueOf(outcome));
    decider = engine.load(scenario);
    Decider floor = new HandWritten(scenario);
    int checked = engine == Engine.CEDAR_JAVA ? 64 : Scenario.ASKS;
    int permitted = 0;
    for (int i = 0; i < checked; i++) {
      boolean permits = decider.permits(i);
      if (permits != floor.permits(i)) {
        throw new IllegalStateException(engine + " differs from the floor at request " + i);
      }
      permitted += permits ? 1 : 0;
    }
    if ((permitted != 0) == outcome.equals("DENY")) {
      throw new IllegalStateException(permitted + " permitted in the scenario " + outcome);
    }
  }

  @Benchmark
  public boolean decide() {
    next = (next + 1) & (Scenario.ASKS - 1);
    return decider.permits(next);
  }
}

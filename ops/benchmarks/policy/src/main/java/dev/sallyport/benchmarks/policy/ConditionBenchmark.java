package dev.sallyport.benchmarks.policy;

import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.Warmup;

/** One condition; see {@link Condition}. */
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(1)
@SuppressWarnings("NullAway.Init") // JMH fills the fields
public class ConditionBenchmark extends CpuTime.Measured {

  /** Who evaluates it. */
  public enum Engine {
    FLOOR,
    SALLYPORT,
    CEL;

    Decider load(Scenario scenario) {
      return switch (this) {
        case FLOOR -> Condition.floor(scenario);
        case SALLYPORT -> Condition.sallyport(scenario);
        case CEL -> Condition.cel(scenario);
      };
    }
  }

  @Param({"FLOOR", "SALLYPORT", "CEL"})
  public Engine engine;

  private Decider decider;
  private int next;

  @Setup
  public void load() {
    decider = checked(engine);
    Heap.settle();
  }

  /** The engine, once it was found to answer all requests as the floor does. */
  static Decider checked(Engine engine) {
    Scenario scenario = Scenario.named("IDIOMATIC-20", "NONE-0", "MIXED");
    Decider decider = engine.load(scenario);
    Agreement.check(scenario, decider, Condition.floor(scenario), Scenario.ASKS);
    return decider;
  }

  @Benchmark
  public boolean evaluate() {
    next = (next + 1) & (Scenario.ASKS - 1);
    return decider.permits(next);
  }
}

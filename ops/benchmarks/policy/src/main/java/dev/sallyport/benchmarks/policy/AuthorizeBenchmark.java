package dev.sallyport.benchmarks.policy;

import dev.sallyport.policy.Decision;
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

/**
 * The whole decision, with all determining policies and failures: what a refusal is explained by.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(1)
@SuppressWarnings("NullAway.Init") // JMH fills the fields
public class AuthorizeBenchmark {

  @Param({"GROWN", "IDIOMATIC"})
  public String shape;

  @Param({"10", "100", "1000", "10000"})
  public int policies;

  @Param({"ALLOW", "DENY", "ERROR"})
  public String outcome;

  private Sallyport engine;
  private int next;

  @Setup
  public void load() {
    engine =
        new Sallyport(
            Scenario.of(
                Scenario.Shape.valueOf(shape), policies, Scenario.Outcome.valueOf(outcome)));
  }

  @Benchmark
  public Decision authorize() {
    next = (next + 1) & (Scenario.ASKS - 1);
    return engine.authorize(next);
  }
}

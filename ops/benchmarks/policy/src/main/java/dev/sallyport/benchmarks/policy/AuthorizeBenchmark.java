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
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.Warmup;

/**
 * The whole decision, with all determining policies and failures: what a refusal is explained by.
 */
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(1)
@SuppressWarnings("NullAway.Init") // JMH fills the fields
public class AuthorizeBenchmark extends CpuTime.Measured {

  /** The shape and the number of policies; for instance {@code GROWN-1000}. */
  @Param({"IDIOMATIC-20", "GROWN-10", "GROWN-100", "GROWN-1000", "GROWN-10000"})
  public String set;

  /** Rules of a kind beyond the ordinary ones; for instance {@code IP-100}. */
  @Param("NONE-0")
  public String extra;

  @Param({"ALLOW", "DENY", "ERROR", "MIXED"})
  public String outcome;

  private Sallyport engine;
  private int next;

  @Setup
  public void load() {
    Scenario scenario = Scenario.named(set, extra, outcome);
    engine = new Sallyport(scenario);
    Agreement.check(
        scenario,
        request -> engine.authorize(request) instanceof Decision.Permitted,
        Scenario.ASKS);
    Heap.settle();
  }

  @Benchmark
  public Decision authorize() {
    next = (next + 1) & (Scenario.ASKS - 1);
    return engine.authorize(next);
  }
}

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

/** The bare verdict: one request after another, in an order without pattern. */
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(1)
@SuppressWarnings("NullAway.Init") // JMH fills the fields
public class DecideBenchmark extends CpuTime.Measured {

  /** The engines that can be asked. */
  public enum Engine {
    FLOOR,
    SALLYPORT,
    CEDAR_JAVA,
    JCASBIN,
    AUTHZFORCE,
    /** With the index that it calls canonical. */
    SAPL_INDEXED,
    /** With the list that it starts with. */
    SAPL;

    Decider load(Scenario scenario) {
      return switch (this) {
        case FLOOR -> new HandWritten(scenario);
        case SALLYPORT -> new Sallyport(scenario);
        case CEDAR_JAVA -> new CedarJava(scenario);
        case AUTHZFORCE -> new AuthzForce(scenario);
        case JCASBIN -> new JCasbin(scenario);
        case SAPL_INDEXED -> new Sapl(scenario, true);
        case SAPL -> new Sapl(scenario, false);
      };
    }

    /** How many requests to compare: a slow engine is asked fewer. */
    int checked() {
      return switch (this) {
        case FLOOR, SALLYPORT -> Scenario.ASKS;
        case CEDAR_JAVA, JCASBIN, AUTHZFORCE, SAPL_INDEXED, SAPL -> 64;
      };
    }
  }

  @Param({"FLOOR", "SALLYPORT", "CEDAR_JAVA"})
  public Engine engine;

  /** The shape and the number of policies; for instance {@code GROWN-1000}. */
  @Param({"IDIOMATIC-20", "GROWN-10", "GROWN-100", "GROWN-1000", "GROWN-10000"})
  public String set;

  /** Rules of a kind beyond the ordinary ones; for instance {@code IP-100}. */
  @Param("NONE-0")
  public String extra;

  @Param({"ALLOW", "DENY", "ERROR", "MIXED"})
  public String outcome;

  private Decider decider;
  private int next;

  /** Loads the engine, and refuses one that does not answer as the floor does. */
  @Setup
  public void load() {
    Scenario scenario = Scenario.named(set, extra, outcome);
    decider = engine.load(scenario);
    Agreement.check(scenario, decider, engine.checked());
    Heap.settle();
  }

  @Benchmark
  public boolean decide() {
    next = (next + 1) & (Scenario.ASKS - 1);
    return decider.permits(next);
  }
}

package dev.sallyport.benchmarks.policy;

import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.util.Collection;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.infra.BenchmarkParams;
import org.openjdk.jmh.infra.IterationParams;
import org.openjdk.jmh.profile.InternalProfiler;
import org.openjdk.jmh.results.AggregationPolicy;
import org.openjdk.jmh.results.IterationResult;
import org.openjdk.jmh.results.Result;
import org.openjdk.jmh.results.ScalarResult;

/**
 * What an operation costs the thread that does it, in CPU time. On a quiet machine the same as what
 * JMH measures by the clock; on a shared one it leaves out the time in which others ran.
 */
public final class CpuTime implements InternalProfiler {
  static final String LABEL = "cpu";

  private static final AtomicLong NANOS = new AtomicLong();

  /** A state whose thread is measured. */
  @State(Scope.Thread)
  public abstract static class Measured {
    private static final ThreadMXBean THREADS = ManagementFactory.getThreadMXBean();

    private long began;

    /** Called by JMH on the measured thread. */
    @Setup(Level.Iteration)
    public final void begin() {
      began = THREADS.getCurrentThreadCpuTime();
    }

    /** Called by JMH on the measured thread. */
    @TearDown(Level.Iteration)
    public final void end() {
      NANOS.addAndGet(THREADS.getCurrentThreadCpuTime() - began);
    }
  }

  @Override
  public String getDescription() {
    return "CPU time of the measured thread";
  }

  @Override
  public void beforeIteration(BenchmarkParams benchmark, IterationParams iteration) {
    NANOS.set(0);
  }

  @Override
  public Collection<? extends Result<?>> afterIteration(
      BenchmarkParams benchmark, IterationParams iteration, IterationResult result) {
    long operations = Math.max(1, result.getMetadata().getAllOps());
    return List.of(
        new ScalarResult(LABEL, (double) NANOS.get() / operations, "ns/op", AggregationPolicy.AVG));
  }
}

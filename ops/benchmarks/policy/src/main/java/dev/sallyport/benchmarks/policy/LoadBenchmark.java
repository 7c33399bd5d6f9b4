package dev.sallyport.benchmarks.policy;

import dev.sallyport.policy.ErrorMode;
import dev.sallyport.policy.PolicyEngine;
import dev.sallyport.policy.PolicySet;
import dev.sallyport.policy.Schema;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Setup;

/** From text to an engine that answers, and its three parts: what a policy change costs. */
@BenchmarkMode(Mode.SingleShotTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Fork(1)
public class LoadBenchmark {

  /** The text of a set; nothing has been parsed yet, so that a first time is one. */
  @SuppressWarnings("NullAway.Init") // JMH fills the fields
  public static class Text extends CpuTime.Measured {
    /** The shape and the number of policies; for instance {@code GROWN-1000}. */
    @Param({"GROWN-10000"})
    public String set;

    String text;

    @Setup
    public void write() {
      text = CedarText.of(Scenario.named(set, "NONE-0", "ALLOW"));
    }
  }

  /** The set, parsed, for the parts that come after. */
  @SuppressWarnings("NullAway.Init") // JMH fills the fields
  public static class Parsed extends Text {
    PolicySet policies;
    Schema schema;

    @Setup
    public void parse() {
      write(); // the order of set-ups is not promised
      policies = PolicySet.parse(text).orElseThrow();
      schema = Schema.parse(CedarText.schema()).orElseThrow();
    }
  }

  @Benchmark
  public Object load(Text given) {
    return Sallyport.load(given.text);
  }

  @Benchmark
  public Object parse(Text given) {
    return PolicySet.parse(given.text);
  }

  @Benchmark
  public Object validate(Parsed given) {
    return given.policies.validate(given.schema);
  }

  @Benchmark
  public Object plan(Parsed given) {
    return PolicyEngine.plan(given.policies, given.schema, ErrorMode.CEDAR);
  }
}

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
@SuppressWarnings("NullAway.Init") // JMH fills the fields
public class LoadBenchmark extends CpuTime.Measured {

  /** The shape and the number of policies; for instance {@code GROWN-1000}. */
  @Param({"GROWN-10000"})
  public String set;

  private String text;
  private PolicySet parsed;
  private Schema schema;

  /** Writes the text, and has one parsed for the parts that come after. */
  @Setup
  public void write() {
    text = CedarText.of(Scenario.named(set, "NONE-0", "ALLOW"));
    parsed = PolicySet.parse(text).orElseThrow();
    schema = Schema.parse(CedarText.schema()).orElseThrow();
  }

  @Benchmark
  public Object load() {
    return Sallyport.load(text);
  }

  @Benchmark
  public Object parse() {
    return PolicySet.parse(text);
  }

  @Benchmark
  public Object validate() {
    return parsed.validate(schema);
  }

  @Benchmark
  public Object plan() {
    return PolicyEngine.plan(parsed, schema, ErrorMode.CEDAR);
  }
}

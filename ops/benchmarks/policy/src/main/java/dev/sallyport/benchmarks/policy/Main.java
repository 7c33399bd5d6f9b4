package dev.sallyport.benchmarks.policy;

import java.io.IOException;
import java.io.PrintStream;
import java.lang.management.ManagementFactory;
import java.lang.management.OperatingSystemMXBean;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.function.Predicate;
import org.openjdk.jmh.profile.GCProfiler;
import org.openjdk.jmh.results.BenchmarkResult;
import org.openjdk.jmh.results.IterationResult;
import org.openjdk.jmh.results.RunResult;
import org.openjdk.jmh.runner.Runner;
import org.openjdk.jmh.runner.RunnerException;
import org.openjdk.jmh.runner.options.ChainedOptionsBuilder;
import org.openjdk.jmh.runner.options.OptionsBuilder;
import org.openjdk.jmh.runner.options.TimeValue;
import org.openjdk.jmh.runner.options.VerboseMode;

/**
 * Runs the benchmarks one after the other, engines of one scenario side by side, tells how far it
 * is and how long it will take, and writes a file of results. {@code ops/bench --help} says how.
 */
public final class Main {
  private static final Duration ENGINE_STARTS_IN = Duration.ofSeconds(6);

  private static final double CROWD_MAX = 5;

  private Main() {}

  /**
   * {@code run OPTION…}, {@code table FILE} or {@code check [--quick]}; the command checks them.
   */
  public static void main(String[] arguments) throws IOException, RunnerException {
    // Several may run at once, as far as that makes sense.
    System.setProperty("jmh.ignoreLock", "true");
    List<String> rest = List.of(arguments).subList(1, arguments.length);
    switch (arguments[0]) {
      case "check" -> Check.main(rest.toArray(String[]::new));
      case "table" -> System.out.print(Table.of(Results.read(Path.of(rest.getFirst()))));
      case "run" -> run(Choice.of(rest));
      default -> throw new IllegalArgumentException("unknown command " + arguments[0]);
    }
  }

  private static void run(Choice choice) throws IOException, RunnerException {
    List<Case> cases = Case.all(choice.quick()).stream().filter(choice::wants).toList();
    if (cases.isEmpty()) {
      throw new IllegalArgumentException("nothing is left to measure");
    }
    Duration estimate = estimate(cases);
    PrintStream out = System.out;
    out.printf("%d measurements, about %d minutes%n", cases.size(), minutes(estimate));
    if (choice.list()) {
      cases.forEach(out::println);
      return;
    }
    Results results = Results.begin(choice.note(), choice.quick());
    Instant began = Instant.now();
    Instant end = began.plus(choice.timeMax());
    for (int i = 0; i < cases.size(); i++) {
      Case one = cases.get(i);
      Duration spent = Duration.between(began, Instant.now());
      Duration left = estimate(cases.subList(i, cases.size()));
      if (i > 0) {
        // what is left takes as much longer than thought as what is done has
        Duration thought = estimate(cases.subList(0, i));
        left = Duration.ofMillis(left.toMillis() * spent.toMillis() / thought.toMillis());
      }
      if (Instant.now().isAfter(end)) {
        results.header("stopped", "after %d of %d: the time was over".formatted(i, cases.size()));
        out.println("stopped: the time is over");
        break;
      }
      out.printf("[%3d/%d, %2d min left] %-62s ", i + 1, cases.size(), minutes(left), one);
      out.flush();
      Row row = measure(one);
      results.add(row);
      out.println(row.summary());
      results.write(choice.file());
    }
    results.end();
    results.write(choice.file());
    out.printf("%nwritten to %s%n%n%s", choice.file(), Table.of(results));
  }

  private static Duration estimate(List<Case> cases) {
    return cases.stream()
        .map(one -> one.estimate().plus(ENGINE_STARTS_IN.multipliedBy(one.forks())))
        .reduce(Duration.ZERO, Duration::plus);
  }

  private static long minutes(Duration duration) {
    return (duration.toSeconds() + 59) / 60;
  }

  private static Row measure(Case one) throws RunnerException {
    ChainedOptionsBuilder options =
        new OptionsBuilder()
            .include("\\." + one.benchmark().replace(".", "\\.") + "$")
            .forks(one.forks())
            .warmupIterations(one.warmups())
            .measurementIterations(one.iterations())
            .addProfiler(GCProfiler.class)
            .addProfiler(CpuTime.class)
            .shouldFailOnError(true)
            .jvmArgsAppend(
                "--enable-native-access=ALL-UNNAMED",
                "--sun-misc-unsafe-memory-access=allow",
                "-Xmx4g")
            .verbosity(VerboseMode.SILENT);
    if (!one.isShot()) {
      options
          .warmupTime(TimeValue.milliseconds((long) (one.iterationMillis() * crowd())))
          .measurementTime(TimeValue.milliseconds(one.iterationMillis()));
    }
    one.parameters().forEach(options::param);
    Collection<RunResult> results = new Runner(options.build()).run();
    List<Double> cpu = new ArrayList<>();
    List<Double> wall = new ArrayList<>();
    List<Double> bytes = new ArrayList<>();
    for (RunResult result : results) {
      for (BenchmarkResult fork : result.getBenchmarkResults()) {
        for (IterationResult iteration : fork.getIterationResults()) {
          wall.add(iteration.getPrimaryResult().getScore());
          iteration
              .getSecondaryResults()
              .forEach(
                  (label, value) -> {
                    if (label.equals(CpuTime.LABEL)) {
                      cpu.add(value.getScore());
                    } else if (label.endsWith("gc.alloc.rate.norm")) {
                      bytes.add(value.getScore());
                    }
                  });
        }
      }
    }
    return Row.of(one, cpu, wall, bytes);
  }

  /** How much longer a warm-up takes because others use the processors too; at least 1. */
  private static double crowd() {
    OperatingSystemMXBean system = ManagementFactory.getOperatingSystemMXBean();
    double share = (system.getSystemLoadAverage() + 1) / system.getAvailableProcessors();
    return Math.clamp(share, 1, CROWD_MAX);
  }

  /** What of all there is to measure was asked for, and where the results go. */
  private record Choice(
      boolean quick,
      boolean list,
      List<String> parts,
      List<String> sets,
      List<String> engines,
      List<String> outcomes,
      Duration timeMax,
      String note,
      Path file) {

    static Choice of(List<String> options) {
      boolean quick = options.contains("--quick");
      Path file = Path.of(value(options, "--file", "results.tsv"));
      return new Choice(
          quick,
          options.contains("--list"),
          list(options, "--part"),
          list(options, "--set"),
          list(options, "--engine"),
          list(options, "--outcome"),
          Duration.ofMinutes(Long.parseLong(value(options, "--minutes", quick ? "20" : "150"))),
          value(options, "--note", ""),
          file);
    }

    private static String value(List<String> options, String name, String otherwise) {
      int at = options.indexOf(name);
      return at < 0 ? otherwise : options.get(at + 1);
    }

    private static List<String> list(List<String> options, String name) {
      String value = value(options, name, "");
      return value.isEmpty() ? List.of() : List.of(value.toUpperCase(Locale.ROOT).split(",", -1));
    }

    boolean wants(Case one) {
      return fits(parts, one.part()::equals)
          && fits(sets, set -> one.set().equals(set))
          && fits(engines, engine -> one.engine().equals(engine))
          && fits(outcomes, outcome -> one.outcome().equals(outcome));
    }

    private static boolean fits(List<String> wanted, Predicate<String> is) {
      return wanted.isEmpty() || wanted.stream().anyMatch(is);
    }
  }
}

package dev.sallyport.acceptance.history;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import dev.sallyport.acceptance.history.Plan.Shape;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.LoggerFactory;

/**
 * Runs plans against real processes, one after the other, and judges each by its history as it
 * stands in the file. {@code ops/history-check} is what people run.
 */
final class HistoryCheck implements AutoCloseable {

  /** Of a whole run. */
  static final Shape WHOLE = new Shape(28, 8, 10, 8, 3, 75_000, 12, 7);

  /** Of a build, where other things run beside. */
  static final Shape SHORT = new Shape(8, 5, 4, 5, 2, 30_000, 12, 4);

  private final Shape shape;
  private final Path out;
  private final Consumer<String> say;
  private final House house;
  private final Crowd crowd;
  private final Round.Pool pool;

  HistoryCheck(Shape shape, Path out, Consumer<String> say) throws Exception {
    this.shape = shape;
    this.out = Files.createDirectories(out);
    this.say = say;
    house = new House(shape.gateways());
    try {
      say.accept(
          "starting %d gateways, an auth-server, PostgreSQL and NATS".formatted(shape.gateways()));
      house.start();
      crowd = new Crowd(house, new Web());
      say.accept(
          "%d people sign in, with %d devices each"
              .formatted(shape.users(), shape.devicesPerUser()));
      crowd.gather(shape.users());
      pool = Round.register(house, crowd, shape.devicesPerUser());
    } catch (Exception | Error e) {
      house.close();
      throw e;
    }
  }

  /** The verdicts of one round. */
  record Judged(long seed, Path history, List<Verdict> verdicts, boolean planted) {}

  Judged round(long seed, Planting.@Nullable Kind broken) throws Exception {
    var plan = Plan.of(seed, shape);
    var suffix = broken == null ? "" : "-" + broken.name().toLowerCase(Locale.ROOT);
    var file = out.resolve("history-" + seed + suffix + ".jsonl.gz");
    var planting = broken == null ? null : new Planting(broken);
    house.plant(planting);
    try (var recorder = new Recorder(file)) {
      new Round(plan, house, crowd, pool, recorder, planting, say).run();
    }
    return new Judged(
        seed, file, Checker.check(Recorder.read(file)), planting != null && planting.done());
  }

  @Override
  public void close() {
    house.close();
  }

  // ------------------------------------------------------------------ as a command

  private static long begun;

  public static void main(String[] arguments) throws Exception {
    begun = System.nanoTime();
    if (arguments[0].equals("judge")) {
      var counts = new Counts(Path.of(arguments[2]));
      try {
        show(Checker.check(Recorder.read(Path.of(arguments[1]))), counts);
      } catch (RuntimeException e) {
        System.out.println("  FAILED  the history cannot be read: " + e.getMessage());
        counts.count(false);
      }
      System.exit(counts.failed == 0 ? 0 : 1);
    }
    // the library that starts PostgreSQL tells all that PostgreSQL says
    if (LoggerFactory.getLogger("io.zonky") instanceof Logger logger) {
      logger.setLevel(Level.OFF);
    }
    var minutes = Double.parseDouble(arguments[0]);
    long seed = Long.parseLong(arguments[1]);
    var broken =
        arguments[2].isEmpty()
            ? null
            : Planting.Kind.valueOf(arguments[2].toUpperCase(Locale.ROOT));
    var out = Path.of(arguments[3]);
    var counts = new Counts(Path.of(arguments[4]));
    long until = begun + Duration.ofMillis((long) (minutes * 60_000)).toNanos();
    try (var check =
        new HistoryCheck(
            Boolean.getBoolean("sallyport.history.short") ? SHORT : WHOLE,
            out,
            HistoryCheck::tell)) {
      do {
        tell("round with seed " + seed);
        var judged = check.round(seed, broken);
        show(judged.verdicts(), counts);
        if (broken != null && !judged.planted()) {
          System.out.println("  FAILED  `%s` found nothing to strike at".formatted(arguments[2]));
          counts.count(false);
        } else if (broken != null) {
          // whether that is seen is for the checks above, which are not told
          System.out.println("  `%s` was planted".formatted(arguments[2]));
        }
        System.out.println("  history: " + judged.history());
        seed++;
      } while (System.nanoTime() < until);
    } catch (Exception | Error e) {
      counts.count(false);
      throw e;
    }
    System.exit(counts.failed == 0 ? 0 : 1);
  }

  private static void show(List<Verdict> verdicts, Counts counts) {
    for (var verdict : verdicts) {
      counts.count(verdict.passed());
      System.out.println((verdict.passed() ? "  passed  " : "  FAILED  ") + verdict.line());
      verdict.findings().forEach(finding -> System.out.println("            " + finding));
    }
  }

  private static void tell(String what) {
    System.out.printf("%4d s  %s%n", (System.nanoTime() - begun) / 1_000_000_000, what);
  }

  /** Kept in a file, so that whoever started this can tell them, however it ends. */
  private static final class Counts {
    private final Path file;
    private int passed;
    private int failed;

    Counts(Path file) {
      this.file = file;
      write();
    }

    void count(boolean good) {
      passed += good ? 1 : 0;
      failed += good ? 0 : 1;
      write();
    }

    private void write() {
      try {
        Files.writeString(file, passed + " " + failed + "\n");
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
  }

  static List<Verdict> failed(List<Verdict> verdicts) {
    var failed = new ArrayList<>(verdicts);
    failed.removeIf(Verdict::passed);
    return failed;
  }
}

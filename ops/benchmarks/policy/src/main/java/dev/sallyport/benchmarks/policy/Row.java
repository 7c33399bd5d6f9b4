package dev.sallyport.benchmarks.policy;

import java.util.List;
import java.util.Locale;

/**
 * One thing measured: medians over all iterations of all forks, nanoseconds and bytes an operation.
 *
 * @param cpuLow first quartile of {@code cpu}
 * @param cpuHigh third quartile
 * @param wall by the clock
 */
record Row(
    String part,
    String engine,
    String set,
    String extra,
    String outcome,
    int samples,
    double cpu,
    double cpuLow,
    double cpuHigh,
    double wall,
    double bytes) {

  static final String HEADER =
      "part\tengine\tset\textra\toutcome\tsamples\tcpu_ns\tcpu_ns_q1\tcpu_ns_q3\twall_ns\tbytes";

  static Row of(Case one, List<Double> cpu, List<Double> wall, List<Double> bytes) {
    return new Row(
        one.part(),
        one.engine(),
        one.set(),
        one.extra(),
        one.outcome(),
        cpu.size(),
        quantile(cpu, 0.5),
        quantile(cpu, 0.25),
        quantile(cpu, 0.75),
        quantile(wall, 0.5),
        quantile(bytes, 0.5));
  }

  /** With linear interpolation; NaN of nothing. */
  private static double quantile(List<Double> values, double share) {
    if (values.isEmpty()) {
      return Double.NaN;
    }
    double[] sorted = values.stream().mapToDouble(Double::doubleValue).sorted().toArray();
    double place = share * (sorted.length - 1);
    int below = (int) place;
    int above = Math.min(below + 1, sorted.length - 1);
    return sorted[below] + (place - below) * (sorted[above] - sorted[below]);
  }

  static Row parse(String line) {
    String[] cells = line.split("\t", -1);
    return new Row(
        cells[0],
        cells[1],
        cells[2],
        cells[3],
        cells[4],
        Integer.parseInt(cells[5]),
        Double.parseDouble(cells[6]),
        Double.parseDouble(cells[7]),
        Double.parseDouble(cells[8]),
        Double.parseDouble(cells[9]),
        Double.parseDouble(cells[10]));
  }

  String line() {
    return String.format(
        Locale.ROOT,
        "%s\t%s\t%s\t%s\t%s\t%d\t%.2f\t%.2f\t%.2f\t%.2f\t%.2f",
        part,
        engine,
        set,
        extra,
        outcome,
        samples,
        cpu,
        cpuLow,
        cpuHigh,
        wall,
        bytes);
  }

  /** Cost and spread, for people who wait. */
  String summary() {
    return "%s (%s to %s; by the clock %s), %.0f B"
        .formatted(time(cpu), time(cpuLow), time(cpuHigh), time(wall), bytes);
  }

  /** With the unit that suits the size. */
  static String time(double nanos) {
    if (nanos < 10_000) {
      return String.format(Locale.ROOT, nanos < 100 ? "%.1f ns" : "%,.0f ns", nanos);
    }
    if (nanos < 10_000_000) {
      return String.format(Locale.ROOT, nanos < 100_000 ? "%.1f µs" : "%,.0f µs", nanos / 1e3);
    }
    return String.format(Locale.ROOT, nanos < 100_000_000 ? "%.1f ms" : "%,.0f ms", nanos / 1e6);
  }
}

package dev.sallyport.benchmarks.policy;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.TreeMap;

/** What one run measured and where: a file of {@code # name: value} lines and a table of tabs. */
final class Results {
  private final Map<String, String> headers = new LinkedHashMap<>();
  private final List<Row> rows = new ArrayList<>();

  private Results() {}

  /** Of this machine, now. */
  static Results begin(String note, boolean quick) {
    Results results = new Results();
    results.header("began", now());
    results.header("kind", quick ? "quick" : "full");
    results.header("commit", System.getProperty("sallyport.commit", "unknown"));
    results.header("machine", machine());
    results.header(
        "jdk", System.getProperty("java.vm.vendor") + " " + Runtime.version().toString());
    results.header("load at begin", load());
    new TreeMap<>(versions()).forEach((name, version) -> results.header(name, version));
    if (!note.isEmpty()) {
      results.header("note", note);
    }
    return results;
  }

  static Results read(Path file) throws IOException {
    Results results = new Results();
    for (String line : Files.readAllLines(file)) {
      if (line.startsWith("# ")) {
        int colon = line.indexOf(": ");
        results.header(line.substring(2, colon), line.substring(colon + 2));
      } else if (!line.equals(Row.HEADER) && !line.isBlank()) {
        results.rows.add(Row.parse(line));
      }
    }
    return results;
  }

  void header(String name, String value) {
    headers.put(name, value);
  }

  String header(String name) {
    return headers.getOrDefault(name, "unknown");
  }

  void add(Row row) {
    rows.add(row);
  }

  List<Row> rows() {
    return rows;
  }

  void end() {
    header("load at end", load());
    header("ended", now());
  }

  void write(Path file) throws IOException {
    List<String> lines = new ArrayList<>();
    headers.forEach((name, value) -> lines.add("# " + name + ": " + value));
    lines.add(Row.HEADER);
    rows.forEach(row -> lines.add(row.line()));
    Files.write(file, lines);
  }

  private static String now() {
    return Instant.now().truncatedTo(ChronoUnit.SECONDS).toString();
  }

  /** Of the last minute: how many processes wanted a processor. */
  private static String load() {
    return "%.2f on %d processors"
        .formatted(
            ManagementFactory.getOperatingSystemMXBean().getSystemLoadAverage(),
            Runtime.getRuntime().availableProcessors());
  }

  private static String machine() {
    String processor = System.getProperty("os.arch");
    try {
      Path cpus = Path.of("/proc/cpuinfo");
      if (Files.isReadable(cpus)) {
        processor =
            Files.readAllLines(cpus).stream()
                .filter(line -> line.startsWith("model name"))
                .map(line -> line.substring(line.indexOf(':') + 1).strip())
                .findFirst()
                .orElse(processor);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return "%s, %d processors, %s %s"
        .formatted(
            processor,
            Runtime.getRuntime().availableProcessors(),
            System.getProperty("os.name"),
            System.getProperty("os.version"));
  }

  private static Map<String, String> versions() {
    Properties properties = new Properties();
    try (InputStream in = Results.class.getResourceAsStream("versions.properties")) {
      properties.load(in);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    Map<String, String> versions = new TreeMap<>();
    properties
        .stringPropertyNames()
        .forEach(name -> versions.put(name, properties.getProperty(name)));
    return versions;
  }
}

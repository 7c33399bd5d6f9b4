package dev.sallyport.benchmarks.policy;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;

/** The results of a run as the tables of the README, in Markdown. */
final class Table {
  private final Results results;
  private final StringBuilder out = new StringBuilder();

  private Table(Results results) {
    this.results = results;
  }

  static String of(Results results) {
    Table table = new Table(results);
    table.write();
    return table.out.toString();
  }

  private void write() {
    out.append(
        "Commit %s, %s, %s, JDK %s; load %s at begin, %s at end.\n"
            .formatted(
                results.header("commit"),
                results.header("began").substring(0, 10),
                results.header("machine"),
                results.header("jdk"),
                results.header("load at begin"),
                results.header("load at end")));
    for (String outcome : List.of("ALLOW", "DENY")) {
      peers(outcome);
    }
    floor(Case.DECIDE, "`decide`, every outcome: ours, and as a multiple of the floor");
    floor(Case.AUTHORIZE, "`authorize`: the decision with reasons and errors");
    cliffs();
    condition();
    planning();
  }

  /** Engines down, sets across. */
  private void peers(String outcome) {
    Set<String> sets = values(Case.DECIDE, row -> row.outcome().equals(outcome) ? row.set() : "");
    Set<String> engines =
        values(Case.DECIDE, row -> row.outcome().equals(outcome) ? row.engine() : "");
    if (sets.isEmpty()) {
      return;
    }
    title("A decision, " + outcome.toLowerCase(Locale.ROOT), "", sets);
    for (String engine : engines) {
      List<String> cells = new ArrayList<>();
      for (String set : sets) {
        Optional<Row> row = find(Case.DECIDE, engine, set, "NONE-0", outcome);
        Optional<Row> ours = find(Case.DECIDE, "SALLYPORT", set, "NONE-0", outcome);
        cells.add(
            row.map(Row::cpu).map(Row::time).orElse("–")
                + (engine.equals("SALLYPORT") || row.isEmpty() || ours.isEmpty()
                    ? ""
                    : " (" + ratio(row.get().cpu() / ours.get().cpu()) + ")"));
      }
      line(name(engine), cells);
    }
    out.append("\nIn brackets: how many times what Sallyport takes.\n");
  }

  /** Outcomes down, sets across. */
  private void floor(String part, String title) {
    Set<String> sets = values(part, Row::set);
    if (sets.isEmpty()) {
      return;
    }
    title(title, "", sets);
    for (String outcome : values(part, Row::outcome)) {
      List<String> cells = new ArrayList<>();
      for (String set : sets) {
        cells.add(
            find(part, "SALLYPORT", set, "NONE-0", outcome)
                .map(row -> againstFloor(row, find(Case.DECIDE, "FLOOR", set, "NONE-0", outcome)))
                .orElse("–"));
      }
      line(outcome.toLowerCase(Locale.ROOT), cells);
    }
  }

  private void cliffs() {
    Set<String> extras = values(Case.CLIFFS, Row::extra);
    if (extras.isEmpty()) {
      return;
    }
    Set<String> engines = values(Case.CLIFFS, Row::engine);
    engines.removeIf(engine -> engine.equals("SALLYPORT") || engine.equals("FLOOR"));
    Set<String> columns = new LinkedHashSet<>();
    columns.add("Sallyport");
    columns.add("floor");
    engines.forEach(engine -> columns.add(name(engine)));
    title("10,000 policies with rules of a kind among them", "kind, how many", columns);
    line("none", cliffCells("NONE-0", Case.DECIDE, engines));
    for (String extra : extras) {
      line(
          extra.toLowerCase(Locale.ROOT).replace('-', ' ').replace('_', ' '),
          cliffCells(extra, Case.CLIFFS, engines));
    }
  }

  private List<String> cliffCells(String extra, String part, Set<String> engines) {
    String set = "GROWN-10000";
    Optional<Row> floor = find(part, "FLOOR", set, extra, "ALLOW");
    List<String> cells = new ArrayList<>();
    cells.add(
        find(part, "SALLYPORT", set, extra, "ALLOW")
            .map(row -> againstFloor(row, floor))
            .orElse("–"));
    cells.add(floor.map(Row::cpu).map(Row::time).orElse("–"));
    for (String engine : engines) {
      cells.add(find(part, engine, set, extra, "ALLOW").map(Row::cpu).map(Row::time).orElse("–"));
    }
    return cells;
  }

  private void condition() {
    if (values(Case.CONDITION, Row::engine).isEmpty()) {
      return;
    }
    title("One condition, no policy set", "", Set.of("an evaluation"));
    for (Row row : results.rows()) {
      if (row.part().equals(Case.CONDITION)) {
        line(name(row.engine()), List.of(Row.time(row.cpu())));
      }
    }
  }

  private void planning() {
    if (values(Case.PLANNING, Row::extra).isEmpty()) {
      return;
    }
    Set<String> columns = new LinkedHashSet<>(List.of("in a new JVM", "in a warm one"));
    title("From text to engine, 10,000 policies", "", columns);
    for (String step : values(Case.PLANNING, Row::extra)) {
      List<String> cells = new ArrayList<>();
      for (String outcome : List.of("COLD", "WARM")) {
        cells.add(
            find(Case.PLANNING, "SALLYPORT", "GROWN-10000", step, outcome)
                .map(row -> Row.time(row.wall()))
                .orElse("–"));
      }
      line(step.equals("LOAD") ? "all" : step.toLowerCase(Locale.ROOT), cells);
    }
  }

  private static String againstFloor(Row row, Optional<Row> floor) {
    String bytes = row.bytes() < 0.5 ? "0 B" : String.format(Locale.ROOT, "%,.0f B", row.bytes());
    return Row.time(row.cpu())
        + floor.map(other -> ", " + ratio(row.cpu() / other.cpu()) + ", ").orElse(", ")
        + bytes;
  }

  private static String ratio(double ratio) {
    return String.format(Locale.ROOT, ratio < 10 ? "%.1f×" : "%,.0f×", ratio);
  }

  private static String name(String engine) {
    return switch (engine) {
      case "FLOOR" -> "hand-written Java (the floor)";
      case "SALLYPORT" -> "**Sallyport**";
      case "CEDAR_JAVA" -> "cedar-java";
      case "JCASBIN" -> "jCasbin";
      case "AUTHZFORCE" -> "XACML (AuthzForce)";
      case "SAPL" -> "SAPL 3";
      case "SAPL_INDEXED" -> "SAPL 3, canonical index";
      default -> engine;
    };
  }

  private Optional<Row> find(String part, String engine, String set, String extra, String outcome) {
    return results.rows().stream()
        .filter(
            row ->
                row.part().equals(part)
                    && row.engine().equals(engine)
                    && row.set().equals(set)
                    && row.extra().equals(extra)
                    && row.outcome().equals(outcome))
        .findFirst();
  }

  private interface Column {
    String of(Row row);
  }

  /** Those that occur, in the order of the file. */
  private Set<String> values(String part, Column column) {
    Set<String> values = new LinkedHashSet<>();
    for (Row row : results.rows()) {
      if (row.part().equals(part) && !column.of(row).isEmpty()) {
        values.add(column.of(row));
      }
    }
    return values;
  }

  private void title(String title, String first, Set<String> columns) {
    out.append("\n").append(title).append(":\n\n");
    line(
        first,
        columns.stream().map(set -> set.toLowerCase(Locale.ROOT).replace('-', ' ')).toList());
    out.append("|---|").append("---|".repeat(columns.size())).append('\n');
  }

  private void line(String first, List<String> cells) {
    out.append("| ").append(first).append(" | ").append(String.join(" | ", cells)).append(" |\n");
  }
}

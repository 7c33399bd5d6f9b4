package dev.sallyport.policy.cli;

import dev.sallyport.policy.cli.InputException.Located;
import dev.sallyport.policy.diagnostic.Problem;
import dev.sallyport.policy.json.Json;
import dev.sallyport.policy.json.JsonWriter;
import dev.sallyport.policy.json.ProblemJson;
import java.io.InputStream;
import java.io.PrintStream;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Where a command reads what is not in files, and where it speaks. */
record Console(InputStream in, PrintStream out, PrintStream err) {

  /** A line of what the command is for. What stands in files cannot steer the terminal. */
  void say(String line) {
    out.println(plain(line));
  }

  /** A line about what went wrong. */
  void warn(String line) {
    err.println(plain(line));
  }

  /** A text that is data: printed as it is. */
  void print(String text) {
    out.print(text);
  }

  void json(Json json) {
    out.println(JsonWriter.write(json));
  }

  /** {@code file:line:column: error: code: message; help}, as editors and CI take it. */
  static String text(Located located) {
    Problem problem = located.problem();
    StringBuilder out = new StringBuilder(located.file()).append(':');
    if (problem.span() != null) {
      out.append(problem.span()).append(':');
    }
    out.append(problem.isError() ? " error: " : " warning: ");
    return out.append(problem.withSpan(null)).toString();
  }

  static Json json(List<Located> problems) {
    return new Json.Array(
        problems.stream()
            .map(
                located -> {
                  Map<String, Json> members = new LinkedHashMap<>();
                  members.put("file", new Json.Text(located.file()));
                  members.putAll(ProblemJson.members(located.problem()));
                  return (Json) new Json.Obj(members);
                })
            .toList());
  }

  private static String plain(String line) {
    if (line.codePoints().noneMatch(Console::steers)) {
      return line;
    }
    StringBuilder out = new StringBuilder();
    line.codePoints()
        .forEach(
            c -> {
              if (steers(c)) {
                out.append("\\u{").append(Integer.toHexString(c)).append('}');
              } else {
                out.appendCodePoint(c);
              }
            });
    return out.toString();
  }

  /** Controls, and marks that turn the direction of text around. */
  private static boolean steers(int c) {
    return (c != '\n' && c != '\t' && Character.isISOControl(c))
        || (c >= 0x202a && c <= 0x202e)
        || (c >= 0x2066 && c <= 0x2069);
  }
}

package dev.sallyport.policy.json;

import dev.sallyport.policy.diagnostic.Problem;
import dev.sallyport.policy.diagnostic.Span;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Problems as data: what {@link Problem#toString()} says, in its parts. */
public final class ProblemJson {
  private ProblemJson() {}

  public static Json write(Problem problem) {
    return new Json.Obj(members(problem));
  }

  /** Code, severity, message, help; policy and place where they are known. */
  public static Map<String, Json> members(Problem problem) {
    Map<String, Json> members = new LinkedHashMap<>();
    members.put("code", new Json.Text(problem.code().text()));
    members.put("severity", new Json.Text(problem.isError() ? "error" : "warning"));
    members.put("message", new Json.Text(problem.message()));
    String help = problem.help();
    if (help != null) {
      members.put("help", new Json.Text(help));
    }
    String policyId = problem.policyId();
    if (policyId != null) {
      members.put("policyId", new Json.Text(policyId));
    }
    members.putAll(place(problem.span()));
    return members;
  }

  /** The members that tell a place, lines and columns from 1; none if it is not known. */
  public static Map<String, Json> place(@Nullable Span span) {
    Map<String, Json> members = new LinkedHashMap<>();
    if (span != null) {
      members.put("line", new Json.Int(span.line()));
      members.put("column", new Json.Int(span.column()));
      members.put("endLine", new Json.Int(span.endLine()));
      members.put("endColumn", new Json.Int(span.endColumn()));
    }
    return members;
  }
}

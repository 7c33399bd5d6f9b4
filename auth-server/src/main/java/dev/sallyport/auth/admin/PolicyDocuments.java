package dev.sallyport.auth.admin;

import dev.sallyport.auth.policy.Policies;
import dev.sallyport.auth.policy.PolicyContent;
import dev.sallyport.auth.policy.PolicyDraft;
import dev.sallyport.auth.policy.PolicyProblem;
import dev.sallyport.auth.policy.PolicyVersion;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.json.JsonMapper;

/** Policies as the admin API shows them. */
final class PolicyDocuments {

  private static final JsonMapper JSON = JsonMapper.builder().build();

  private PolicyDocuments() {}

  static Map<String, Object> whole(PolicyVersion version) {
    Map<String, Object> document = new LinkedHashMap<>();
    document.put("version", version.version());
    content(version.content(), document);
    document.putAll(listed(version));
    return document;
  }

  /** Without the texts. */
  static Map<String, Object> listed(PolicyVersion version) {
    Map<String, Object> document = new LinkedHashMap<>();
    document.put("version", version.version());
    document.put("note", version.note());
    document.put("rollback_of", version.rollbackOf());
    document.put("activated_by", version.activatedBy());
    document.put("activated_at", version.activatedAt());
    document.put("author", version.author().text());
    document.put("release", version.release());
    return document;
  }

  static Map<String, Object> upgrade(Policies.Upgrade standing) {
    Map<String, Object> document = new LinkedHashMap<>();
    document.put("release", standing.release());
    document.put("shipped_release", standing.shippedRelease());
    document.put("refused", standing.refused());
    document.put("problems", problems(standing.problems()));
    PolicyContent proposed = standing.proposed();
    if (proposed != null) {
      Map<String, Object> content = new LinkedHashMap<>();
      content(proposed, content);
      document.put("proposed", content);
    }
    return document;
  }

  static Map<String, Object> whole(PolicyDraft draft, List<PolicyProblem> problems) {
    Map<String, Object> document = new LinkedHashMap<>();
    document.put("id", draft.id());
    content(draft.content(), document);
    document.putAll(listed(draft));
    document.put("problems", problems(problems));
    return document;
  }

  static Map<String, Object> listed(PolicyDraft draft) {
    Map<String, Object> document = new LinkedHashMap<>();
    document.put("id", draft.id());
    document.put("revision", draft.revision());
    document.put("base_version", draft.baseVersion());
    document.put("note", draft.note());
    document.put("saved_by", draft.savedBy());
    document.put("saved_at", draft.savedAt());
    return document;
  }

  /** The {@code problems} of {@code ops/decisions/0002}, and in which text each lies. */
  static List<Map<String, Object>> problems(List<PolicyProblem> problems) {
    return problems.stream().map(PolicyDocuments::problem).toList();
  }

  private static Map<String, Object> problem(PolicyProblem problem) {
    Map<String, Object> document = new LinkedHashMap<>();
    document.put("source", problem.source());
    document.put("severity", problem.warning() ? "warning" : "error");
    document.put("code", problem.code());
    document.put("message", problem.message());
    PolicyProblem.@Nullable Place place = problem.place();
    if (place != null) {
      document.put("line", place.line());
      document.put("column", place.column());
      document.put("endLine", place.endLine());
      document.put("endColumn", place.endColumn());
    }
    if (problem.policy() != null) {
      document.put("policy", problem.policy());
      if (problem.policyLine() != null) {
        document.put("policyLine", problem.policyLine());
      }
    }
    if (problem.help() != null) {
      document.put("help", problem.help());
    }
    return document;
  }

  private static void content(PolicyContent content, Map<String, Object> document) {
    document.put("policies", content.policies());
    document.put("schema", content.schema());
    document.put("entities", JSON.readTree(content.entities()));
  }
}

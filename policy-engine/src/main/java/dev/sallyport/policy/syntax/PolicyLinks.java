package dev.sallyport.policy.syntax;

import dev.sallyport.policy.diagnostic.ParseResult;
import dev.sallyport.policy.diagnostic.ParseResult.Parsed;
import dev.sallyport.policy.diagnostic.ParseResult.Rejected;
import dev.sallyport.policy.diagnostic.Problem;
import dev.sallyport.policy.diagnostic.ProblemCode;
import dev.sallyport.policy.value.EntityUid;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/** Templates filled. */
public final class PolicyLinks {
  public static final String PRINCIPAL_SLOT = "?principal";
  public static final String RESOURCE_SLOT = "?resource";

  private PolicyLinks() {}

  /**
   * The link; rejected if the slots do not fit, or the ids.
   *
   * @param policies by id
   */
  public static ParseResult<PolicyText> link(
      Map<String, PolicyText> policies,
      String templateId,
      String linkId,
      Map<String, EntityUid> slots) {
    if (policies.containsKey(linkId)) {
      return rejected("the id `" + linkId + "` is taken", linkId, "give the link an id of its own");
    }
    PolicyText template = policies.get(templateId);
    if (template == null || !template.isTemplate()) {
      return rejected(
          "there is no template `" + templateId + "`",
          linkId,
          template == null ? null : "it has no slots, so it applies without a link");
    }
    Set<String> wanted = new TreeSet<>();
    if (template.hasPrincipalSlot()) {
      wanted.add(PRINCIPAL_SLOT);
    }
    if (template.hasResourceSlot()) {
      wanted.add(RESOURCE_SLOT);
    }
    if (!wanted.equals(slots.keySet())) {
      return rejected(
          "template `"
              + templateId
              + "` has the slots "
              + wanted
              + ", not "
              + new TreeSet<>(slots.keySet()),
          linkId,
          "fill each of its slots, and no other");
    }
    @Nullable EntityUid principal = slots.get(PRINCIPAL_SLOT);
    @Nullable EntityUid resource = slots.get(RESOURCE_SLOT);
    return new Parsed<>(template.link(linkId, principal, resource));
  }

  private static ParseResult<PolicyText> rejected(
      String message, String linkId, @Nullable String help) {
    return new Rejected<>(
        new Problem(ProblemCode.INVALID_TEMPLATE_LINK, message, null, linkId, help));
  }
}

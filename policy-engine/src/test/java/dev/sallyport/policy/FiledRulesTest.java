package dev.sallyport.policy;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.sallyport.policy.entity.Entities;
import dev.sallyport.policy.plan.Plan;
import dev.sallyport.policy.value.EntityUid;
import dev.sallyport.policy.value.RecordValue;
import dev.sallyport.policy.value.Value;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** Forbids filed by the value they ask for: where the attribute is missing, all of them fail. */
class FiledRulesTest {
  private static final int FORBIDS = 20;

  @Test
  void decide_attributeOfFiledForbidsMissing_refusesOnlyWhenFailingClosed() {
    for (Plan.Form form : Plan.Form.values()) {
      assertEquals(Verdict.REFUSED, decide(ErrorMode.FAIL_CLOSED, form, RecordValue.EMPTY));
      assertEquals(Verdict.PERMITTED, decide(ErrorMode.CEDAR, form, RecordValue.EMPTY));
    }
  }

  @Test
  void decide_attributeOfFiledForbidsPresent_asksThoseOfItsValue() {
    for (Plan.Form form : Plan.Form.values()) {
      for (ErrorMode mode : ErrorMode.values()) {
        assertEquals(
            Verdict.REFUSED, decide(mode, form, RecordValue.of("unit", Value.of("unit-7"))));
        assertEquals(
            Verdict.PERMITTED, decide(mode, form, RecordValue.of("unit", Value.of("unit-99"))));
      }
    }
  }

  private static Verdict decide(ErrorMode mode, Plan.Form form, RecordValue context) {
    StringBuilder text = new StringBuilder("permit (principal, action, resource);\n");
    for (int i = 0; i < FORBIDS; i++) {
      text.append("forbid (principal, action, resource) when { context.unit == \"unit-")
          .append(i)
          .append("\" };\n");
    }
    PolicySet policies = PolicySet.parse(text.toString(), PolicyIds.BY_PLACE).orElseThrow();
    Request request =
        new Request(
            EntityUid.of("P", "p"), EntityUid.of("Action", "a"), EntityUid.of("R", "r"), context);
    return PolicyEngine.plan(policies, Map.of(), mode, List.of(), form)
        .decide(request, Entities.NONE);
  }

  /** What would make classes, methods or tables of constants larger than there may be. */
  @Test
  void plan_beyondTheLimitsOfClassFiles_decidesTheSame() {
    String actions = numbered(2_000, "Action::\"a%d\"", ",");
    String path = numbered(100, "a%d", ".");
    String paths = numbered(60, "context has b%d." + path, " || ");
    String groups =
        numbered(
            4_000,
            "permit (principal, action in [Action::\"g%1$d\", Action::\"h%1$d\"], resource);",
            "\n");
    for (String text :
        List.of(
            "permit (principal, action in [" + actions + "], resource);",
            "permit (principal, action, resource) when { " + paths + " || true };",
            groups + "permit (principal, action == Action::\"a7\", resource);")) {
      PolicySet policies = PolicySet.parse(text, PolicyIds.BY_PLACE).orElseThrow();
      PolicyEngine engine = PolicyEngine.plan(policies, ErrorMode.CEDAR);
      Request request =
          new Request(
              EntityUid.of("P", "p"),
              EntityUid.of("Action", "a7"),
              EntityUid.of("R", "r"),
              RecordValue.EMPTY);
      assertEquals(Verdict.PERMITTED, engine.decide(request, Entities.NONE));
    }
  }

  private static String numbered(int count, String each, String between) {
    return IntStream.range(0, count).mapToObj(each::formatted).collect(Collectors.joining(between));
  }
}

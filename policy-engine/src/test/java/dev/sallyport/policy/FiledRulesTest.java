package dev.sallyport.policy;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.sallyport.policy.entity.Entities;
import dev.sallyport.policy.plan.Plan;
import dev.sallyport.policy.value.EntityUid;
import dev.sallyport.policy.value.RecordValue;
import dev.sallyport.policy.value.Value;
import java.util.List;
import java.util.Map;
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
}

package dev.sallyport.policy;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sallyport.policy.entity.EntitySet;
import dev.sallyport.policy.value.EntityUid;
import dev.sallyport.policy.value.Extensions;
import dev.sallyport.policy.value.RecordValue;
import dev.sallyport.policy.value.Value;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Explanations, and tests of policies as data. */
class ExplainTest {
  private static final String POLICIES =
      """
      @id("members")
      permit (principal is User, action == Action::"read", resource)
      when { principal.age >= 18 && context.mfa };
      @id("never")
      forbid (principal, action, resource is Group)
      unless { principal.age < 10 || principal has manager };
      @id("large")
      forbid (principal, action, resource)
      when { context.n + 9223372036854775807 > 0 };
      """;

  private final Schema schema = Schema.parse(PolicyGenerator.SCHEMA).orElseThrow();
  private final PolicySet policies = PolicySet.parse(POLICIES).orElseThrow();

  private Explanation explain(boolean mfa, long n) {
    EntitySet entities =
        EntitySet.of(
                List.of(
                    new dev.sallyport.policy.entity.Entity(
                        EntityUid.of("User", "u"), RecordValue.of("age", Value.of(20)), List.of())))
            .orElseThrow();
    return PolicyEngine.plan(policies, schema, ErrorMode.FAIL_CLOSED)
        .explain(
            new Request(
                EntityUid.of("User", "u"),
                EntityUid.of("Action", "read"),
                EntityUid.of("Doc", "d"),
                RecordValue.of("mfa", Value.of(mfa), "n", Value.of(n))),
            entities);
  }

  @Test
  void explain_nearMiss_namesThePartAndItsValues() {
    assertEquals(
        """
        refused: no policy permits it
        permit `members` nearly applies, but 3:31: `context.mfa` is false
            `context` is `{"mfa": false, "n": -9223372036854775807}`
        forbid `large` nearly applies, but 9:8: `context.n + 9223372036854775807 > 0` is false
            `context.n + 9223372036854775807` is `0`
        entity `Doc::"d"` is not among the entities
        """,
        explain(false, -Long.MAX_VALUE).toText());
  }

  @Test
  void explain_failure_namesThePartAndItsValues() {
    assertEquals(
        """
        refused, because forbid `large` failed (the result does not fit 64 bits)
        permit `members` applies, 1:1
            `principal.age` is `20`
            `context.mfa` is `true`
        forbid `large` fails, 9:8: the result does not fit 64 bits; bound the numbers before you compute with them
            `context.n` is `1`
        """,
        explain(true, 1).toText());
  }

  private static String explain(String policies, String resource) {
    EntityUid user = EntityUid.of("User", "u");
    EntitySet entities =
        EntitySet.of(
                List.of(
                    new dev.sallyport.policy.entity.Entity(
                        user, RecordValue.of("age", Value.of(20)), List.of())))
            .orElseThrow();
    return PolicyEngine.plan(PolicySet.parse(policies).orElseThrow(), ErrorMode.FAIL_CLOSED)
        .explain(
            new Request(
                user,
                EntityUid.of("Action", "read"),
                EntityUid.of("Doc", resource),
                RecordValue.of("from", Extensions.construct("ip", "192.0.2.1").orElseThrow())),
            entities)
        .toText();
  }

  @Test
  void explain_policyThatApplies_tellsMessageAndValues() {
    assertEquals(
        """
        refused by `net`
        forbid `net` applies, 1:1
            says: only from inside
            `principal.age` is `20`
            `context.from` is `ip("192.0.2.1")`
        """,
        explain(
            """
            @id("net") @message("only from inside")
            forbid (principal, action, resource)
            when { [1, 2].contains(principal.age) || !context.from.isInRange(ip("10.0.0.0/8")) || true }
            unless { principal.age < 10 };
            """,
            "d"));
  }

  @Test
  void explain_choiceThatFails_goesDownToItsValues() {
    assertEquals(
        """
        refused: no policy permits it
        permit `policy0` nearly applies, but 1:45: `principal.age < 10 || context has mfa` is false
            `principal.age < 10` is `false`
            `principal.age` is `20`
            `context has mfa` is `false`
        entity `Doc::"d"` is not among the entities
        """,
        explain(
            "permit (principal, action, resource) when { principal.age < 10 || context has mfa };",
            "d"));
  }

  @Test
  void explain_nothingInScope_tellsWhatMissesAndByWhat() {
    assertEquals(
        """
        refused: no policy permits it
        none of 3 permits speaks of this request: 1 not of this principal, 2 not of this action, \
        1 not of this resource
        permit `policy0`, 1:1, misses only by its action
        permit `policy1`, 2:1, misses only by its resource
        entity `Doc::"zoe"` is not among the entities
        """,
        explain(
            """
            permit (principal, action == Action::"write", resource);
            permit (principal, action, resource == Doc::"d");
            permit (principal is Group, action == Action::"write", resource);
            forbid (principal is Group, action, resource);
            """,
            "zoe"));
    String many =
        explain("permit (principal, action == Action::\"write\", resource);\n".repeat(12), "d");
    assertTrue(many.contains("permit `policy9`, 10:1, misses"), many);
    assertTrue(many.contains("action\nand 2 more\n"), many);
  }

  @Test
  void run_policyTests_reportsDifferencesAndGaps() {
    String tests =
        """
        [{"name": "adult", "decision": "allow", "reason": ["members"],
          "request": {"principal": "User::\\"u\\"", "action": "Action::\\"read\\"",
                      "resource": {"type": "Group", "id": "g"},
                      "context": {"now": "2026-01-01", "ip": "10.0.0.1", "mfa": true, "n": -1}}},
         {"name": "wrong", "decision": "allow",
          "request": {"principal": "User::\\"u\\"", "action": "Action::\\"manage\\"",
                      "resource": "Group::\\"g\\""}}]
        """;
    String entities =
        """
        [{"uid": {"type": "User", "id": "u"}, "parents": [], "attrs": {
          "name": "u", "age": 20, "admin": false, "groups": [], "scores": [],
          "home": {"city": "x"}, "score": "1.0", "born": "1990-01-01",
          "manager": {"type": "User", "id": "u"}}}]
        """;
    PolicyTests.Report report =
        PolicyTests.parse(tests)
            .orElseThrow()
            .run(
                PolicySet.parse(POLICIES.substring(0, POLICIES.indexOf("@id(\"large\")")))
                    .orElseThrow(),
                schema,
                schema.parseEntities(entities).orElseThrow());
    assertTrue(report.results().get(0).problem().isEmpty(), report.toString());
    assertTrue(report.results().get(1).problem().isPresent());
    assertEquals(
        List.of(
            "members: `principal.age >= 18` is never false",
            "members: `context.mfa` is never false",
            "never: no test satisfies this policy",
            "never: `principal.age < 10` is never true",
            "never: `principal has manager` is never false"),
        report.coverage().gaps().stream().map(gap -> gap.policyId() + ": " + gap.what()).toList());
  }
}

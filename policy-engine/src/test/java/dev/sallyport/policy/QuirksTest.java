package dev.sallyport.policy;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sallyport.policy.diagnostic.Problem;
import dev.sallyport.policy.diagnostic.ProblemCode;
import dev.sallyport.policy.entity.Entities;
import dev.sallyport.policy.entity.EntitiesJson;
import dev.sallyport.policy.value.EntityUid;
import dev.sallyport.policy.value.RecordValue;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Where the reference implementation does what one would not guess: so do we. */
class QuirksTest {
  private static final EntityUid UID = EntityUid.of("A", "a");

  private static final Request REQUEST = new Request(UID, UID, UID, RecordValue.EMPTY);

  private static String policy(String condition) {
    return "permit (principal, action, resource) when { " + condition + " };";
  }

  private static boolean permits(PolicySet policies) {
    return PolicyEngine.plan(policies, ErrorMode.CEDAR).decide(REQUEST, Entities.NONE).permitted();
  }

  /** Only {@code \*} is a literal star; one written by its number is a wildcard. */
  @ParameterizedTest
  @CsvSource(
      delimiter = ' ',
      value = {
        "a\\u{2a}b aXb true",
        "a\\u{00002A}b aXb true",
        "a\\u{2_a}b aXb true",
        "a\\x2ab aXb true",
        "a\\x2Ab a*b true",
        "a\\*b aXb false",
        "a\\*b a*b true",
        "a\\\\u{2a}b a\\\\u{2a}b true",
        "\\u{2a} anything true",
      })
  void like_starByItsNumber_isAWildcard(String pattern, String text, boolean matches) {
    PolicySet set =
        PolicySet.parse(policy("\"" + text + "\" like \"" + pattern + "\"")).orElseThrow();
    assertEquals(matches, permits(set));
    assertEquals(matches, permits(PolicySet.parseJson(set.toJson()).orElseThrow()));
    assertEquals(matches, permits(PolicySet.parse(set.toText()).orElseThrow()));
  }

  @ParameterizedTest
  @CsvSource({"\\u{2a}", "\\u{00002A}", "\\x2a"})
  void like_starByItsNumber_isAWildcardInJson(String star) {
    String json = PolicySet.parse(policy("\"a\" like \"" + star + "\"")).orElseThrow().toJson();
    assertTrue(json.contains("\"pattern\":[\"Wildcard\"]"), json);
  }

  /** The context as a whole is read like any value, and an escape is no record. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "{\"__entity\": {\"type\": \"A\", \"id\": \"a\"}}",
        "{\"__entity\": {\"type\": \"a b\", \"id\": \"a\"}}",
        "{\"__extn\": {\"fn\": \"ip\", \"arg\": \"1.1.1.1\"}}",
        "{\"__extn\": {\"fn\": \"foo\", \"arg\": \"x\"}}",
        "{\"__extn\": {\"fn\": \"ip\", \"args\": []}}",
        "{\"__expr\": \"1\"}",
      })
  void context_thatIsAnEscape_isNoRecord(String json) {
    assertFalse(EntitiesJson.parseRecord(json).problems().isEmpty());
    Schema schema =
        Schema.parse("entity A; action a appliesTo {principal: A, resource: A};").orElseThrow();
    EntityUid undeclared = EntityUid.of("Action", "b");
    assertFalse(schema.readContext(undeclared, json).problems().isEmpty());
    String entity =
        "[{\"uid\": {\"type\": \"A\", \"id\": \"a\"}, \"attrs\": " + json + ", \"parents\": []}]";
    boolean foo = json.contains("foo") || json.contains("a b");
    assertTrue(foo || EntitiesJson.parse(entity).problems().isEmpty());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{\"__entity\": 5}",
        "{\"__entity\": {\"type\": \"A\"}}",
        "{\"__extn\": {\"fn\": 5, \"arg\": 1}}",
        "{\"__entity\": {\"type\": \"A\", \"id\": \"a\"}, \"b\": 1}",
        "{\"__expr\": 5}",
      })
  void context_thatIsNearlyAnEscape_isARecord(String json) {
    assertEquals(List.of(), EntitiesJson.parseRecord(json).problems());
  }

  @Test
  void context_declaredLikeAnEscape_isARecord() {
    Schema schema =
        Schema.parse(
                "entity A; action a appliesTo {principal: A, resource: A,"
                    + " context: {__entity: {type: String, id: String}}};")
            .orElseThrow();
    String json = "{\"__entity\": {\"type\": \"A\", \"id\": \"a\"}}";
    assertEquals(
        List.of("__entity"),
        schema.parseContext(EntityUid.of("Action", "a"), json).orElseThrow().names());
  }

  @ParameterizedTest
  @CsvSource({"All, true", "all, true", "ALL, false", "any, false"})
  void head_allInSmallLetters_isTaken(String op, boolean taken) {
    String json =
        """
        {"effect": "permit", "principal": {"op": "%1$s"}, "action": {"op": "%1$s"},
         "resource": {"op": "%1$s"}, "conditions": []}
        """;
    assertEquals(taken, PolicySet.parseJson(json.formatted(op)).problems().isEmpty());
  }

  /** What is assigned to no script, or left to each to choose, belongs to none. */
  @ParameterizedTest
  @CsvSource({
    "\\u{10ffff}, true",
    "\\u{e000}, true",
    "\\u{378}, true",
    "\\u{fdd0}, true",
    "a\\u{f8ff}, true",
    "\\u{1f600}, false",
    "\\u{ad}, false",
    "\\u{feff}, false",
    "\\u{e01ef}, false",
  })
  void validate_characterOfNoScript_isWarnedOf(String text, boolean warned) {
    Schema schema =
        Schema.parse(
                "entity A; action a appliesTo {principal: A, resource: A, context: {s: String}};")
            .orElseThrow();
    List<ProblemCode> codes =
        PolicySet.parse(policy("context.s == \"" + text + "\""))
            .orElseThrow()
            .validate(schema)
            .stream()
            .map(Problem::code)
            .toList();
    assertEquals(warned ? List.of(ProblemCode.MIXED_SCRIPTS) : List.of(), codes);
  }

  /** Only JSON can say it, and it fails whenever it is evaluated: so must what we write of it. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "{\"isIpv4\": []}",
        "{\"lessThan\": []}",
        "{\"toDate\": []}",
        "{\"ip\": []}",
        "{\"ip\": [{\"Value\": \"1\"}, {\"Value\": \"2\"}]}",
        "{\"isInRange\": [{\"Value\": 1}]}",
        "{\"isIpv4\": [{\"Value\": 1}, {\"Value\": 2}]}",
      })
  void toText_callThatNoTextSays_failsAsTheJsonDoes(String body) {
    PolicySet set =
        PolicySet.parseJson(
                """
                {"effect": "forbid", "principal": {"op": "All"}, "action": {"op": "All"},
                 "resource": {"op": "All"}, "conditions": [{"kind": "unless", "body": %s}]}
                """
                    .formatted(body))
            .orElseThrow();
    PolicySet written = PolicySet.parse(set.toText()).orElseThrow();
    for (PolicySet each : List.of(set, written)) {
      Decision decision =
          PolicyEngine.plan(each, ErrorMode.CEDAR).authorize(REQUEST, Entities.NONE);
      assertEquals(1, decision.failures().size());
    }
  }
}

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
import dev.sallyport.policy.value.Value;
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

  private static String chain(String op, int terms) {
    return "1" + (" " + op + " 1").repeat(terms - 1);
  }

  /** The reference takes near four hundred before its stack ends. */
  @ParameterizedTest
  @CsvSource({"+, 400, 400", "-, 400, -398", "*, 400, 1", "+, 201, 201", "*, 399, 1"})
  void chain_hundredsOfTerms_isReadWrittenAndComputed(String op, int terms, long result) {
    PolicySet set = PolicySet.parse(policy(chain(op, terms) + " == " + result)).orElseThrow();
    assertTrue(permits(set));
    assertTrue(permits(PolicySet.parse(set.toText()).orElseThrow()));
    PolicySet fromJson = PolicySet.parseJson(set.toJson()).orElseThrow();
    assertTrue(permits(fromJson));
    assertEquals(set.toJson(), fromJson.toJson());
    Schema schema =
        Schema.parse("entity A; action a appliesTo {principal: A, resource: A};").orElseThrow();
    assertEquals(List.of(), set.validate(schema));
    PolicyEngine engine = PolicyEngine.plan(set, ErrorMode.CEDAR);
    assertFalse(engine.explain(REQUEST, Entities.NONE).toText().isEmpty());
  }

  @ParameterizedTest
  @ValueSource(strings = {"+", "-", "*"})
  void chain_ofMoreTerms_isRefusedInBothForms(String op) {
    String most = PolicySet.parse(policy(chain(op, 400) + " == 1")).orElseThrow().toJson();
    assertFalse(PolicySet.parse(policy(chain(op, 401) + " == 1")).problems().isEmpty());
    assertFalse(PolicySet.parse(policy(chain(op, 100_000) + " == 1")).problems().isEmpty());
    String one = "{\"Value\":1}";
    for (int more : new int[] {1, 400, 50_000}) {
      String longer =
          most.replace(
              "{\"left\":" + one + ",\"right\":" + one + "}",
              "{\"left\":"
                  + ("{\"" + op + "\":{\"left\":").repeat(more)
                  + one
                  + (",\"right\":" + one + "}}").repeat(more)
                  + ",\"right\":"
                  + one
                  + "}");
      assertTrue(longer.length() > most.length());
      assertFalse(PolicySet.parseJson(longer).problems().isEmpty());
    }
  }

  /** What needs parentheses nests. */
  @Test
  void chain_ofSumsInProducts_nests() {
    String deep = "(".repeat(150) + "1" + " + 1) * 1".repeat(150);
    PolicySet set = PolicySet.parse(policy(deep + " == 151")).orElseThrow();
    assertTrue(permits(PolicySet.parse(set.toText()).orElseThrow()));
    assertTrue(permits(PolicySet.parseJson(set.toJson()).orElseThrow()));
  }

  @Test
  void chain_longAndDeepAtOnce_fitsASmallStack() throws InterruptedException {
    String text =
        policy(
            "context.n == 0 || "
                + ("(" + "1 + ".repeat(3)).repeat(90)
                + chain("+", 200)
                + ")".repeat(90)
                + " > 0");
    boolean[] done = new boolean[1];
    Thread small =
        new Thread(
            null,
            () -> {
              PolicySet set = PolicySet.parse(text).orElseThrow();
              PolicySet again = PolicySet.parseJson(set.toJson()).orElseThrow();
              Request request =
                  new Request(UID, UID, UID, RecordValue.of("n", Value.of(Long.MAX_VALUE)));
              PolicyEngine engine =
                  PolicyEngine.plan(PolicySet.parse(again.toText()).orElseThrow(), ErrorMode.CEDAR);
              done[0] = engine.decide(request, Entities.NONE).permitted();
              done[0] &= engine.explain(request, Entities.NONE).toText().contains("policy0");
              set.validate(
                  Schema.parse("entity A; action a appliesTo {principal: A, resource: A};")
                      .orElseThrow());
            },
            "small",
            1024 * 1024);
    small.start();
    small.join();
    assertTrue(done[0]);
  }

  /** In the JSON form of a schema an array is an object of its members in order. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "[]                                                      | {}                           | true",
        "[['T']]                                                 | {}                           | true",
        "[['T'],{'type':'Record','attributes':{}},{'type':'Long'}] | {}                         | true",
        "[null]                                                  | {}                           | false",
        "[['T'],{'type':'Record','attributes':{}},{'type':'Long'},{}] | {}                      | false",
        "{'shape':[]}                                            | {}                           | false",
        "{}                                                      | []                           | true",
        "{}                                                      | [null]                       | true",
        "{}                                                      | [{}]                         | false",
        "{}                                                      | [null,[['T'],['T']]]         | true",
        "{}                                                      | {'appliesTo':[['T']]}        | false",
        "{}                                                      | [null,null,[['g']]]          | true",
        "{}                                                      | {'memberOf':[['g',null]]}    | true",
        "{}                                                      | {'memberOf':[[]]}            | false",
      })
  void parse_schemaJsonWithArraysForObjects_isTaken(String entity, String action, boolean taken) {
    String json =
        "{'': {'entityTypes': {'T': {}, 'E': %s}, 'actions': {'g': {}, 'x': %s}}}"
            .formatted(entity.strip(), action.strip())
            .replace('\'', '"');
    assertEquals(taken, Schema.parseJson(json).problems().isEmpty(), json);
  }
}

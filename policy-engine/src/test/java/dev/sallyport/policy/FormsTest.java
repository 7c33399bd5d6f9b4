package dev.sallyport.policy;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sallyport.policy.diagnostic.Problem;
import dev.sallyport.policy.entity.EntitiesJson;
import dev.sallyport.policy.entity.EntitySet;
import dev.sallyport.policy.syntax.PolicyText;
import dev.sallyport.policy.syntax.Printer;
import dev.sallyport.policy.value.EntityUid;
import dev.sallyport.policy.value.RecordValue;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The forms of policies: text, the one layout, JSON, templates and links. */
class FormsTest {
  private static final int ROUNDS = 1_000;

  private final long seed = Long.getLong("policy.seed", System.nanoTime());

  @Test
  void format_generatedPolicies_sayTheSameAndStay() {
    System.out.println("format seed " + seed);
    PolicyGenerator generator = new PolicyGenerator(new Random(seed), 100);
    for (int i = 0; i < ROUNDS; i++) {
      String text = generator.policies(3);
      String formatted = PolicySet.format(text).orElseThrow();
      assertEquals(formatted, PolicySet.format(formatted).orElseThrow());
      assertEquals(json(text), json(formatted), text);
    }
  }

  @Test
  void print_generatedPolicies_parseToTheSame() {
    PolicyGenerator generator = new PolicyGenerator(new Random(seed), 100);
    for (int i = 0; i < ROUNDS; i++) {
      String text = generator.policies(3);
      PolicySet policies = PolicySet.parse(text, PolicyIds.BY_PLACE).orElseThrow();
      StringBuilder printed = new StringBuilder();
      for (PolicyText policy : policies.texts()) {
        printed.append(Printer.print(policy));
      }
      assertEquals(policies.toJson(), json(printed.toString()), () -> seed + "\n" + text);
    }
  }

  @Test
  void json_generatedPolicies_comeBack() {
    PolicyGenerator generator = new PolicyGenerator(new Random(seed), 100);
    for (int i = 0; i < ROUNDS; i++) {
      String json = json(generator.policies(3));
      assertEquals(json, PolicySet.parseJson(json).orElseThrow().toJson());
    }
  }

  private static String json(String text) {
    return PolicySet.parse(text, PolicyIds.BY_PLACE).orElseThrow().toJson();
  }

  @Test
  void format_defaults_stayAsTheyAre() throws IOException {
    String text =
        Files.readString(Path.of("../auth-server/src/main/resources/policy/default.cedar"));
    assertEquals(text, PolicySet.format(text).orElseThrow());
  }

  @Test
  void format_comments_keepTheirPlaces() {
    String text =
        """
        // before
        permit(principal,action, // who
        resource) when {  true
          // why
          && false}; // behind
        // last
        """;
    assertEquals(
        """
        // before
        permit (
          principal,
          action,
          // who
          resource
        )
        when {
          true &&
          // why
          false
        }; // behind

        // last
        """,
        PolicySet.format(text).orElseThrow());
  }

  @Test
  void format_long_breaksAtOperators() {
    String text =
        "permit(principal,action in [Action::\"a\"],resource) when { ["
            + "\"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\", \"bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb\"].contains("
            + "principal.name) && -1 < - principal.age && !(context has \"a b\") };";
    assertEquals(
        """
        permit (principal, action in [Action::"a"], resource)
        when {
          ["aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"].contains(
            principal.name
          ) &&
          -1 < -principal.age &&
          !(context has "a b")
        };
        """,
        PolicySet.format(text).orElseThrow());
  }

  @Test
  void link_slotsFilled_appliesAsWritten() {
    PolicySet templates =
        PolicySet.parse(
                """
                @id("t") permit (
                  principal in ?principal, action == Action::"read", resource == ?resource)
                when { context.mfa };
                """)
            .orElseThrow();
    Schema schema = Schema.parse(PolicyGenerator.SCHEMA).orElseThrow();
    assertEquals(List.of(), templates.validate(schema));
    EntityUid group = EntityUid.of("Group", "g");
    EntityUid doc = EntityUid.of("Doc", "d");
    PolicySet linked =
        templates.link("t", "l", Map.of("?principal", group, "?resource", doc)).orElseThrow();
    assertEquals(List.of(), linked.validate(schema));
    assertEquals(linked.toJson(), PolicySet.parseJson(linked.toJson()).orElseThrow().toJson());
    EntitySet entities =
        EntitySet.of(
                List.of(
                    new dev.sallyport.policy.entity.Entity(
                        EntityUid.of("User", "u"),
                        dev.sallyport.policy.value.RecordValue.EMPTY,
                        List.of(group))))
            .orElseThrow();
    PolicyEngine engine = PolicyEngine.plan(linked, schema, ErrorMode.FAIL_CLOSED);
    Decision decision =
        engine.authorize(
            new Request(
                EntityUid.of("User", "u"),
                EntityUid.of("Action", "read"),
                doc,
                dev.sallyport.policy.value.RecordValue.of(
                    "mfa", dev.sallyport.policy.value.Value.of(true))),
            entities);
    assertEquals("l", decision.determining().getFirst().policyId());
  }

  @Test
  void link_wrongSlotsOrIds_refused() {
    PolicySet set =
        PolicySet.parse("@id(\"t\") permit (principal == ?principal, action, resource);")
            .orElseThrow();
    EntityUid user = EntityUid.of("User", "u");
    assertFalse(set.link("t", "l", Map.of()).problems().isEmpty());
    assertFalse(set.link("t", "l", Map.of("?resource", user)).problems().isEmpty());
    assertFalse(set.link("t", "t", Map.of("?principal", user)).problems().isEmpty());
    assertFalse(set.link("x", "l", Map.of("?principal", user)).problems().isEmpty());
    PolicySet wrongType =
        set.link("t", "l", Map.of("?principal", EntityUid.of("Nope", "u"))).orElseThrow();
    Schema schema = Schema.parse(PolicyGenerator.SCHEMA).orElseThrow();
    assertTrue(wrongType.validate(schema).stream().anyMatch(Problem::isError));
  }

  @Test
  void linking_many_isAsLinkingOneByOne() {
    PolicySet templates =
        PolicySet.parse("@id(\"t\") permit (principal == ?principal, action, resource);")
            .orElseThrow();
    PolicySet.Linking linking = templates.linking();
    PolicySet oneByOne = templates;
    for (int i = 0; i < 20; i++) {
      Map<String, EntityUid> slots = Map.of("?principal", EntityUid.of("User", "" + i));
      assertEquals(List.of(), linking.link("t", "l" + i, slots));
      oneByOne = oneByOne.link("t", "l" + i, slots).orElseThrow();
    }
    Map<String, EntityUid> slots = Map.of("?principal", EntityUid.of("User", "u"));
    assertFalse(linking.link("t", "l3", slots).isEmpty());
    assertFalse(linking.link("l3", "m", slots).isEmpty());
    assertFalse(linking.link("t", "m", Map.of()).isEmpty());
    assertEquals(oneByOne.toJson(), linking.set().toJson());
    assertEquals(1, templates.policies().size());
  }

  @Test
  void write_decimals_doNotFollowTheLocale() {
    Locale before = Locale.getDefault();
    try {
      Locale.setDefault(Locale.forLanguageTag("ar-EG-u-nu-arab"));
      RecordValue record =
          EntitiesJson.parseRecord(
                  "{\"x\": {\"__extn\": {\"fn\": \"decimal\", \"arg\": \"-1.0500\"}}}")
              .orElseThrow();
      assertEquals(
          "{\"x\":{\"__extn\":{\"fn\":\"decimal\",\"arg\":\"-1.05\"}}}",
          EntitiesJson.writeRecord(record).orElseThrow());
    } finally {
      Locale.setDefault(before);
    }
  }

  @Test
  void parse_parenthesesInTheHead_areTakenAndMeanNothing() {
    Map.of(
            "permit (principal == ((A::\"a\")), action, resource in (?resource));",
            "permit (principal == A::\"a\", action, resource in ?resource);",
            "permit (principal is A in (B::\"b\"), action == (Action::\"a\"), resource);",
            "permit (principal is A in B::\"b\", action == Action::\"a\", resource);",
            "permit (principal, action in ([(Action::\"a\"), Action::\"b\"]), resource);",
            "permit (principal, action in [Action::\"a\", Action::\"b\"], resource);",
            "permit (principal, action in (Action::\"a\"), resource);",
            "permit (principal, action in Action::\"a\", resource);")
        .forEach(
            (text, bare) -> {
              String json = PolicySet.parse(bare).orElseThrow().toJson();
              assertEquals(json, PolicySet.parse(text).orElseThrow().toJson());
              String formatted = PolicySet.format(text).orElseThrow();
              assertEquals(formatted, PolicySet.format(formatted).orElseThrow());
              assertEquals(json, PolicySet.parse(formatted).orElseThrow().toJson());
            });
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "permit (principal == (A::\"a\", action, resource);",
        "permit (principal == A::\"a\"), action, resource);",
        "permit (principal, action in [([Action::\"a\"])], resource);",
        "permit (principal is (A), action, resource);",
      })
  void parse_parenthesesInTheHead_mustFit(String text) {
    assertFalse(PolicySet.parse(text).problems().isEmpty());
  }

  @Test
  void parse_schemaJson_refusesNullTags() {
    assertFalse(
        Schema.parseJson("{\"\": {\"entityTypes\": {\"U\": {\"tags\": null}}, \"actions\": {}}}")
            .problems()
            .isEmpty());
  }

  @Test
  void parse_escapeWithSomethingBesideIt_isARecord() {
    RecordValue record =
        EntitiesJson.parseRecord(
                "{\"a\": {\"__extn\": {\"fn\": \"ip\", \"arg\": \"x\"}, \"b\": 1},"
                    + " \"c\": {\"__entity\": {\"type\": \"A\", \"id\": \"a\"}, \"d\": 1}}")
            .orElseThrow();
    assertEquals(
        List.of("__extn", "b"), ((RecordValue) Objects.requireNonNull(record.get("a"))).names());
    assertEquals(
        List.of("__entity", "d"), ((RecordValue) Objects.requireNonNull(record.get("c"))).names());
  }

  static List<String> extremes() {
    return List.of(
        "context.n != 0 && ".repeat(199) + "true",
        "context.n != 0 && ".repeat(247) + "true",
        "context.n != 0 || ".repeat(99_999) + "true",
        "context.n != 0 && ".repeat(40_000) + "(" + "false || ".repeat(40_000) + "true)",
        "(".repeat(199) + "1 == 1" + ")".repeat(199),
        "(true && ".repeat(199) + "true" + ")".repeat(199),
        "!(".repeat(199) + "true" + ")".repeat(199),
        "-(".repeat(198) + "context.n" + ")".repeat(198) + " < 1",
        "context.n" + " + 1".repeat(197) + " < 1",
        "context" + ".a".repeat(199),
        "context has a" + ".a".repeat(190),
        "[".repeat(198) + "1" + "]".repeat(198) + " == []",
        "if true then true else ".repeat(199) + "true");
  }

  /** What is within the bounds as text is within them as JSON, and the other way around. */
  @ParameterizedTest
  @MethodSource("extremes")
  void json_deepestAndLongest_comesBack(String body) throws InterruptedException {
    String policy = "permit (principal, action, resource) when { " + body + " };";
    List<Object> failures = new ArrayList<>();
    Thread thread =
        new Thread(
            null,
            () -> {
              String json = PolicySet.parse(policy).orElseThrow().toJson();
              PolicySet back = PolicySet.parseJson(json).orElseThrow();
              assertEquals(json, back.toJson());
              assertEquals(json, PolicySet.parse(back.toText()).orElseThrow().toJson());
            },
            "of usual size",
            1024 * 1024);
    thread.setUncaughtExceptionHandler((_, failure) -> failures.add(failure));
    thread.start();
    thread.join();
    assertEquals(List.of(), failures, () -> body.substring(0, Math.min(60, body.length())));
  }

  @Test
  void parse_moreTermsThanThereMayBe_refusedInBothForms() {
    String terms = "true && ".repeat(100_000) + "true";
    List<Problem> problems =
        PolicySet.parse("permit (principal, action, resource) when { " + terms + " };").problems();
    assertEquals(
        List.of("this has more than 100000 terms of `&&` and `||`"),
        problems.stream().map(Problem::message).toList());
    String json =
        "{\"effect\":\"permit\",\"principal\":{\"op\":\"All\"},\"action\":{\"op\":\"All\"},"
            + "\"resource\":{\"op\":\"All\"},\"conditions\":[{\"kind\":\"when\",\"body\":"
            + "{\"&&\":{\"left\":".repeat(100_000)
            + "{\"Value\":true}"
            + ",\"right\":{\"Value\":true}}}".repeat(100_000)
            + "}]}";
    assertEquals("too_large", PolicySet.parseJson(json).problems().getFirst().code().text());
  }
}

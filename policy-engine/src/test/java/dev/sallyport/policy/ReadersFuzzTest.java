package dev.sallyport.policy;

import static org.junit.jupiter.api.Assertions.assertEquals;

import com.code_intelligence.jazzer.junit.FuzzTest;
import dev.sallyport.policy.diagnostic.ParseResult.Parsed;
import dev.sallyport.policy.entity.EntitiesJson;
import dev.sallyport.policy.entity.EntitySet;
import dev.sallyport.policy.value.RecordValue;
import java.nio.charset.StandardCharsets;
import java.util.stream.Stream;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Every reader, for Jazzer: whatever bytes come in, it answers, and what it accepts comes back from
 * its other forms the same. An ordinary build runs the seeds only; {@code ops/fuzz} searches on.
 */
class ReadersFuzzTest {
  private static final Schema SCHEMA = Schema.parse(PolicyGenerator.SCHEMA).orElseThrow();

  private static final String POLICY =
      """
      @id("a") permit (principal is User in ?principal, action in [Action::"read"], resource)
      when { if principal has a.b then ip("10.0.0.0/8").isInRange(context.ip) else -1 + 2 < 3 }
      unless { "x" like "a*\\*\\u{e9}" || [1, {"a b": decimal("1.0")}].contains(resource["x"]) };
      """;

  static Stream<Arguments> policySeeds() {
    return seeds(POLICY, "permit (principal, action, resource) when { " + "(".repeat(300), "\"\\");
  }

  @MethodSource("policySeeds")
  @FuzzTest
  void policies(byte[] input) {
    String text = text(input);
    if (PolicySet.parse(text, PolicyIds.BY_PLACE) instanceof Parsed<PolicySet>(PolicySet set)) {
      String json = set.toJson();
      assertEquals(json, PolicySet.parseJson(json).orElseThrow().toJson());
      String formatted = PolicySet.format(text).orElseThrow();
      assertEquals(formatted, PolicySet.format(formatted).orElseThrow());
      assertEquals(json, PolicySet.parse(formatted, PolicyIds.BY_PLACE).orElseThrow().toJson());
      set.validate(SCHEMA);
    }
  }

  static Stream<Arguments> policyJsonSeeds() {
    return seeds(
        PolicySet.parse(POLICY).orElseThrow().toJson(),
        "{\"staticPolicies\":{\"a\":{\"effect\":\"permit\",\"principal\":{\"op\":\"All\"}}}}",
        "{\"a\":".repeat(1200));
  }

  @MethodSource("policyJsonSeeds")
  @FuzzTest
  void policyJson(byte[] input) {
    if (PolicySet.parseJson(text(input)) instanceof Parsed<PolicySet>(PolicySet set)) {
      String json = set.toJson();
      assertEquals(json, PolicySet.parseJson(json).orElseThrow().toJson());
      set.validate(SCHEMA);
    }
  }

  static Stream<Arguments> schemaSeeds() {
    return seeds(
        PolicyGenerator.SCHEMA,
        "@a(\"b\") namespace N { type T = {x?: Set<ipaddr>}; entity A enum [\"a\"]; }",
        "type T = " + "Set<".repeat(200));
  }

  @MethodSource("schemaSeeds")
  @FuzzTest
  void schema(byte[] input) {
    if (Schema.parse(text(input)) instanceof Parsed<Schema>(Schema schema)) {
      String json = schema.toJson();
      assertEquals(json, Schema.parseJson(json).orElseThrow().toJson());
      assertEquals(json, Schema.parse(schema.toText().orElseThrow()).orElseThrow().toJson());
    }
  }

  static Stream<Arguments> schemaJsonSeeds() {
    return seeds(
        SCHEMA.toJson(), "{\"\":{\"entityTypes\":{\"A\":{\"shape\":{\"type\":\"T\"}}}}}", "[]");
  }

  @MethodSource("schemaJsonSeeds")
  @FuzzTest
  void schemaJson(byte[] input) {
    if (Schema.parseJson(text(input)) instanceof Parsed<Schema>(Schema schema)) {
      String json = schema.toJson();
      assertEquals(json, Schema.parseJson(json).orElseThrow().toJson());
      schema.toText();
    }
  }

  static Stream<Arguments> entitySeeds() {
    return seeds(
        "[{\"uid\":{\"type\":\"User\",\"id\":\"a\"},\"attrs\":{\"x\":[1,{\"__extn\":{\"fn\":\"ip\","
            + "\"arg\":\"::1\"}}]},\"parents\":[{\"__entity\":{\"type\":\"Group\",\"id\":\"g\"}}],"
            + "\"tags\":{\"a\":{\"__extn\":{\"fn\":\"datetime\",\"arg\":\"2024-02-29\"}}}}]",
        "[{\"uid\":{\"type\":\"User\",\"id\":\"a\"},\"attrs\":{\"__expr\":null},\"parents\":[]}]",
        "[".repeat(1200));
  }

  @MethodSource("entitySeeds")
  @FuzzTest
  void entities(byte[] input) {
    String text = text(input);
    SCHEMA.parseEntities(text);
    if (EntitiesJson.parse(text) instanceof Parsed<EntitySet>(EntitySet set)
        && EntitiesJson.write(set.entities()) instanceof Parsed<String>(String written)) {
      EntitySet again = EntitiesJson.parse(written).orElseThrow();
      assertEquals(written, EntitiesJson.write(again.entities()).orElseThrow());
    }
    if (EntitiesJson.parseRecord(text) instanceof Parsed<RecordValue>(RecordValue record)
        && EntitiesJson.writeRecord(record) instanceof Parsed<String>(String written)) {
      assertEquals(record, EntitiesJson.parseRecord(written).orElseThrow());
    }
  }

  private static Stream<Arguments> seeds(String... texts) {
    return Stream.of(texts).map(text -> Arguments.of(text.getBytes(StandardCharsets.UTF_8)));
  }

  private static String text(byte[] input) {
    return new String(input, StandardCharsets.UTF_8);
  }
}

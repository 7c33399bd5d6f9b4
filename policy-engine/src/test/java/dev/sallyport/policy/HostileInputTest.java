package dev.sallyport.policy;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sallyport.policy.diagnostic.ParseResult;
import dev.sallyport.policy.entity.EntitiesJson;
import dev.sallyport.policy.value.EntityUid;
import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.function.Function;
import java.util.function.IntFunction;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/**
 * Whatever text comes in, the readers answer: no exception, no endless work, no exhausted stack.
 */
class HostileInputTest {
  private static final int ROUNDS = 20_000;

  private static final String HEAD = "permit (principal, action, resource) when { ";

  private static final String SCRAP =
      "(){}[]<>\"\\;:,.@?!-+*&|=/ \n\r\t\0aZ_09é\ud83d\ude00\ud800'`%#~^$u{}";

  private final long seed = Long.getLong("policy.seed", System.nanoTime());

  @Test
  void read_mutatedTexts_neverThrow() {
    System.out.println("mutation seed " + seed);
    Random random = new Random(seed);
    PolicyGenerator generator = new PolicyGenerator(random, 100);
    for (int i = 0; i < ROUNDS; i++) {
      String policies = generator.policies(2);
      String mutated = mutated(policies, random);
      ParseResult<PolicySet> parsed = PolicySet.parse(mutated, PolicyIds.BY_PLACE);
      if (parsed instanceof ParseResult.Parsed<PolicySet>(PolicySet set)) {
        PolicySet.format(mutated).orElseThrow();
        PolicySet.parseJson(set.toJson()).orElseThrow();
      }
      if (i % 10 == 0) {
        Schema.parse(mutated(PolicyGenerator.SCHEMA, random));
        PolicySet.parseJson(
            mutated(PolicySet.parse(policies, PolicyIds.BY_PLACE).orElseThrow().toJson(), random));
        String entities =
            "[{\"uid\":{\"type\":\"User\",\"id\":\"a\"},\"attrs\":{\"x\":[1,{\"__extn\":"
                + "{\"fn\":\"ip\",\"arg\":\"::1\"}}]},\"parents\":[]}]";
        EntitiesJson.parse(mutated(entities, random));
      }
    }
  }

  private static String mutated(String text, Random random) {
    StringBuilder out = new StringBuilder(text);
    int changes = 1 + random.nextInt(4);
    for (int i = 0; i < changes && !out.isEmpty(); i++) {
      int at = random.nextInt(out.length());
      switch (random.nextInt(4)) {
        case 0 -> out.deleteCharAt(at);
        case 1 -> out.insert(at, SCRAP.charAt(random.nextInt(SCRAP.length())));
        case 2 -> out.setCharAt(at, SCRAP.charAt(random.nextInt(SCRAP.length())));
        default -> {
          int end = Math.min(out.length(), at + random.nextInt(20));
          out.insert(random.nextInt(out.length()), out.substring(at, end));
        }
      }
    }
    return out.toString();
  }

  @Test
  void read_deepNesting_refusedNotOverflown() {
    int deep = 200_000;
    List<String> bodies = new ArrayList<>();
    for (String open :
        List.of("(", "[", "{a: ", "!", "-", "if ", "!(", "[[", "ip(", "a.b(", "1+(")) {
      bodies.add(HEAD + open.repeat(deep));
      bodies.add(HEAD + open.repeat(deep) + "1" + ")".repeat(deep) + " };");
    }
    for (String chain : List.of(".a", " + 1", " * 1", "[\"a\"]", ".contains(1)", " has a")) {
      bodies.add(HEAD + "principal" + chain.repeat(deep) + " };");
    }
    bodies.add(HEAD + "principal has a" + ".a".repeat(deep) + " };");
    bodies.add(HEAD + "(".repeat(150) + "1" + (")" + " + 1".repeat(150)).repeat(150) + " };");
    bodies.add("@a ".repeat(deep));
    assertRefused(bodies, text -> PolicySet.parse(text, PolicyIds.BY_PLACE));
    assertRefused(
        List.of(
            "entity A { a: " + "Set<".repeat(deep),
            "entity A { a: " + "{a: ".repeat(deep),
            "namespace " + "A::".repeat(deep)),
        Schema::parse);
    assertRefused(
        List.of(
            "[".repeat(deep), "{\"a\":".repeat(deep), "[{\"uid\":" + "{\"__entity\":".repeat(deep)),
        EntitiesJson::parse);
    assertRefused(
        List.of(
            "{\"effect\":\"permit\",\"principal\":{\"op\":\"All\"},\"action\":{\"op\":\"All\"},"
                + "\"resource\":{\"op\":\"All\"},\"conditions\":[{\"kind\":\"when\",\"body\":"
                + "{\"!\":{\"arg\":".repeat(250)
                + "{\"Value\":true}"
                + "}}".repeat(250)
                + "}]}"),
        PolicySet::parseJson);
  }

  private static <T> void assertRefused(List<String> texts, Function<String, ParseResult<T>> read) {
    for (String text : texts) {
      assertFalse(
          read.apply(text).problems().isEmpty(),
          () -> text.substring(0, Math.min(80, text.length())));
    }
  }

  @Test
  void read_wideTexts_accepted() {
    String terms = "principal.a == \"x\" && ".repeat(50_000);
    assertTrue(PolicySet.parse(HEAD + terms + "true };").problems().isEmpty());
    String strings = "\"" + "a".repeat(1_000_000) + "\" == \"\\u{61}\"";
    assertTrue(PolicySet.parse(HEAD + strings + " };").problems().isEmpty());
  }

  /** Work is counted as bytes allocated, which a machine under load allocates no more of. */
  @Test
  void read_fourTimesTheText_costsFourTimesTheWork() {
    String policy = "permit (principal, action, resource);\n";
    growsLinearly(n -> policy.repeat(n), PolicySet::parse);
    growsLinearly(n -> "permit ".repeat(n), PolicySet::parse);
    growsLinearly(n -> "; ".repeat(n), PolicySet::parse);
    growsLinearly(n -> HEAD + "principal.a == \"x\" && ".repeat(n) + "true };", PolicySet::parse);
    growsLinearly(n -> HEAD + "\"" + "a\\n".repeat(n) + "\" == 1 };", PolicySet::parse);
    growsLinearly(n -> "// a\n".repeat(n) + policy, PolicySet::format);
    growsLinearly(n -> "entity A; ".repeat(n), Schema::parse);
    growsLinearly(n -> "entity ; ".repeat(n), Schema::parse);
    growsLinearly(n -> "namespace N { entity A } ".repeat(n), Schema::parse);
    // Chains, whose closures over all steps would be of the square.
    growsLinearly(n -> chain(n, "entity T%d in T%d;", "", "entity T%d;"), Schema::parse);
    growsLinearly(n -> chain(n, "action a%d in a%d;", "", "action a%d;"), Schema::parse);
    String entity = "{\"uid\":{\"type\":\"A\",\"id\":\"%d\"},\"attrs\":{},\"parents\":[";
    growsLinearly(
        n -> chain(n, entity + "{\"type\":\"A\",\"id\":\"%d\"}]},", "[", entity + "]}]"),
        EntitiesJson::parse);
    growsLinearly(n -> "type T = {" + "a: Long, ".repeat(n) + "};", Schema::parse);
    growsLinearly(
        n -> numbered(n, "\"E%d\": {\"x\": 1}", "{\"\":{\"entityTypes\":{", "}}}"),
        Schema::parseJson);
    // A long name above many values: the way to each must not be written out.
    growsLinearly(
        n -> numbered(n, "1", "{\"" + "n".repeat(n) + "\":[", "]}"), EntitiesJson::parseRecord);
    growsLinearly(
        n ->
            numbered(
                n,
                "{\"uid\":{\"type\":\"A\",\"id\":\"%d\"},\"attrs\":{\"a\":[1]},\"parents\":[]}",
                "[",
                "]"),
        EntitiesJson::parse);
    growsLinearly(
        n ->
            numbered(
                n,
                "{\"templateId\":\"t\",\"newId\":\"l%d\",\"values\":{\"?principal\":{\"type\":\"A\",\"id\":\"a\"}}}",
                "{\"templates\":{\"t\":{\"effect\":\"permit\",\"principal\":{\"op\":\"==\",\"slot\":\"?principal\"},"
                    + "\"action\":{\"op\":\"All\"},\"resource\":{\"op\":\"All\"},\"conditions\":[]}},\"templateLinks\":[",
                "]}"),
        PolicySet::parseJson);
  }

  @Test
  void link_fourTimesAsMany_costsFourTimesTheWork() {
    PolicySet templates =
        PolicySet.parse("permit (principal == ?principal, action, resource);").orElseThrow();
    growsLinearly(
        String::valueOf,
        count -> {
          PolicySet.Linking linking = templates.linking();
          for (int i = 0; i < Integer.parseInt(count); i++) {
            EntityUid user = EntityUid.of("User", "u" + i);
            linking.link("policy0", "l" + i, Map.of("?principal", user));
          }
          return new ParseResult.Parsed<>(linking.set());
        });
  }

  /** Each with its own number and that of the next. */
  private static String chain(int count, String each, String before, String last) {
    return IntStream.range(0, count)
        .mapToObj(i -> each.formatted(i, i + 1))
        .collect(Collectors.joining("", before, last.formatted(count)));
  }

  /** Strings of one hash, which without an order among them would all be compared with all. */
  @Test
  void read_stringsOfOneHash_takesNoHours() {
    List<String> strings = List.of("");
    for (int i = 0; i < 15; i++) {
      strings = strings.stream().flatMap(s -> Stream.of(s + "Aa", s + "BB")).toList();
    }
    String set = strings.stream().collect(Collectors.joining("\",\"", "{\"set\":[\"", "\"]}"));
    assertTrue(EntitiesJson.parseRecord(set).problems().isEmpty());
    String entities =
        strings.stream()
            .map("{\"uid\":{\"type\":\"A\",\"id\":\"%s\"},\"attrs\":{},\"parents\":[]}"::formatted)
            .collect(Collectors.joining(",", "[", "]"));
    assertTrue(EntitiesJson.parse(entities).problems().isEmpty());
    PolicySet policies =
        PolicySet.parse(
                strings.stream()
                    .map(
                        "permit (principal, action, resource) when { context.s == \"%s\" };"
                            ::formatted)
                    .collect(Collectors.joining("\n")),
                PolicyIds.BY_PLACE)
            .orElseThrow();
    assertNotNull(PolicyEngine.plan(policies, ErrorMode.CEDAR));
  }

  private static String numbered(int count, String each, String before, String after) {
    return IntStream.range(0, count)
        .mapToObj(each::formatted)
        .collect(Collectors.joining(",", before, after));
  }

  private static <T> void growsLinearly(
      IntFunction<String> texts, Function<String, ParseResult<T>> read) {
    String small = texts.apply(4_000);
    String large = texts.apply(16_000);
    var _ = read.apply(small);
    long less = allocatedBy(() -> read.apply(small).problems());
    long more = allocatedBy(() -> read.apply(large).problems());
    assertTrue(
        more <= 6 * less + 4_000_000,
        () -> less + ", then " + more + ": " + small.substring(0, Math.min(60, small.length())));
  }

  private static long allocatedBy(Supplier<?> work) {
    var thread = (com.sun.management.ThreadMXBean) ManagementFactory.getThreadMXBean();
    long before = thread.getCurrentThreadAllocatedBytes();
    var _ = work.get();
    return thread.getCurrentThreadAllocatedBytes() - before;
  }

  @Test
  void evaluate_deepestAllowed_needsNoMoreStackThanThereIs() throws InterruptedException {
    String text =
        HEAD
            + "1 + (".repeat(190)
            + "context.n"
            + ")".repeat(190)
            + " > 0 && context.s like \""
            + "*a".repeat(2000)
            + "\" };";
    PolicySet policies = PolicySet.parse(text).orElseThrow();
    boolean[] done = new boolean[1];
    Thread small =
        new Thread(
            null,
            () -> {
              PolicyEngine engine = PolicyEngine.plan(policies, ErrorMode.CEDAR);
              var context =
                  dev.sallyport.policy.value.RecordValue.of(
                      "n", dev.sallyport.policy.value.Value.of(Long.MAX_VALUE),
                      "s", dev.sallyport.policy.value.Value.of("a".repeat(100_000)));
              var uid = dev.sallyport.policy.value.EntityUid.of("A", "a");
              Request request = new Request(uid, uid, uid, context);
              engine.authorize(request, dev.sallyport.policy.entity.Entities.NONE);
              done[0] =
                  !engine.decide(request, dev.sallyport.policy.entity.Entities.NONE).permitted();
            },
            "small",
            512 * 1024);
    small.start();
    small.join();
    assertTrue(done[0]);
  }

  @Test
  void schema_typesThatDouble_refused() {
    StringBuilder text = new StringBuilder("type T0 = Long;\n");
    for (int i = 1; i < 60; i++) {
      text.append("type T%d = {a: T%d, b: T%d};\n".formatted(i, i - 1, i - 1));
    }
    assertRefused(List.of(text + "entity A { a: T59 };"), Schema::parse);
  }
}

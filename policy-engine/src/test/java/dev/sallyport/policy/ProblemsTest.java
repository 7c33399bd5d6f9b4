package dev.sallyport.policy;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sallyport.policy.diagnostic.Problem;
import dev.sallyport.policy.diagnostic.ProblemCode;
import dev.sallyport.policy.entity.Entities;
import dev.sallyport.policy.entity.EntitiesJson;
import dev.sallyport.policy.entity.Entity;
import dev.sallyport.policy.entity.EntitySet;
import dev.sallyport.policy.value.EntityUid;
import dev.sallyport.policy.value.RecordValue;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * What each problem says: a file for each code, with inputs, and below each what is reported.
 * {@code «300 (»} in an input stands for 300 parentheses. {@code -Dpolicy.golden=write} writes the
 * files anew; look at the difference before you keep it.
 */
class ProblemsTest {
  private static final Path FOLDER = Path.of("src/test/resources/dev/sallyport/policy/problems");
  private static final String REPORTED = "    ";
  private static final Pattern REPEATED = Pattern.compile("«(\\d+) ([^»]*)»");

  private static final EntityUid USER = EntityUid.of("User", "u");
  private static final EntityUid READ = EntityUid.of("Action", "read");
  private static final EntityUid DOC = EntityUid.of("Doc", "d");

  private final Schema schema = Schema.parse(PolicyGenerator.SCHEMA).orElseThrow();

  @ParameterizedTest
  @EnumSource
  void report_everyCode_saysWhatItShould(ProblemCode code) throws IOException {
    Path file = FOLDER.resolve(code.text() + ".txt");
    List<String> golden = Files.readAllLines(file);
    StringBuilder found = new StringBuilder();
    for (String line : golden) {
      if (!line.startsWith(REPORTED)) {
        found.append(line).append('\n');
        List<Problem> problems = report(line);
        assertTrue(problems.stream().anyMatch(p -> p.code() == code), () -> line + problems);
        problems.forEach(p -> found.append(REPORTED).append(p).append('\n'));
      }
    }
    if ("write".equals(System.getProperty("policy.golden"))) {
      Files.writeString(file, found);
      return;
    }
    assertEquals(String.join("\n", golden) + "\n", found.toString());
  }

  @Test
  void report_files_areThoseOfTheCodes() throws IOException {
    try (Stream<Path> files = Files.list(FOLDER)) {
      assertEquals(
          Stream.of(ProblemCode.values()).map(code -> code.text() + ".txt").sorted().toList(),
          files.map(file -> file.getFileName().toString()).sorted().toList());
    }
  }

  private List<Problem> report(String line) {
    int colon = line.indexOf(": ");
    String input = REPEATED.matcher(line.substring(colon + 2)).replaceAll(ProblemsTest::repeated);
    return switch (line.substring(0, colon)) {
      case "policy" -> PolicySet.parse(input).problems();
      case "policyjson" -> PolicySet.parseJson(input).problems();
      case "schema" -> Schema.parse(input).problems();
      case "schemajson" -> Schema.parseJson(input).problems();
      case "entities" -> EntitiesJson.parse(input).problems();
      case "data" -> schema.parseEntities(input).problems();
      case "context" -> schema.parseContext(READ, input).problems();
      case "check" -> PolicySet.parse(input).orElseThrow().validate(schema);
      case "eval" ->
          failures(
              input,
              EntitySet.of(List.of(new Entity(DOC, RecordValue.EMPTY, List.of()))).orElseThrow());
      case "changing" -> failures(input, appearing());
      default -> throw new IllegalArgumentException(line);
    };
  }

  private static String repeated(MatchResult match) {
    return java.util.regex.Matcher.quoteReplacement(
        match.group(2).repeat(Integer.parseInt(match.group(1))));
  }

  private static List<Problem> failures(String condition, Entities entities) {
    return PolicyEngine.plan(
            PolicySet.parse("permit (principal, action, resource) when { " + condition + " };")
                .orElseThrow(),
            ErrorMode.CEDAR)
        .authorize(new Request(USER, READ, DOC, RecordValue.EMPTY), entities)
        .failures()
        .stream()
        .map(Decision.Failure::problem)
        .toList();
  }

  /**
   * Entities that break their promise: what is not there at the first look is there at the next.
   */
  private static Entities appearing() {
    Entities later =
        EntitySet.of(
                List.of(
                    new Entity(
                        USER,
                        RecordValue.of("name", dev.sallyport.policy.value.Value.of("x")),
                        List.of())))
            .orElseThrow();
    AtomicInteger looks = new AtomicInteger();
    return uid -> looks.getAndIncrement() == 0 ? null : later.find(uid);
  }
}

package dev.sallyport.policy;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.sallyport.policy.diagnostic.Problem;
import dev.sallyport.policy.entity.Entities;
import dev.sallyport.policy.entity.EntitiesJson;
import dev.sallyport.policy.value.EntityUid;
import dev.sallyport.policy.value.RecordValue;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;

/**
 * What each problem says, in one file: an input, and below it what is reported. {@code
 * -Dpolicy.golden=write} writes the file anew; look at the difference before you keep it.
 */
class ProblemsTest {
  private static final Path GOLDEN =
      Path.of("src/test/resources/dev/sallyport/policy/problems.txt");
  private static final String REPORTED = "    ";

  private final Schema schema = Schema.parse(PolicyGenerator.SCHEMA).orElseThrow();

  @Test
  void report_everyInput_saysWhatItShould() throws IOException {
    List<String> golden = Files.readAllLines(GOLDEN);
    StringBuilder found = new StringBuilder();
    for (String line : golden) {
      if (line.isEmpty() || line.startsWith("#")) {
        found.append(line).append('\n');
      } else if (!line.startsWith(REPORTED)) {
        found.append(line).append('\n');
        report(line).forEach(p -> found.append(REPORTED).append(p).append('\n'));
      }
    }
    if ("write".equals(System.getProperty("policy.golden"))) {
      Files.writeString(GOLDEN, found);
    }
    assertEquals(String.join("\n", golden) + "\n", found.toString());
  }

  private List<Problem> report(String line) {
    int colon = line.indexOf(": ");
    String input = line.substring(colon + 2);
    return switch (line.substring(0, colon)) {
      case "policy" -> PolicySet.parse(input).problems();
      case "schema" -> Schema.parse(input).problems();
      case "entities" -> EntitiesJson.parse(input).problems();
      case "check" -> PolicySet.parse(input).orElseThrow().validate(schema);
      case "eval" ->
          PolicyEngine.plan(
                  PolicySet.parse("permit (principal, action, resource) when { " + input + " };")
                      .orElseThrow(),
                  ErrorMode.CEDAR)
              .authorize(
                  new Request(
                      EntityUid.of("User", "u"),
                      EntityUid.of("Action", "read"),
                      EntityUid.of("Doc", "d"),
                      RecordValue.EMPTY),
                  Entities.NONE)
              .failures()
              .stream()
              .map(Decision.Failure::problem)
              .toList();
      default -> throw new IllegalArgumentException(line);
    };
  }
}

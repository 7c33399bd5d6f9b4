package dev.sallyport.policy;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sallyport.policy.entity.Entities;
import dev.sallyport.policy.value.EntityUid;
import dev.sallyport.policy.value.RecordValue;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

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
}

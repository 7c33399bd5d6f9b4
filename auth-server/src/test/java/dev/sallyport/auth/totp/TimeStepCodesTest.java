package dev.sallyport.auth.totp;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;

import dev.sallyport.auth.totp.TimeStepCodes.Match;
import java.time.Instant;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class TimeStepCodesTest {

  private static final byte[] RFC_SECRET = "12345678901234567890".getBytes(US_ASCII);

  private final TimeStepCodes codes = new TimeStepCodes();

  /** RFC 6238 appendix B, SHA-1, the last six of its eight digits. */
  @ParameterizedTest
  @CsvSource({
    "59, 287082",
    "1111111109, 081804",
    "1111111111, 050471",
    "1234567890, 005924",
    "2000000000, 279037",
    "20000000000, 353130",
  })
  void code_ofTheVectors_isTheirs(long seconds, String expected) {
    assertThat(codes.code(RFC_SECRET, seconds / 30)).isEqualTo(expected);
    assertThat(codes.match(RFC_SECRET, expected, Instant.ofEpochSecond(seconds), -1))
        .isEqualTo(new Match.Fresh(seconds / 30));
  }

  @Test
  void match_stepUsedBefore_isSpent() {
    Instant now = Instant.ofEpochSecond(59);
    assertThat(codes.match(RFC_SECRET, "287082", now, 0)).isEqualTo(new Match.Fresh(1));
    assertThat(codes.match(RFC_SECRET, "287082", now, 1)).isEqualTo(new Match.Spent());
    assertThat(codes.match(RFC_SECRET, "287082", now, 2)).isEqualTo(new Match.Spent());
  }

  @Test
  void match_outsideTheWindow_isNone() {
    assertThat(codes.match(RFC_SECRET, "287082", Instant.ofEpochSecond(89), -1))
        .isEqualTo(new Match.Fresh(1));
    assertThat(codes.match(RFC_SECRET, "287082", Instant.ofEpochSecond(90), -1))
        .isEqualTo(new Match.None());
    assertThat(codes.match(RFC_SECRET, "287082", Instant.ofEpochSecond(29), -1))
        .isEqualTo(new Match.Fresh(1));
  }
}

package dev.sallyport.auth.pairing;

import static org.assertj.core.api.Assertions.assertThat;

import java.security.SecureRandom;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** RFC 8628 §6.1. */
class UserCodesTest {

  @Test
  void draw_isReadBackHoweverItIsTyped() {
    SecureRandom random = new SecureRandom();
    for (int i = 0; i < 500; i++) {
      String code = UserCodes.draw(random);
      assertThat(code).matches("[BCDFGHJKLMNPQRSTVWXZ]{8}");
      String shown = UserCodes.shown(code);
      assertThat(UserCodes.read(shown)).contains(code);
      assertThat(UserCodes.read(" " + shown.toLowerCase() + " ")).contains(code);
      assertThat(UserCodes.read(code.substring(0, 2) + " . " + code.substring(2))).contains(code);
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"", "-", "BCDF", "BCDFGHJKL", "BCDFGHJ1", "BCDFGHJA", "BCDFGHJİ", "........"})
  void read_whatIsNoCode_isNone(String typed) {
    assertThat(UserCodes.read(typed)).isEmpty();
  }

  /** Whatever is typed: a code, or nothing. */
  @Test
  void read_anything_endsWithACodeOrNothing() {
    long seed = new SecureRandom().nextLong();
    Random random = new Random(seed);
    for (int i = 0; i < 20_000; i++) {
      String typed =
          random
              .ints(random.nextInt(80), 0, i % 2 == 0 ? 128 : 0x2_0000)
              .collect(StringBuilder::new, StringBuilder::appendCodePoint, StringBuilder::append)
              .toString();
      assertThat(UserCodes.read(typed).orElse("BBBBBBBB"))
          .as("seed %d, round %d", seed, i)
          .matches("[BCDFGHJKLMNPQRSTVWXZ]{8}");
    }
  }
}

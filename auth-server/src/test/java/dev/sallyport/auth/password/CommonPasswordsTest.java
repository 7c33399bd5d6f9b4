package dev.sallyport.auth.password;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class CommonPasswordsTest {

  private static final List<String> OWN = List.of("sallyport", "alice", "adler");

  private final CommonPasswords common = new CommonPasswords();

  @Test
  void list_isThere() {
    assertThat(common.count()).isGreaterThan(40_000);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "1qaz2wsx3edc",
        "passwordpassword",
        "PassWord1234!",
        "p@ssw0rd2026",
        "**unbelievable**",
        "qwerty123456",
        "sunshine-dragon",
        "sallyport2026",
        "AliceAdler123",
        "123456789012",
        "210987654321",
        "abcdefghijklm",
        "aaaaaaaaaaaaaaaaaaaa",
        "121212121212121212",
        "            ",
      })
  void holds_whatPeopleMakeOfACommonOne(String password) {
    assertThat(common.holds(password, OWN)).isTrue();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "correct horse battery staple",
        "a new long password",
        "dragon8kX29fQz7p",
        "tk3v-9xqm-w2hz",
        "Grüße aus Überlingen",
        "emmentaler zonk 88 velo",
      })
  void holds_notWhatTakesLongToGuess(String password) {
    assertThat(common.holds(password, OWN)).isFalse();
  }
}

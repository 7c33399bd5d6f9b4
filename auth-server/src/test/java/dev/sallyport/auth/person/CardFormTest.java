package dev.sallyport.auth.person;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class CardFormTest {

  @ParameterizedTest
  @CsvSource({
    "given_name, Ada",
    "family_name, O’Brien-Åström",
    "website, https://ada.example/about?me",
    "picture, http://ada.example/a.png",
    "birthdate, 1815-12-10",
    "birthdate, 0000-02-29",
    "birthdate, 1815",
    "zoneinfo, Europe/Paris",
    "locale, en-GB",
    "locale, zh-Hant-TW",
    "phone_number, +44 1632 960000",
    "phone_number, +1 (604) 555-1234;ext=5678",
  })
  void fault_ofWhatTheSpecificationNames_isNone(String claim, String value) {
    assertThat(CardForm.fault(Map.of(claim, value))).isEmpty();
  }

  @ParameterizedTest
  @CsvSource({
    "given_name, ' '",
    "sub, somebody",
    "email, ada@example.org",
    "website, javascript:alert(1)",
    "website, https://user:secret@ada.example",
    "website, /relative",
    "birthdate, 10.12.1815",
    "birthdate, 1815-13-10",
    "birthdate, +11815-12-10",
    "zoneinfo, Mars/Olympus",
    "locale, english please",
    "phone_number, 0044 1632 960000",
    "phone_number_verified, true",
  })
  void fault_ofAnythingElse_namesTheClaim(String claim, String value) {
    assertThat(CardForm.fault(Map.of(claim, value)).orElse("")).contains("`" + claim + "`");
  }

  @Test
  void fault_ofWrongKinds_isOne() {
    for (Object value :
        List.of(1L, true, List.of("Ada"), Map.of("a", "b"), "a\nb", "x".repeat(129))) {
      assertThat(CardForm.fault(Map.of("nickname", value))).isPresent();
    }
    for (Object address :
        List.of("Dover", Map.of(), Map.of("planet", "Earth"), Map.of("country", 1L))) {
      assertThat(CardForm.fault(Map.of("address", address))).isPresent();
    }
    assertThat(CardForm.fault(Map.of("address", Map.of("formatted", "1 Castle St\nDover"))))
        .isEmpty();
    assertThat(CardForm.fault(Map.of("phone_number_verified", true))).isPresent();
  }

  /** Whatever comes, the answer is a sentence or nothing. */
  @Test
  void fault_ofNoise_neverThrows() {
    Random random = new Random(20261123);
    List<String> names = List.copyOf(PersonCards.CLAIMS);
    for (int i = 0; i < 20_000; i++) {
      StringBuilder text = new StringBuilder();
      for (int n = random.nextInt(20); n > 0; n--) {
        text.append((char) (random.nextBoolean() ? random.nextInt(128) : random.nextInt(0x10000)));
      }
      Object value =
          switch (random.nextInt(4)) {
            case 0 -> Map.of("formatted", text.toString());
            case 1 -> Map.of(text.toString(), text.toString());
            default -> text.toString();
          };
      String name = names.get(random.nextInt(names.size()));
      assertThat(CardForm.fault(Map.of(name, value))).isNotNull();
    }
  }
}

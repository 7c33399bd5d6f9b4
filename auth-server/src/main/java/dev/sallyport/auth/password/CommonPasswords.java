package dev.sallyport.auth.password;

import static java.nio.charset.StandardCharsets.US_ASCII;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.springframework.stereotype.Component;

/**
 * The passwords that are tried first. Some 49,000 that people are known to choose, and what people
 * make of one of them when a long one is demanded: with digits and signs around it, letters written
 * as digits, twice, two of them together; and runs of characters that follow each other.
 */
@Component
class CommonPasswords {

  /** Of @zxcvbn-ts/language-common, MIT; the licence lies beside it. In lower case and sorted. */
  private static final String LIST = "/password/common-passwords.txt";

  /**
   * Longer ones are no single word with something around it: what is not looked at costs nothing.
   */
  private static final int LENGTH_MAX = 64;

  /** Shorter pieces are found in any text. */
  private static final int PIECE_MIN = 4;

  private static final int DIFFERENT_MIN = 5;
  private static final Pattern AROUND = Pattern.compile("^[^\\p{L}]+|[^\\p{L}]+$");
  private static final String WRITTEN = "@4831!|0$57+";
  private static final String MEANT = "aabeiiiosstt";

  private final String[] sorted = read();

  private static String[] read() {
    try (InputStream in =
            Objects.requireNonNull(CommonPasswords.class.getResourceAsStream(LIST), LIST);
        BufferedReader lines = new BufferedReader(new InputStreamReader(in, US_ASCII))) {
      return lines.lines().sorted().toArray(String[]::new);
    } catch (IOException e) {
      throw new UncheckedIOException("cannot read the list of common passwords", e);
    }
  }

  int count() {
    return sorted.length;
  }

  /**
   * Whether someone who guesses would soon come to it.
   *
   * @param own words that belong to its owner or to this server: no better than common ones
   */
  boolean holds(String password, List<String> own) {
    String text = password.strip().toLowerCase(Locale.ROOT);
    if (text.chars().distinct().count() < DIFFERENT_MIN || run(text)) {
      return true;
    }
    if (text.length() > LENGTH_MAX) {
      return false;
    }
    String word = AROUND.matcher(text).replaceAll("");
    return Stream.of(text, word, meant(text), meant(word)).anyMatch(form -> twoPieces(form, own));
  }

  /** It is a piece, or nothing but two, whatever stands between them. */
  private boolean twoPieces(String text, List<String> own) {
    if (piece(text, own)) {
      return true;
    }
    for (int i = PIECE_MIN; i <= text.length() - PIECE_MIN; i++) {
      if (piece(text.substring(0, i), own)) {
        int next = Character.isLetterOrDigit(text.charAt(i)) ? i : i + 1;
        if (piece(text.substring(next), own)) {
          return true;
        }
      }
    }
    return false;
  }

  private boolean piece(String text, List<String> own) {
    return text.length() >= PIECE_MIN
        && (Arrays.binarySearch(sorted, text) >= 0 || own.contains(text) || run(text));
  }

  /** {@code abcdef}, {@code 7890123}, {@code fedcba}, {@code aaaa}: each follows the one before. */
  private static boolean run(String text) {
    for (int step = -1; step <= 1; step++) {
      int i = 1;
      while (i < text.length() && follows(text.charAt(i - 1), text.charAt(i), step)) {
        i++;
      }
      if (i >= text.length()) {
        return true;
      }
    }
    return false;
  }

  private static boolean follows(char before, char after, int step) {
    return after == before + step
        || (step == 1 && before == '9' && after == '0')
        || (step == -1 && before == '0' && after == '9');
  }

  private static String meant(String text) {
    StringBuilder letters = new StringBuilder(text);
    for (int i = 0; i < text.length(); i++) {
      int at = WRITTEN.indexOf(text.charAt(i));
      if (at >= 0) {
        letters.setCharAt(i, MEANT.charAt(at));
      }
    }
    return letters.toString();
  }
}

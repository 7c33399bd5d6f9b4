package dev.sallyport.auth.web;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** WCAG 2.2, 1.4.3 and 1.4.11: text 4.5:1, what marks a control 3:1, in both schemes. */
class ContrastTest {

  private static final double TEXT_MIN = 4.5;

  /** 3:1 is demanded; some air for screens that are not as they should be. */
  private static final double CONTROL_MIN = 3.2;

  private static Map<String, String> colours(String scheme) throws IOException {
    String css;
    try (InputStream in = ContrastTest.class.getResourceAsStream("/static/style.css")) {
      css = new String(in.readAllBytes(), UTF_8);
    }
    Map<String, String> colours = new HashMap<>();
    int dark = css.indexOf("prefers-color-scheme: dark");
    read(css.substring(0, dark), colours);
    if (scheme.equals("dark")) {
      read(css.substring(dark), colours);
    }
    return colours;
  }

  private static void read(String css, Map<String, String> colours) {
    Matcher colour = Pattern.compile("--([a-z-]+): #([0-9a-f]{6});").matcher(css);
    while (colour.find()) {
      colours.put(colour.group(1), colour.group(2));
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"light", "dark"})
  void colours_ofTextAndControls_standOut(String scheme) throws IOException {
    Map<String, String> colours = colours(scheme);
    for (String text : new String[] {"ink", "soft", "accent", "accent-over"}) {
      for (String ground : new String[] {"paper", "ground", "field"}) {
        atLeast(TEXT_MIN, colours, text, ground);
      }
    }
    atLeast(TEXT_MIN, colours, "accent-ink", "accent");
    atLeast(TEXT_MIN, colours, "accent-ink", "accent-over");
    atLeast(TEXT_MIN, colours, "bad", "bad-ground");
    atLeast(TEXT_MIN, colours, "good", "good-ground");
    atLeast(TEXT_MIN, colours, "warn", "warn-ground");
    for (String mark : new String[] {"field-line", "ring"}) {
      for (String ground : new String[] {"paper", "ground", "field"}) {
        atLeast(CONTROL_MIN, colours, mark, ground);
      }
    }
  }

  private static void atLeast(double min, Map<String, String> colours, String one, String other) {
    double a = luminance(Objects.requireNonNull(colours.get(one), one));
    double b = luminance(Objects.requireNonNull(colours.get(other), other));
    assertThat((Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05))
        .as(one + " on " + other)
        .isGreaterThanOrEqualTo(min);
  }

  private static double luminance(String hex) {
    double[] weights = {0.2126, 0.7152, 0.0722};
    double sum = 0;
    for (int i = 0; i < 3; i++) {
      double part = Integer.parseInt(hex.substring(2 * i, 2 * i + 2), 16) / 255.0;
      double linear = part <= 0.04045 ? part / 12.92 : Math.pow((part + 0.055) / 1.055, 2.4);
      sum += weights[i] * linear;
    }
    return sum;
  }
}

package dev.sallyport.auth;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.ByteArrayOutputStream;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.params.provider.Arguments;

/**
 * What a fuzz target is given where nothing searches: inputs that are good, each of them spoilt in
 * so many ways, the same in each build.
 */
public final class FuzzSeeds {

  private static final long SEED = 20261123;
  private static final int EDITS_MAX = 5;

  /** What breaks readers of text, JSON, tokens and URLs more often than chance would. */
  private static final List<String> PIECES =
      List.of(
          "\0",
          "%00",
          "%",
          "%ff",
          "&",
          "=",
          "\"",
          "\\u0000",
          "\\ud800",
          "null",
          "[",
          "{",
          "]",
          "}",
          "-1",
          "1e400",
          "9223372036854775808",
          "0.1",
          "true",
          ".",
          "..",
          "/",
          "\r\n",
          " ",
          "é",
          "\uD83D\uDE00",
          "[".repeat(2_000),
          "{\"a\":".repeat(1_000),
          "a".repeat(3_000));

  private FuzzSeeds() {}

  /** Each of these texts, and {@code spoilt} spoilt ones of each. */
  public static Stream<Arguments> of(int spoilt, String... texts) {
    Random random = new Random(SEED);
    List<Arguments> inputs = new ArrayList<>();
    for (String text : texts) {
      byte[] good = text.getBytes(UTF_8);
      inputs.add(Arguments.of((Object) good));
      for (int i = 0; i < spoilt; i++) {
        inputs.add(Arguments.of((Object) spoil(good, random)));
      }
    }
    return inputs.stream();
  }

  private static byte[] spoil(byte[] good, Random random) {
    byte[] bytes = good;
    for (int edits = 1 + random.nextInt(EDITS_MAX); edits > 0; edits--) {
      int at = random.nextInt(bytes.length + 1);
      int end = Math.min(bytes.length, at + random.nextInt(8));
      bytes =
          switch (random.nextInt(5)) {
            case 0 -> joined(bytes, at, piece(random), at);
            case 1 -> joined(bytes, at, piece(random), end);
            case 2 -> joined(bytes, at, new byte[] {(byte) random.nextInt(256)}, end);
            case 3 -> joined(bytes, at, Arrays.copyOfRange(bytes, 0, at), end);
            default -> joined(bytes, at, new byte[0], end);
          };
    }
    return bytes;
  }

  private static byte[] piece(Random random) {
    return PIECES.get(random.nextInt(PIECES.size())).getBytes(UTF_8);
  }

  private static byte[] joined(byte[] bytes, int at, byte[] middle, int from) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    out.write(bytes, 0, at);
    out.writeBytes(middle);
    out.write(bytes, from, bytes.length - from);
    return out.toByteArray();
  }
}

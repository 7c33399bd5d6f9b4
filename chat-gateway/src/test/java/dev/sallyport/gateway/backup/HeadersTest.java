package dev.sallyport.gateway.backup;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import dev.sallyport.gateway.backup.Digests.Said;
import dev.sallyport.gateway.backup.Preconditions.Tags;
import java.util.List;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** {@code Content-Digest} (RFC 9530) and the conditions of RFC 9110 §13.1. */
class HeadersTest {

  /** RFC 9530 appendix D: the digest of {"hello": "world"} and a line feed. */
  private static final String RFC_9530 = "sha-256=:RK/0qy18MlBSVnWgjwz6lZEWjP/lF5HF9bvEF8FabDg=:";

  private static final ByteString HELLO =
      Digests.sha256("{\"hello\": \"world\"}\n".getBytes(UTF_8));

  @Test
  void digest_isThatOfTheSpecification() {
    assertThat(Digests.field(HELLO)).isEqualTo(RFC_9530);
    assertThat(Digests.read(List.of(RFC_9530))).isEqualTo(new Said.Sha256(HELLO));
    assertThat(Digests.read(List.of("sha-512=:AAAA:", " " + RFC_9530)))
        .isEqualTo(new Said.Sha256(HELLO));
    assertThat(Digests.read(List.of())).isEqualTo(new Said.Nothing());
    assertThat(Digests.read(List.of("sha-512=:AAAA:"))).isEqualTo(new Said.Nothing());
  }

  @ParameterizedTest
  @ValueSource(strings = {"sha-256", "sha-256=::", "sha-256=:AAAA:", "sha-256=:A=AA:", "x,", "=::"})
  void digest_thatIsNone_isBad(String field) {
    assertThat(Digests.read(List.of(field))).isEqualTo(new Said.Bad());
    assertThat(Digests.read(List.of(field, RFC_9530))).isEqualTo(new Said.Bad());
  }

  @Test
  void tags_areComparedAsTheyAreMeant() {
    String tag = Preconditions.etag(HELLO);
    Tags strong = Preconditions.read(List.of("\"a,b\", " + tag)).orElseThrow();
    Tags weak = Preconditions.read(List.of("W/" + tag)).orElseThrow();
    Tags absent = Preconditions.read(List.of()).orElseThrow();
    Tags any = Preconditions.read(List.of(" * ")).orElseThrow();
    assertThat(strong).isInstanceOf(Tags.These.class);
    assertThat(Preconditions.permit(strong, absent, HELLO)).isTrue();
    assertThat(Preconditions.permit(strong, absent, null)).isFalse();
    assertThat(Preconditions.permit(weak, absent, HELLO)).as("a weak tag names no bytes").isFalse();
    assertThat(Preconditions.permit(any, absent, HELLO)).isTrue();
    assertThat(Preconditions.permit(any, absent, null)).isFalse();
    assertThat(Preconditions.permit(absent, any, null)).isTrue();
    assertThat(Preconditions.permit(absent, any, HELLO)).isFalse();
    assertThat(Preconditions.names(weak, HELLO)).isTrue();
    assertThat(Preconditions.names(strong, ByteString.copyFrom(new byte[32]))).isFalse();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "a",
        "\"",
        "\"a",
        "\"a\" \"b\"",
        "\"a\"x",
        "*, \"a\"",
        "w/\"a\"",
        "\"\u00e4\""
      })
  void tags_thatAreNone_areRefused(String field) {
    assertThat(Preconditions.read(List.of(field))).isEmpty();
  }

  @Test
  void anything_isReadWithoutAFault() {
    long seed = 42;
    var random = new Random(seed);
    String alphabet = "\"\"\\W/*,:= ;sha-256=:AZaz09+/=\t\0\u00e4";
    for (int i = 0; i < 50_000; i++) {
      var text = new StringBuilder(random.nextBoolean() ? "" : RFC_9530);
      for (int n = random.nextInt(60); n > 0; n--) {
        text.insert(
            random.nextInt(text.length() + 1), alphabet.charAt(random.nextInt(alphabet.length())));
      }
      var fields = List.of(text.toString());
      if (Digests.read(fields) instanceof Said.Sha256(ByteString digest)) {
        assertThat(digest.size()).as("seed %d, %s", seed, text).isEqualTo(32);
      }
      if (Preconditions.read(fields).orElse(null) instanceof Tags.These(var strong, var weak)) {
        assertThat(weak).as("seed %d, %s", seed, text).containsAll(strong).isNotEqualTo(Set.of());
      }
    }
    assertThat(Digests.read(List.of("a".repeat(5_000)))).isEqualTo(new Said.Bad());
    assertThat(Preconditions.read(List.of("\"" + "a".repeat(5_000) + "\""))).isEmpty();
  }
}

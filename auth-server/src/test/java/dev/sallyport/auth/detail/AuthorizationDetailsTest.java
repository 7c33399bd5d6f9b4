package dev.sallyport.auth.detail;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sallyport.auth.detail.AuthorizationDetails.Reading;
import java.security.SecureRandom;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** RFC 9396 §2 and §5. */
class AuthorizationDetailsTest {

  private static final String GATEWAY = "https://gateway.example";
  private static final String ROOM = "0192e4a0-0000-7000-8000-000000000001";
  private static final String OTHER = "0192e4a0-0000-7000-8000-000000000002";
  private static final String GOOD =
      "[{\"type\":\"sallyport_room\",\"identifier\":\""
          + ROOM
          + "\",\"actions\":[\"message.send\",\"message.read\"]}]";

  private static AuthorizationDetails read(String text) {
    return switch (AuthorizationDetails.read(text, GATEWAY)) {
      case Reading.Read(AuthorizationDetails details) -> details;
      case Reading.Rejected(String description) -> throw new AssertionError(description);
    };
  }

  @Test
  void read_good_isWrittenInOneOrder() {
    AuthorizationDetails details = read(GOOD);
    assertThat(details.rooms()).isEqualTo(Map.of(ROOM, Set.of("message.read", "message.send")));
    assertThat(details.text())
        .isEqualTo(
            GOOD.replace("\"message.send\",\"message.read\"", "\"message.read\",\"message.send\""));
    assertThat(AuthorizationDetails.ofClaim(details.json())).contains(details);
    assertThat(read(GOOD.replace("\"type\"", "\"locations\":[\"" + GATEWAY + "\"],\"type\"")))
        .isEqualTo(details);
  }

  @Test
  void read_twoObjectsAboutOneRoom_areOne() {
    String second = GOOD.replace("message.send", "room.leave");
    assertThat(read(GOOD.replace("]}]", "]}," + second.substring(1))).rooms())
        .isEqualTo(Map.of(ROOM, Set.of("message.read", "message.send", "room.leave")));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "null",
        "{}",
        "[]",
        "[1]",
        "[[]]",
        "[{}]",
        "[{\"type\":\"payment\"}]",
        "[{\"type\":\"sallyport_room\"}]",
        "[{\"type\":\"sallyport_room\",\"identifier\":\"*\",\"actions\":[\"message.read\"]}]",
        "[{\"type\":\"sallyport_room\",\"identifier\":\"ROOM\"}]",
        "[{\"type\":\"sallyport_room\",\"identifier\":\"ROOM\",\"actions\":[]}]",
        "[{\"type\":\"sallyport_room\",\"identifier\":\"ROOM\",\"actions\":\"message.read\"}]",
        "[{\"type\":\"sallyport_room\",\"identifier\":\"ROOM\",\"actions\":[\"room.any\"]}]",
        "[{\"type\":\"sallyport_room\",\"identifier\":\"ROOM\",\"actions\":[null]}]",
        "[{\"type\":\"sallyport_room\",\"identifier\":\"ROOM\",\"actions\":[\"message.read\"],"
            + "\"privileges\":[\"owner\"]}]",
        "[{\"type\":\"sallyport_room\",\"identifier\":\"ROOM\",\"actions\":[\"message.read\"],"
            + "\"locations\":[\"https://other.example\"]}]",
        "[{\"type\":\"sallyport_room\",\"identifier\":\"ROOM\",\"actions\":[\"message.read\"],"
            + "\"locations\":null}]",
      })
  void read_whatIsNotUnderstoodWhole_isRejected(String text) {
    assertThat(AuthorizationDetails.read(text.replace("ROOM", ROOM), GATEWAY))
        .isInstanceOf(Reading.Rejected.class);
  }

  @Test
  void read_tooManyOrTooLong_isRejected() {
    String object = GOOD.substring(1, GOOD.length() - 1);
    assertThat(
            AuthorizationDetails.read(
                "[" + (object + ",").repeat(AuthorizationDetails.OBJECTS_MAX) + object + "]",
                GATEWAY))
        .isInstanceOf(Reading.Rejected.class);
    assertThat(AuthorizationDetails.read(" ".repeat(3000) + GOOD, GATEWAY))
        .isInstanceOf(Reading.Rejected.class);
    assertThat(AuthorizationDetails.read("[".repeat(2000), GATEWAY))
        .isInstanceOf(Reading.Rejected.class);
  }

  @Test
  void within_isFewerRoomsOrActions() {
    AuthorizationDetails all =
        new AuthorizationDetails(
            Map.of(ROOM, Set.of("message.read", "message.send"), OTHER, Set.of("message.read")));
    assertThat(all.within(all)).isTrue();
    assertThat(read(GOOD).within(all)).isTrue();
    assertThat(all.within(read(GOOD))).isFalse();
    assertThat(read(GOOD.replace(ROOM, OTHER)).within(all)).isFalse();
  }

  /** Whatever comes is read or rejected; what is read comes back the same. */
  @Test
  void read_mutilated_isReadOrRejected() {
    long seed = new SecureRandom().nextLong();
    Random random = new Random(seed);
    for (int i = 0; i < 20_000; i++) {
      StringBuilder text = new StringBuilder(GOOD);
      for (int edits = 1 + random.nextInt(4); edits > 0; edits--) {
        int at = random.nextInt(text.length());
        switch (random.nextInt(3)) {
          case 0 -> text.deleteCharAt(at);
          case 1 -> text.insert(at, "[]{}\",:0null\\".charAt(random.nextInt(13)));
          default -> text.setCharAt(at, (char) random.nextInt(0x250));
        }
      }
      if (AuthorizationDetails.read(text.toString(), GATEWAY)
          instanceof Reading.Read(AuthorizationDetails details)) {
        assertThat(read(details.text())).as("seed %d, round %d", seed, i).isEqualTo(details);
      }
    }
  }
}

package dev.sallyport.auth.grant;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sallyport.auth.account.Accounts;
import dev.sallyport.auth.account.ClaimsChange;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import org.awaitility.Awaitility;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Whatever claims an account is allowed to have, its tokens and the signal of their change are ones
 * that gateways read: a signal that is not would shut every gateway.
 */
class ClaimsBoundTest {

  /** Of one, two, three and four bytes, and those that JSON escapes to two and to six. */
  private static final List<String> ALPHABETS =
      List.of(
          "a", "\u00e9", "\u8a9e", "\ud83d\ude00", "\"", "\u0001", "\u2028", "/<&='", "\\\u007f\t");

  /** Half of the headers that a gateway takes, and of what it reads of a signal. */
  private static final int TOKEN_CHARS_MAX = 20 * 1024;

  private final World world = World.get();

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8, 9, 20261123})
  void claims_largestThatAreAccepted_fitInTokenAndSignal(long seed) {
    Random random = new Random(seed);
    World.Person person = world.person();
    Set<String> roles = new HashSet<>(Set.of("user"));
    Set<String> groups = new HashSet<>();
    Map<String, Object> attributes = new HashMap<>();
    int accepted = 0;
    for (int refused = 0; refused < 40; ) {
      Set<String> moreRoles = new HashSet<>(roles);
      Set<String> moreGroups = new HashSet<>(groups);
      Map<String, Object> moreAttributes = new HashMap<>(attributes);
      switch (random.nextInt(4)) {
        case 0 -> moreRoles.add(name(random));
        case 1 -> moreGroups.add(name(random));
        case 2 -> moreAttributes.put(name(random), text(random, 256));
        default -> moreAttributes.put(name(random), list(random));
      }
      switch (world
          .server
          .bean(Accounts.class)
          .changeClaims(person.accountId(), moreRoles, moreGroups, moreAttributes, "admin")) {
        case ClaimsChange.Changed _ -> {
          accepted++;
          roles = moreRoles;
          groups = moreGroups;
          attributes = moreAttributes;
        }
        case ClaimsChange.NotPermitted _ -> refused++;
        case ClaimsChange.Unchanged _ -> {}
        case ClaimsChange.NoSuchAccount _ -> throw new AssertionError();
      }
    }
    assertThat(accepted).as("seed %d", seed).isPositive();

    DpopKey key = world.key();
    String own =
        world.tokens(person, key, World.OTHER_CHAT, "openid chat.read").text("access_token");
    String token = world.token(key, world.exchanging(World.OTHER_CHAT, own)).text("access_token");
    assertThat(token.length()).as("seed %d", seed).isLessThan(TOKEN_CHARS_MAX);
    assertThat(World.claims(token).getClaim("attributes")).isNotNull();

    Awaitility.await()
        .atMost(Duration.ofSeconds(30))
        .until(
            () ->
                world
                    .server
                    .jdbc()
                    .queryForObject("select count(*) from signal_pending", Long.class),
            pending -> pending == 0);
    assertThat(
            world
                .server
                .jdbc()
                .queryForObject(
                    "select max(char_length(s.token)) from signal s"
                        + " join security_event e on e.id = s.event_id where e.subject = ?",
                    Integer.class,
                    person.accountId()))
        .as("seed %d", seed)
        .isLessThan(TOKEN_CHARS_MAX);
    assertThat(
            world
                .server
                .jdbc()
                .queryForObject(
                    "select count(*) from security_event where type = 'signal-replaced' and subject = ?",
                    Integer.class,
                    person.accountId()))
        .as("seed %d", seed)
        .isZero();
  }

  private static String name(Random random) {
    return "n" + random.nextInt(1000) + "\u8a9e".repeat(random.nextInt(60));
  }

  private static List<String> list(Random random) {
    List<String> list = new ArrayList<>();
    for (int i = random.nextInt(33); i > 0; i--) {
      list.add(text(random, 256));
    }
    return list;
  }

  private static String text(Random random, int charsMax) {
    String alphabet = ALPHABETS.get(random.nextInt(ALPHABETS.size()));
    return alphabet.repeat(random.nextInt(charsMax / alphabet.length() + 1));
  }
}

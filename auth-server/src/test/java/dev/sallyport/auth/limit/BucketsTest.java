package dev.sallyport.auth.limit;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sallyport.auth.SettableClock;
import java.time.Duration;
import java.time.Instant;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class BucketsTest {

  private final SettableClock clock = new SettableClock(Instant.parse("2026-11-23T10:00:00Z"));
  private final Buckets buckets = new Buckets(3, 30, clock);

  private int takes(String key) {
    int taken = 0;
    while (taken < 100 && buckets.take(key).isEmpty()) {
      taken++;
    }
    return taken;
  }

  @Test
  void take_moreThanItHolds_isToldWhenThereIsOneAgain() {
    assertThat(takes("a")).isEqualTo(3);
    assertThat(buckets.take("a")).contains(Duration.ofSeconds(2));
    clock.pass(Duration.ofMillis(1999));
    assertThat(buckets.take("a")).isPresent();
    clock.pass(Duration.ofMillis(1));
    assertThat(buckets.take("a")).isEmpty();
    assertThat(buckets.take("a")).isPresent();
    assertThat(takes("b")).as("another's").isEqualTo(3);
    clock.pass(Duration.ofDays(1));
    assertThat(takes("a")).as("never more than it holds").isEqualTo(3);
  }

  @Test
  void giveBack_oneOrMore_neverMakesMoreThanItHolds() {
    takes("a");
    buckets.giveBack("a");
    assertThat(takes("a")).isEqualTo(1);
    for (int i = 0; i < 10; i++) {
      buckets.giveBack("a");
    }
    assertThat(takes("a")).isEqualTo(3);
  }

  @Test
  void take_clockThatGoesBack_givesNothing() {
    takes("a");
    clock.pass(Duration.ofHours(-1));
    assertThat(buckets.take("a")).isPresent();
  }

  @Test
  void take_byMoreThanAreKept_forgetsTheOneUsedLongestAgo() {
    takes("first");
    for (int i = 0; i < Buckets.KEYS_MAX - 1; i++) {
      buckets.take("key " + i);
    }
    assertThat(buckets.take("first")).isPresent();
    buckets.take("one more");
    buckets.take("and one");
    assertThat(takes("key 0")).as("forgotten, so full").isEqualTo(3);
  }

  @ParameterizedTest
  @CsvSource({
    "192.0.2.1, 192.0.2.1, true",
    "192.0.2.1, 192.0.2.2, false",
    "::ffff:192.0.2.1, 192.0.2.1, true",
    "2001:db8:0:1::1, 2001:db8:0:1:ffff:ffff:ffff:ffff, true",
    "2001:db8:0:1::1, 2001:db8:0:2::1, false",
    "unknown, unknown, true",
  })
  void of_addresses_areOneWhereOneCustomerHasThem(String one, String other, boolean same) {
    assertThat(Network.of(one).equals(Network.of(other))).isEqualTo(same);
  }
}

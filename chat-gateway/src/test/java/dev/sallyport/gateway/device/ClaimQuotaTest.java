package dev.sallyport.gateway.device;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;

/** Buckets of claims, on a clock that only this test moves. */
class ClaimQuotaTest {

  private final AtomicReference<Instant> now = new AtomicReference<>(Instant.EPOCH);
  private final ClaimQuota quota = new ClaimQuota(now::get, 10);

  private void after(Duration time) {
    now.updateAndGet(at -> at.plus(time));
  }

  @Test
  void take_moreThanIsLeft_takesNothing() {
    assertThat(quota.take("alice", 8)).isTrue();
    assertThat(quota.take("alice", 3)).isFalse();
    assertThat(quota.take("alice", 2)).isTrue();
    assertThat(quota.take("alice", 1)).isFalse();
    assertThat(quota.take("bob", 10)).isTrue();
    assertThat(quota.take("carol", 11)).isFalse();
  }

  @Test
  void bucket_fillsSteadilyWithinTheHour_andNotBeyond() {
    assertThat(quota.take("alice", 10)).isTrue();
    after(Duration.ofMinutes(5));
    assertThat(quota.take("alice", 1)).isFalse();
    after(Duration.ofMinutes(1));
    assertThat(quota.take("alice", 1)).isTrue();
    assertThat(quota.take("alice", 1)).isFalse();
    after(Duration.ofDays(3));
    assertThat(quota.take("alice", 11)).isFalse();
    assertThat(quota.take("alice", 10)).isTrue();
  }

  @Test
  void bucket_whenTheClockIsSetBack_isNotFilled() {
    assertThat(quota.take("alice", 10)).isTrue();
    after(Duration.ofDays(-1));
    assertThat(quota.take("alice", 1)).isFalse();
  }

  @Test
  void buckets_tooMany_giveNothingToOthersUntilSomeAreFullAgain() {
    for (int i = 0; i < 100_000; i++) {
      assertThat(quota.take("user " + i, 1)).isTrue();
    }
    assertThat(quota.take("one more", 1)).isFalse();
    assertThat(quota.take("user 7", 1)).as("known already").isTrue();
    after(Duration.ofHours(1));
    assertThat(quota.take("one more", 1)).isTrue();
  }
}

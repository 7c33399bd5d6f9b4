package dev.sallyport.gateway.signal;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sallyport.gateway.signal.SecurityEvent.SessionRevoked;
import dev.sallyport.gateway.signal.SecurityEvent.UserRevoked;
import dev.sallyport.gateway.testing.MovableClock;
import java.time.Duration;
import java.time.Instant;
import org.junit.jupiter.api.Test;

/** How long silence is borne, and what is remembered of revocations. */
class HearingTest {
  private final MovableClock clock = new MovableClock();

  @Test
  void silence_tenSecondsHealthy_sixtyAdmitting_neverHeardDeaf() {
    var hearing = new Hearing(clock);
    assertThat(hearing.deaf()).isTrue();
    Instant now = clock.instant();
    hearing.heardAt(now.minusSeconds(9));
    assertThat(hearing.healthy()).isTrue();
    hearing.heardAt(now.minusSeconds(11));
    assertThat(hearing.healthy()).isFalse();
    assertThat(hearing.deaf()).isFalse();
    hearing.heardAt(now.minusSeconds(61));
    assertThat(hearing.deaf()).isTrue();
  }

  @Test
  void remembered_fromBeforeTheStart_admitsButIsNotHealthyUntilHeard() {
    var hearing = new Hearing(clock);
    hearing.rememberedAt(clock.instant().minusSeconds(1));
    assertThat(hearing.deaf()).isFalse();
    assertThat(hearing.healthy()).isFalse();
    hearing.heardAt(clock.instant());
    assertThat(hearing.healthy()).isTrue();
  }

  @Test
  void clockSetBack_isDeafToo() {
    var hearing = new Hearing(clock);
    hearing.heardAt(clock.instant().plus(Duration.ofSeconds(90)));
    assertThat(hearing.deaf()).isTrue();
  }

  @Test
  void userRevoked_tokensIssuedLaterAreGood_andAnOlderEventTakesNothingBack() {
    var revocations = new Revocations();
    Instant at = Instant.ofEpochSecond(1000);
    revocations.apply(new UserRevoked("u", at), at);
    revocations.apply(new UserRevoked("u", at.minusSeconds(100)), at);
    assertThat(revocations.userRevoked("u", at)).isTrue();
    assertThat(revocations.userRevoked("u", at.plusSeconds(1))).isFalse();
    assertThat(revocations.userRevoked("other", at)).isFalse();
  }

  @Test
  void tooMany_shutDoorsInsteadOfForgetting() {
    var revocations = new Revocations();
    Instant start = Instant.ofEpochSecond(1000);
    for (int i = 0; i <= Revocations.ENTRIES_MAX; i++) {
      revocations.apply(new SessionRevoked("u", "s" + i), start.plusMillis(i));
    }
    assertThat(revocations.sessionRevoked("s" + Revocations.ENTRIES_MAX)).isTrue();
    assertThat(revocations.sessionRevoked("s0")).isFalse();
    // Forgotten, so every token of that time is refused, whoever's it is.
    assertThat(revocations.userRevoked("anyone", start)).isTrue();
    assertThat(revocations.userRevoked("anyone", start.plusSeconds(3600))).isFalse();
  }
}

package dev.sallyport.auth.password;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

final class PasswordSettingsTest {
  private static final long MEBI = 1024 * 1024;

  @Test
  void hashesAtOnce_muchMemory_isTheProcessors() {
    assertThat(settings(0).hashesAtOnce(4, 1024 * MEBI)).isEqualTo(4);
  }

  @Test
  void hashesAtOnce_littleMemory_isWhatFitsIntoAQuarter() {
    assertThat(settings(0).hashesAtOnce(64, 192 * MEBI)).isEqualTo(2);
  }

  @Test
  void hashesAtOnce_noRoomForOne_isOne() {
    assertThat(settings(0).hashesAtOnce(64, 64 * MEBI)).isEqualTo(1);
  }

  @Test
  void hashesAtOnce_saidBySetting_isThat() {
    assertThat(settings(7).hashesAtOnce(1, 64 * MEBI)).isEqualTo(7);
  }

  private static PasswordSettings settings(int hashesMax) {
    return new PasswordSettings(19_456, 2, 1, hashesMax, 12);
  }
}

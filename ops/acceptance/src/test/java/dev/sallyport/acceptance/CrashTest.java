package dev.sallyport.acceptance;

import org.junit.jupiter.api.Test;

/**
 * {@code kill -9} in the middle of code redemption, refresh and policy activation, of the server
 * and of PostgreSQL: afterwards no code is redeemed twice, no refresh family is split, no policy is
 * half activated, and what was acknowledged is there. {@code ops/crash-check} goes on for longer,
 * by {@code sallyport.crash.rounds}; {@code sallyport.crash.seed} names the moments.
 */
class CrashTest {

  private final int rounds = Integer.getInteger("sallyport.crash.rounds", 2);
  private final long seed = Long.getLong("sallyport.crash.seed", System.nanoTime());

  @Test
  void serverKilled_onH2_keepsItsWord() throws Exception {
    Report.heading("kill -9 of the server on H2, seed " + seed);
    try (var rig = new CrashRig(false, seed)) {
      for (int i = 0; i < rounds; i++) {
        rig.killServer();
      }
    }
  }

  @Test
  void serverAndDatabaseKilled_onPostgres_keepTheirWord() throws Exception {
    Report.heading("kill -9 of the server, and of PostgreSQL, in turn, seed " + seed);
    try (var rig = new CrashRig(true, seed)) {
      for (int i = 0; i < rounds; i++) {
        rig.killPostgres();
        rig.killServer();
      }
    }
  }
}

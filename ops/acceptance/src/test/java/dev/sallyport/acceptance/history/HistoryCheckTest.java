package dev.sallyport.acceptance.history;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sallyport.acceptance.Sallyport;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * A short run of {@code ops/history-check} against real processes: a gateway and PostgreSQL are
 * killed, connections cut, and every promise is kept; then faults are put into the path, and the
 * checker finds each.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
@Timeout(value = 20, unit = java.util.concurrent.TimeUnit.MINUTES)
@SuppressWarnings("NullAway.Init")
class HistoryCheckTest {

  private static final long SEED = Long.getLong("sallyport.history.seed", 20_261_124);

  /** The others take as long again; the checker's own test has all of them. */
  static Stream<Planting.Kind> plants() {
    return Stream.of(System.getProperty("sallyport.history.plants", "LOSE,FORK").split(",", -1))
        .map(Planting.Kind::valueOf);
  }

  private HistoryCheck check;

  @BeforeAll
  void start() throws Exception {
    check =
        new HistoryCheck(
            HistoryCheck.SHORT,
            Sallyport.LOGS.resolve("history"),
            what -> System.out.println("history: " + what));
  }

  @AfterAll
  void stop() {
    if (check != null) {
      check.close();
    }
  }

  @Test
  @Order(1)
  void round_underKillsAndCuts_keepsEveryPromise() throws Exception {
    var judged = check.round(SEED, null);
    judged.verdicts().forEach(verdict -> System.out.println("history: " + verdict.line()));
    assertEquals(List.of(), HistoryCheck.failed(judged.verdicts()), judged.history().toString());
  }

  @ParameterizedTest
  @Order(2)
  @MethodSource("plants")
  void round_withAFaultInThePath_isFound(Planting.Kind kind) throws Exception {
    var judged = check.round(SEED + 1 + kind.ordinal(), kind);
    assertTrue(judged.planted(), "nothing to strike at");
    assertFalse(HistoryCheck.failed(judged.verdicts()).isEmpty(), kind + " is not seen");
  }
}

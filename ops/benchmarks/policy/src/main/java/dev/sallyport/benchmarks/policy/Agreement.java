package dev.sallyport.benchmarks.policy;

/** A benchmark of engines that answer differently compares nothing. */
final class Agreement {
  private Agreement() {}

  /**
   * Asks a decider and the floor the first so many requests.
   *
   * @throws IllegalStateException at the first that they answer differently
   */
  static void check(Scenario scenario, Decider decider, int requests) {
    check(scenario, decider, new HandWritten(scenario), requests);
  }

  static void check(Scenario scenario, Decider decider, Decider floor, int requests) {
    for (int i = 0; i < requests; i++) {
      boolean permits = decider.permits(i);
      if (permits != floor.permits(i)) {
        throw new IllegalStateException(
            "request %d is %s, by the floor %s: %s of %s"
                .formatted(
                    i,
                    permits ? "permitted" : "refused",
                    permits ? "refused" : "permitted",
                    scenario.asks().get(i),
                    scenario.users().get(scenario.asks().get(i).user())));
      }
    }
  }
}

package dev.sallyport.benchmarks.policy;

/** Where objects lie decides what a look-up costs, as much as how many are touched. */
final class Heap {
  private Heap() {}

  /**
   * Leaves the heap as it is after hours of service: what lives long lies together, and not between
   * what loading it left behind.
   */
  static void settle() {
    System.gc();
  }
}

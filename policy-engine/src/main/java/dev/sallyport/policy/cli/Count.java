package dev.sallyport.policy.cli;

/** Numbers of things, for people. */
final class Count {
  private Count() {}

  static String of(long count, String one, String many) {
    return count + " " + (count == 1 ? one : many);
  }
}

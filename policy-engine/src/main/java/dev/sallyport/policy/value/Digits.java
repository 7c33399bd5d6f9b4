package dev.sallyport.policy.value;

/** ASCII digits only: {@code Character.isDigit} would let other scripts in. */
final class Digits {
  private Digits() {}

  static boolean is(char c) {
    return c >= '0' && c <= '9';
  }

  /** Whether all characters of a stretch are digits; true if it is empty. */
  static boolean all(String text, int from, int to) {
    for (int i = from; i < to; i++) {
      if (!is(text.charAt(i))) {
        return false;
      }
    }
    return true;
  }
}

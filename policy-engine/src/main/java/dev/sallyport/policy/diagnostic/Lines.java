package dev.sallyport.policy.diagnostic;

import java.util.Arrays;

/** Where the lines of a text begin: read once, so that each place in it is found at once. */
public final class Lines {
  private final int[] starts;

  public Lines(String text) {
    int[] found = new int[16];
    int count = 1;
    for (int i = text.indexOf('\n'); i >= 0; i = text.indexOf('\n', i + 1)) {
      if (count == found.length) {
        found = Arrays.copyOf(found, count * 2);
      }
      found[count++] = i + 1;
    }
    this.starts = Arrays.copyOf(found, count);
  }

  /** The span from offset {@code start} to {@code end}. */
  public Span span(int start, int end) {
    int line = line(start);
    int endLine = line(end);
    return new Span(
        start, end, line + 1, start - starts[line] + 1, endLine + 1, end - starts[endLine] + 1);
  }

  private int line(int offset) {
    int found = Arrays.binarySearch(starts, offset);
    return found >= 0 ? found : -found - 2;
  }
}

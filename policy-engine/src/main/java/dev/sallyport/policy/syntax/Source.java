package dev.sallyport.policy.syntax;

import dev.sallyport.policy.diagnostic.Span;
import java.util.Arrays;

/** A text, and where its lines begin. */
public final class Source {
  /** Sixteen times the largest policy set measured (10,000 policies), and the largest bundle. */
  public static final int LENGTH_MAX = 16 * 1024 * 1024;

  private final String text;
  private final int[] lineStarts;
  private final boolean json;

  public Source(String text) {
    this(text, false);
  }

  /** A text in Cedar's JSON form. */
  static Source ofJson(String text) {
    return new Source(text, true);
  }

  private Source(String text, boolean json) {
    this.text = text;
    this.json = json;
    int[] starts = new int[16];
    int count = 1;
    for (int i = text.indexOf('\n'); i >= 0; i = text.indexOf('\n', i + 1)) {
      if (count == starts.length) {
        starts = Arrays.copyOf(starts, count * 2);
      }
      starts[count++] = i + 1;
    }
    this.lineStarts = Arrays.copyOf(starts, count);
  }

  public String text() {
    return text;
  }

  /**
   * Whether it is in Cedar's JSON form, so that what stands in it is not how policies are written.
   */
  boolean isJson() {
    return json;
  }

  /** The place with lines and columns. */
  public Span span(At at) {
    int line = line(at.start());
    int endLine = line(at.end());
    return new Span(
        at.start(),
        at.end(),
        line + 1,
        at.start() - lineStarts[line] + 1,
        endLine + 1,
        at.end() - lineStarts[endLine] + 1);
  }

  private int line(int offset) {
    int found = Arrays.binarySearch(lineStarts, offset);
    return found >= 0 ? found : -found - 2;
  }
}

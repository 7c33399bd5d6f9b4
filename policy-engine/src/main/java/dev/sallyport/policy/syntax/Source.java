package dev.sallyport.policy.syntax;

import dev.sallyport.policy.diagnostic.Lines;
import dev.sallyport.policy.diagnostic.Span;

/** A text, and where its lines begin. */
public final class Source {
  /** Sixteen times the largest policy set measured (10,000 policies), and the largest bundle. */
  public static final int LENGTH_MAX = 16 * 1024 * 1024;

  private final String text;
  private final Lines lines;
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
    this.lines = new Lines(text);
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
    return lines.span(at.start(), at.end());
  }
}

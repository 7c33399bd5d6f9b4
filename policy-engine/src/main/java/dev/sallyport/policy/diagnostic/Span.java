package dev.sallyport.policy.diagnostic;

/**
 * A stretch of a source text, half open. Lines and columns count from 1, columns in UTF-16 units as
 * editors do; offsets count from 0.
 *
 * @param start offset of the first character
 * @param end offset behind the last character
 */
public record Span(int start, int end, int line, int column, int endLine, int endColumn) {

  /**
   * The span of {@code text} from offset {@code start} to {@code end}. Reads the whole text; for
   * several places in one, ask its {@link Lines}.
   */
  public static Span of(String text, int start, int end) {
    return new Lines(text).span(start, end);
  }

  @Override
  public String toString() {
    return line + ":" + column;
  }
}

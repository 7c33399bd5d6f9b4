package dev.sallyport.policy.diagnostic;

/**
 * A stretch of a source text, half open. Lines and columns count from 1, columns in UTF-16 units as
 * editors do; offsets count from 0.
 *
 * @param start offset of the first character
 * @param end offset behind the last character
 */
public record Span(int start, int end, int line, int column, int endLine, int endColumn) {

  /** The span of {@code text} from offset {@code start} to {@code end}. */
  public static Span of(String text, int start, int end) {
    int line = 1;
    int lineStart = 0;
    int startLine = 1;
    int startColumn = 1;
    for (int i = 0; i <= end; i++) {
      if (i == start) {
        startLine = line;
        startColumn = i - lineStart + 1;
      }
      if (i < end && i < text.length() && text.charAt(i) == '\n') {
        line++;
        lineStart = i + 1;
      }
    }
    return new Span(start, end, startLine, startColumn, line, end - lineStart + 1);
  }

  @Override
  public String toString() {
    return line + ":" + column;
  }
}

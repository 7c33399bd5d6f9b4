package dev.sallyport.policy.syntax;

import dev.sallyport.policy.diagnostic.Problem;
import dev.sallyport.policy.diagnostic.ProblemCode;
import java.util.Arrays;
import java.util.Set;

/** The tokens of one text, and a cursor on them: what both parsers stand on. */
public final class Tokens {
  /** Words that can name nothing. */
  private static final Set<String> RESERVED =
      Set.of("true", "false", "if", "then", "else", "in", "is", "like", "has", "__cedar");

  private final Source source;
  private Token[] kinds = new Token[64];
  private int[] starts = new int[64];
  private int[] ends = new int[64];
  private int count;
  private int cursor;

  Tokens(Source source) {
    this.source = source;
  }

  void add(Token kind, int start, int end) {
    if (count == kinds.length) {
      kinds = Arrays.copyOf(kinds, count * 2);
      starts = Arrays.copyOf(starts, count * 2);
      ends = Arrays.copyOf(ends, count * 2);
    }
    kinds[count] = kind;
    starts[count] = start;
    ends[count++] = end;
  }

  public Source source() {
    return source;
  }

  public Token kind() {
    return kinds[cursor];
  }

  /** The kind of the token that far ahead. */
  public Token kind(int ahead) {
    return kinds[Math.min(cursor + ahead, count - 1)];
  }

  /** Where the current token stands. */
  public At at() {
    return new At(starts[cursor], ends[cursor]);
  }

  /** From the start of {@code first} to the end of the token before the cursor. */
  public At since(At first) {
    return new At(first.start(), cursor == 0 ? first.end() : ends[cursor - 1]);
  }

  public String text() {
    return source.text().substring(starts[cursor], ends[cursor]);
  }

  public void advance() {
    if (cursor < count - 1) {
      cursor++;
    }
  }

  int count() {
    return count;
  }

  Token kindAt(int index) {
    return kinds[index];
  }

  String textAt(int index) {
    return source.text().substring(starts[index], ends[index]);
  }

  /** What stands between a token and the one before it: blanks and comments. */
  String gapBefore(int index) {
    return source.text().substring(index == 0 ? 0 : ends[index - 1], starts[index]);
  }

  /** Whether the current token is this word. */
  public boolean isWord(String word) {
    return kind() == Token.IDENTIFIER && isText(word);
  }

  /** Whether the current token reads so. */
  private boolean isText(String word) {
    return ends[cursor] - starts[cursor] == word.length()
        && source.text().startsWith(word, starts[cursor]);
  }

  public boolean accept(Token kind) {
    if (kind() == kind) {
      advance();
      return true;
    }
    return false;
  }

  public boolean acceptWord(String word) {
    if (isWord(word)) {
      advance();
      return true;
    }
    return false;
  }

  public void expect(Token kind) throws SyntaxException {
    if (!accept(kind)) {
      throw unexpected(kind.description());
    }
  }

  public void expectWord(String word) throws SyntaxException {
    if (!acceptWord(word)) {
      throw unexpected("`" + word + "`");
    }
  }

  /** Any name, reserved or not. */
  public String word() throws SyntaxException {
    if (kind() != Token.IDENTIFIER) {
      throw unexpected("a name");
    }
    String word = text();
    advance();
    return word;
  }

  /** A name that is not reserved. */
  public String name() throws SyntaxException {
    At place = at();
    String word = word();
    if (isReserved(word)) {
      throw failure(
          ProblemCode.RESERVED_WORD, "`" + word + "` is a reserved word and names nothing", place);
    }
    return word;
  }

  public static boolean isReserved(String word) {
    return RESERVED.contains(word);
  }

  /** {@code Name::Name::…}; stops before a {@code ::} that a string follows. */
  public String path() throws SyntaxException {
    String first = name();
    if (kind() != Token.PATH || kind(1) != Token.IDENTIFIER) {
      return first;
    }
    StringBuilder path = new StringBuilder(first);
    while (kind() == Token.PATH && kind(1) == Token.IDENTIFIER) {
      advance();
      path.append("::").append(name());
    }
    return path.toString();
  }

  /** As {@link #path}, but built-in types may be named as {@code __cedar::Long}. */
  public String pathOfType() throws SyntaxException {
    if (isWord("__cedar") && kind(1) == Token.PATH) {
      advance();
      advance();
      return "__cedar::" + name();
    }
    return path();
  }

  /** A string, unescaped. */
  public String string() throws SyntaxException {
    if (kind() != Token.STRING) {
      throw unexpected("a string");
    }
    String text = Unescape.string(source, starts[cursor] + 1, ends[cursor] - 1);
    advance();
    return text;
  }

  /** A string, unescaped as the pattern of {@code like}. */
  public Pattern pattern() throws SyntaxException {
    if (kind() != Token.STRING) {
      throw unexpected("a string");
    }
    Pattern pattern = Unescape.pattern(source, starts[cursor] + 1, ends[cursor] - 1);
    advance();
    return pattern;
  }

  /** Moves behind the next semicolon, or to the end: where the next declaration may begin. */
  public void recover() {
    while (kind() != Token.END && kind() != Token.SEMICOLON) {
      advance();
    }
    accept(Token.SEMICOLON);
  }

  /** Which token the cursor is on. */
  public int place() {
    return cursor;
  }

  /**
   * Moves behind the next semicolon, or onto the brace that closes what the declaration that began
   * at {@code start} stands in, or to the end.
   */
  public void recoverInBraces(int start) {
    int open = 0;
    for (int i = start; i < cursor; i++) {
      open += braces(kindAt(i));
    }
    while (kind() != Token.END && !accept(Token.SEMICOLON)) {
      if (kind() == Token.CLOSE_BRACE && open <= 0) {
        return;
      }
      open += braces(kind());
      advance();
    }
  }

  private static int braces(Token kind) {
    return kind == Token.OPEN_BRACE ? 1 : kind == Token.CLOSE_BRACE ? -1 : 0;
  }

  public SyntaxException unexpected(String expected) {
    return kind() == Token.END
        ? failure(
            ProblemCode.UNEXPECTED_END, "the text ends where " + expected + " should be", at())
        : failure(
            ProblemCode.UNEXPECTED_TOKEN,
            "unexpected `" + abbreviated(text()) + "`, expected " + expected,
            at());
  }

  private static String abbreviated(String text) {
    return text.length() <= 40 ? text : text.substring(0, 40) + "…";
  }

  public SyntaxException failure(ProblemCode code, String message, At place) {
    return new SyntaxException(problem(code, message, place));
  }

  public Problem problem(ProblemCode code, String message, At place) {
    return new Problem(code, message, source.span(place));
  }
}

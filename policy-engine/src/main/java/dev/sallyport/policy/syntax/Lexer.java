package dev.sallyport.policy.syntax;

import dev.sallyport.policy.diagnostic.Problem;
import dev.sallyport.policy.diagnostic.ProblemCode;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** Cuts a text into tokens in one pass. */
public final class Lexer {
  private static final int PROBLEMS_MAX = 100;

  private final Source source;
  private final String text;
  private final Tokens tokens;
  private final List<Problem> problems = new ArrayList<>();
  private int at;

  private Lexer(Source source) {
    this.source = source;
    this.text = source.text();
    this.tokens = new Tokens(source);
  }

  /** The tokens of a text, the last of which is {@link Token#END}. */
  public static Tokens lex(String text) throws SyntaxException {
    if (text.length() > Source.LENGTH_MAX) {
      throw new SyntaxException(
          new Problem(
              ProblemCode.TOO_LARGE,
              "the text is longer than " + Source.LENGTH_MAX + " characters",
              null));
    }
    return new Lexer(new Source(text)).run();
  }

  private Tokens run() throws SyntaxException {
    while (true) {
      skipBlanksAndComments();
      if (at == text.length()) {
        tokens.add(Token.END, at, at);
        break;
      }
      int start = at;
      try {
        tokens.add(next(), start, at);
      } catch (SyntaxException failure) {
        problems.add(failure.problem());
        if (!isStray(start) || problems.size() == PROBLEMS_MAX) {
          break;
        }
        // What no token begins with is told once for a stretch of it, and the rest is looked at
        // too.
        while (at < text.length() && isStray(at)) {
          at += Character.charCount(text.codePointAt(at));
        }
      }
    }
    if (!problems.isEmpty()) {
      throw new SyntaxException(problems);
    }
    return tokens;
  }

  /** Whether a character stands there that begins no token. */
  private boolean isStray(int place) {
    char c = text.charAt(place);
    return !isNameStart(c)
        && !isDigit(c)
        && !isBlank(c)
        && c != '"'
        && c != '?'
        && twoCharacters(c, place + 1 < text.length() ? text.charAt(place + 1) : 0) == Token.END
        && oneCharacter(c) == Token.END;
  }

  private void skipBlanksAndComments() {
    while (at < text.length()) {
      char c = text.charAt(at);
      if (isBlank(c)) {
        at++;
      } else if (c == '/' && peek(1) == '/') {
        while (at < text.length() && text.charAt(at) != '\n' && text.charAt(at) != '\r') {
          at++;
        }
      } else {
        return;
      }
    }
  }

  /** Unicode's White_Space, all of which is in the first plane. */
  private static boolean isBlank(char c) {
    return c == ' '
        || (c >= '\t' && c <= '\r')
        || (c >= 0x80 && (c == 0x85 || c == 0xa0 || (Character.isSpaceChar(c) && c != 0x200b)));
  }

  private char peek(int distance) {
    return at + distance < text.length() ? text.charAt(at + distance) : 0;
  }

  private Token next() throws SyntaxException {
    char c = text.charAt(at);
    if (isNameStart(c)) {
      skipName();
      return Token.IDENTIFIER;
    }
    if (isDigit(c)) {
      while (isDigit(peek(0))) {
        at++;
      }
      return Token.NUMBER;
    }
    if (c == '"') {
      string();
      return Token.STRING;
    }
    if (c == '?') {
      at++;
      if (isNameStart(peek(0))) {
        skipName();
        return Token.SLOT;
      }
      return Token.QUESTION;
    }
    Token two = twoCharacters(c, peek(1));
    if (two != Token.END) {
      at += 2;
      return two;
    }
    Token one = oneCharacter(c);
    if (one == Token.END) {
      int end = at + Character.charCount(text.codePointAt(at));
      throw failure(
          ProblemCode.UNEXPECTED_CHARACTER,
          "unexpected character " + shown(text.codePointAt(at)),
          new At(at, end));
    }
    at++;
    return one;
  }

  /** Itself, or its number where there would be nothing to see. */
  private static String shown(int c) {
    return switch (Character.getType(c)) {
      case Character.CONTROL,
          Character.FORMAT,
          Character.UNASSIGNED,
          Character.PRIVATE_USE,
          Character.SURROGATE,
          Character.NON_SPACING_MARK,
          Character.ENCLOSING_MARK ->
          String.format(Locale.ROOT, "U+%04X", c);
      default -> "`" + Character.toString(c) + "`";
    };
  }

  private void skipName() {
    while (isNameStart(peek(0)) || isDigit(peek(0))) {
      at++;
    }
  }

  private void string() throws SyntaxException {
    int start = at;
    at++;
    while (at < text.length()) {
      char c = text.charAt(at);
      if (c == '"') {
        at++;
        return;
      }
      if (c == '\\') {
        at++;
        if (peek(0) == '\n') {
          throw failure(
              ProblemCode.INVALID_ESCAPE,
              "a backslash before the end of a line escapes nothing",
              new At(at - 1, at));
        }
      }
      at++;
    }
    throw failure(
        ProblemCode.UNTERMINATED_STRING,
        "this string does not end",
        new At(start, Math.min(start + 1, text.length())));
  }

  private SyntaxException failure(ProblemCode code, String message, At place) {
    return new SyntaxException(new Problem(code, message, source.span(place)));
  }

  static boolean isNameStart(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
  }

  static boolean isDigit(char c) {
    return c >= '0' && c <= '9';
  }

  private static Token twoCharacters(char first, char second) {
    return switch (first) {
      case ':' -> second == ':' ? Token.PATH : Token.END;
      case '=' -> second == '=' ? Token.EQUAL : Token.END;
      case '!' -> second == '=' ? Token.NOT_EQUAL : Token.END;
      case '<' -> second == '=' ? Token.LESS_EQUAL : Token.END;
      case '>' -> second == '=' ? Token.GREATER_EQUAL : Token.END;
      case '|' -> second == '|' ? Token.OR : Token.END;
      case '&' -> second == '&' ? Token.AND : Token.END;
      default -> Token.END;
    };
  }

  private static Token oneCharacter(char c) {
    return switch (c) {
      case '@' -> Token.AT;
      case '.' -> Token.DOT;
      case ',' -> Token.COMMA;
      case ';' -> Token.SEMICOLON;
      case ':' -> Token.COLON;
      case '(' -> Token.OPEN_PAREN;
      case ')' -> Token.CLOSE_PAREN;
      case '{' -> Token.OPEN_BRACE;
      case '}' -> Token.CLOSE_BRACE;
      case '[' -> Token.OPEN_BRACKET;
      case ']' -> Token.CLOSE_BRACKET;
      case '<' -> Token.LESS;
      case '>' -> Token.GREATER;
      case '+' -> Token.PLUS;
      case '-' -> Token.MINUS;
      case '*' -> Token.TIMES;
      case '/' -> Token.DIVIDE;
      case '%' -> Token.REMAINDER;
      case '!' -> Token.NOT;
      case '=' -> Token.ASSIGN;
      default -> Token.END;
    };
  }
}

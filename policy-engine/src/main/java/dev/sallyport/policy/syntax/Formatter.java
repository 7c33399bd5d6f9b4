package dev.sallyport.policy.syntax;

import dev.sallyport.policy.diagnostic.ParseResult;
import dev.sallyport.policy.diagnostic.ParseResult.Parsed;
import dev.sallyport.policy.diagnostic.ParseResult.Rejected;
import dev.sallyport.policy.diagnostic.Problem;
import dev.sallyport.policy.syntax.Layout.Break;
import dev.sallyport.policy.syntax.Layout.Group;
import dev.sallyport.policy.syntax.Layout.Nest;
import dev.sallyport.policy.syntax.Layout.Sequence;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.function.IntPredicate;

/**
 * The one layout of policies. Works on the tokens of a text that parses, not on its expressions, so
 * that parentheses, spellings and comments stay what their author chose; only blanks change.
 */
public final class Formatter {
  private static final int WIDTH_MAX = 100;

  /** Words after which a parenthesis opens an expression, not a call. */
  private static final Set<String> OPERATOR_WORDS =
      Set.of("in", "is", "has", "like", "if", "then", "else");

  private final Tokens tokens;

  private Formatter(Tokens tokens) {
    this.tokens = tokens;
  }

  /** The text in the one layout; rejected if it does not parse. */
  public static ParseResult<String> format(String text) {
    if (PolicyParser.parse(text) instanceof Rejected<List<PolicyText>>(List<Problem> problems)) {
      return new Rejected<>(problems);
    }
    try {
      return new Parsed<>(new Formatter(Lexer.lex(text)).run());
    } catch (SyntaxException failure) {
      return new Rejected<>(failure.problems());
    }
  }

  private String run() {
    StringBuilder out = new StringBuilder();
    int start = 0;
    for (int i = 0; i < tokens.count(); i++) {
      if (tokens.kindAt(i) == Token.SEMICOLON) {
        if (!out.isEmpty()) {
          out.append('\n');
        }
        out.append(Layout.render(policy(start, i), WIDTH_MAX));
        String trailing = trailingComment(i + 1);
        out.append(trailing.isEmpty() ? "" : " " + trailing).append('\n');
        start = i + 1;
      }
    }
    List<String> last = comments(tokens.count() - 1);
    if (!last.isEmpty() && !out.isEmpty()) {
      out.append('\n');
    }
    last.forEach(comment -> out.append(comment).append('\n'));
    return out.toString();
  }

  /** The comment that stands on the line of the semicolon before a token, if one does. */
  private String trailingComment(int index) {
    String gap = tokens.gapBefore(index);
    int comment = gap.indexOf("//");
    return comment >= 0 && gap.substring(0, comment).isBlank() && !hasLineEnd(gap, comment)
        ? line(gap, comment)
        : "";
  }

  private static boolean hasLineEnd(String gap, int end) {
    return gap.substring(0, end).chars().anyMatch(c -> c == '\n' || c == '\r');
  }

  private static String line(String gap, int start) {
    int end = start;
    while (end < gap.length() && gap.charAt(end) != '\n' && gap.charAt(end) != '\r') {
      end++;
    }
    return gap.substring(start, end).stripTrailing();
  }

  /** The comments before a token, without one that trails a policy. */
  private List<String> comments(int index) {
    String gap = tokens.gapBefore(index);
    List<String> comments = new ArrayList<>();
    for (int i = gap.indexOf("//"); i >= 0; ) {
      String comment = line(gap, i);
      boolean trails =
          comments.isEmpty()
              && index > 0
              && tokens.kindAt(index - 1) == Token.SEMICOLON
              && !hasLineEnd(gap, i);
      if (!trails) {
        comments.add(comment);
      }
      int end = i;
      while (end < gap.length() && gap.charAt(end) != '\n' && gap.charAt(end) != '\r') {
        end++;
      }
      i = gap.indexOf("//", end);
      boolean blankLine =
          gap.substring(end, i < 0 ? gap.length() : i).chars().filter(c -> c == '\n').count() > 1;
      if (blankLine && !comments.isEmpty() && (i >= 0 || index < tokens.count() - 1)) {
        comments.add("");
      }
    }
    return comments;
  }

  private Layout policy(int start, int end) {
    Layout.Builder out = new Layout.Builder();
    int at = start;
    while (tokens.kindAt(at) == Token.AT) {
      int next = at + 2;
      if (tokens.kindAt(next) == Token.OPEN_PAREN) {
        next += 3;
      }
      out.add(plain(at, next)).add(new Layout.NewLine());
      at = next;
    }
    int close = closing(at + 1);
    out.add(token(at)).text(" ").add(brackets(at + 1, close, ""));
    at = close + 1;
    while (at < end) {
      int conditionClose = closing(at + 1);
      out.add(new Layout.NewLine()).add(token(at)).text(" ");
      out.add(brackets(at + 1, conditionClose, " "));
      at = conditionClose + 1;
    }
    return out.add(token(end)).build();
  }

  private int closing(int open) {
    int depth = 0;
    for (int i = open; ; i++) {
      switch (tokens.kindAt(i)) {
        case OPEN_PAREN, OPEN_BRACE, OPEN_BRACKET -> depth++;
        case CLOSE_PAREN, CLOSE_BRACE, CLOSE_BRACKET -> {
          if (--depth == 0) {
            return i;
          }
        }
        default -> {}
      }
    }
  }

  /** A token, after its comments. */
  private Layout token(int index) {
    List<String> comments = comments(index);
    if (comments.isEmpty()) {
      return new Layout.Text(tokens.textAt(index));
    }
    Layout.Builder out = new Layout.Builder();
    comments.forEach(comment -> out.add(new Layout.Comment(comment)));
    return out.text(tokens.textAt(index)).build();
  }

  /** Brackets and what is in them, separated by commas. */
  private Layout brackets(int open, int close, String inside) {
    if (open + 1 == close) {
      return Sequence.of(token(open), token(close));
    }
    Layout.Builder items = new Layout.Builder();
    int start = open + 1;
    for (int comma : positions(open + 1, close, i -> tokens.kindAt(i) == Token.COMMA)) {
      items.add(item(start, comma)).add(token(comma));
      if (comma + 1 < close) {
        items.add(new Break(" "));
      }
      start = comma + 1;
    }
    if (start < close) {
      items.add(item(start, close));
    }
    return new Group(
        Sequence.of(
            token(open),
            new Nest(Sequence.of(new Break(inside), items.build())),
            new Break(inside),
            token(close)));
  }

  /** An element of a list; in a record it has a name and a colon. */
  private Layout item(int start, int end) {
    if (end > start + 2 && tokens.kindAt(start + 1) == Token.COLON) {
      return Sequence.of(
          token(start), token(start + 1), new Layout.Text(" "), expression(start + 2, end));
    }
    return expression(start, end);
  }

  private Layout expression(int start, int end) {
    if (start < end && isWord(start, "if")) {
      int then = branch(start + 1, end, "then");
      int otherwise = branch(then + 1, end, "else");
      return new Group(
          Sequence.of(
              token(start),
              new Layout.Text(" "),
              expression(start + 1, then),
              new Nest(
                  Sequence.of(
                      new Break(" "),
                      token(then),
                      new Layout.Text(" "),
                      expression(then + 1, otherwise),
                      new Break(" "),
                      token(otherwise),
                      new Layout.Text(" "),
                      expression(otherwise + 1, end)))));
    }
    List<Integer> ors = positions(start, end, i -> tokens.kindAt(i) == Token.OR);
    if (!ors.isEmpty()) {
      return chain(start, end, ors, false);
    }
    List<Integer> ands = positions(start, end, i -> tokens.kindAt(i) == Token.AND);
    return ands.isEmpty() ? plain(start, end) : chain(start, end, ands, true);
  }

  private Layout chain(int start, int end, List<Integer> operators, boolean plain) {
    Layout.Builder out = new Layout.Builder();
    int from = start;
    for (int operator : operators) {
      out.add(plain ? plain(from, operator) : expression(from, operator));
      out.text(" ").text(tokens.textAt(operator)).add(new Break(" "));
      // What was said before the operator is said after it, where the line breaks.
      comments(operator).forEach(comment -> out.add(new Layout.Comment(comment)));
      from = operator + 1;
    }
    out.add(plain ? plain(from, end) : expression(from, end));
    return new Group(out.build());
  }

  private boolean isWord(int index, String word) {
    return tokens.kindAt(index) == Token.IDENTIFIER && tokens.textAt(index).equals(word);
  }

  /** Where the {@code then} or {@code else} of an {@code if} before {@code start} stands. */
  private int branch(int start, int end, String word) {
    int inner = 0;
    for (int i : positions(start, end, i -> tokens.kindAt(i) == Token.IDENTIFIER)) {
      if (isWord(i, "if")) {
        inner++;
      } else if (isWord(i, word)) {
        if (inner == 0) {
          return i;
        }
        inner--;
      }
    }
    throw new IllegalStateException("no `" + word + "`");
  }

  /** The tokens that match, brackets and what is in them left out. */
  private List<Integer> positions(int start, int end, IntPredicate wanted) {
    List<Integer> found = new ArrayList<>();
    int depth = 0;
    for (int i = start; i < end; i++) {
      switch (tokens.kindAt(i)) {
        case OPEN_PAREN, OPEN_BRACE, OPEN_BRACKET -> depth++;
        case CLOSE_PAREN, CLOSE_BRACE, CLOSE_BRACKET -> depth--;
        default -> {
          if (depth == 0 && wanted.test(i)) {
            found.add(i);
          }
        }
      }
    }
    return found;
  }

  /** Tokens in a row, with blanks where they belong and brackets laid out. */
  private Layout plain(int start, int end) {
    Layout.Builder out = new Layout.Builder();
    int previous = -1;
    for (int i = start; i < end; i++) {
      if (previous >= 0 && isApart(previous, i, start)) {
        out.text(" ");
      }
      if (isOpening(i)) {
        int close = closing(i);
        out.add(brackets(i, close, ""));
        previous = close;
        i = close;
      } else {
        out.add(token(i));
        previous = i;
      }
    }
    return out.build();
  }

  private boolean isOpening(int index) {
    return switch (tokens.kindAt(index)) {
      case OPEN_PAREN, OPEN_BRACE, OPEN_BRACKET -> true;
      default -> false;
    };
  }

  /** Whether a blank belongs between two tokens. */
  private boolean isApart(int left, int right, int start) {
    Token a = tokens.kindAt(left);
    Token b = tokens.kindAt(right);
    if (b == Token.DOT || a == Token.DOT || b == Token.PATH || a == Token.PATH || a == Token.AT) {
      return false;
    }
    if (b == Token.COMMA || b == Token.COLON || b == Token.SEMICOLON) {
      return false;
    }
    if (b == Token.OPEN_PAREN || b == Token.OPEN_BRACKET) {
      boolean follows =
          a == Token.CLOSE_PAREN
              || a == Token.CLOSE_BRACKET
              || a == Token.CLOSE_BRACE
              || a == Token.STRING
              || (a == Token.IDENTIFIER && !isOperatorWord(left));
      if (follows) {
        return false;
      }
    }
    return !isSign(left, start);
  }

  /** A word that is an operator here; behind a dot it is a name. */
  private boolean isOperatorWord(int index) {
    return OPERATOR_WORDS.contains(tokens.textAt(index))
        && (index == 0 || tokens.kindAt(index - 1) != Token.DOT);
  }

  /** Whether a `!` or `-` belongs to what follows it. */
  private boolean isSign(int index, int start) {
    if (tokens.kindAt(index) == Token.NOT) {
      return true;
    }
    if (tokens.kindAt(index) != Token.MINUS) {
      return false;
    }
    if (index == start) {
      return true;
    }
    return switch (tokens.kindAt(index - 1)) {
      case NUMBER, STRING, CLOSE_PAREN, CLOSE_BRACE, CLOSE_BRACKET -> false;
      case IDENTIFIER -> isOperatorWord(index - 1);
      default -> true;
    };
  }
}

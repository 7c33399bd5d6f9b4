package dev.sallyport.policy.syntax;

import dev.sallyport.policy.diagnostic.Problem;
import dev.sallyport.policy.diagnostic.ProblemCode;
import java.util.ArrayList;
import java.util.List;

/**
 * The escapes of string literals: a backslash before {@code n r t \ 0 ' "}, before {@code x7f},
 * before {@code u} and up to six digits in braces, and in patterns before {@code *}. Only that last
 * one is a literal star in a pattern: a star written by its number is a wildcard, as in Cedar.
 */
final class Unescape {
  private final Source source;
  private final String text;
  private final int end;
  private final boolean isPattern;
  private final List<String> parts = new ArrayList<>();
  private final StringBuilder part = new StringBuilder();
  private int at;

  private Unescape(Source source, int start, int end, boolean isPattern) {
    this.source = source;
    this.text = source.text();
    this.at = start;
    this.end = end;
    this.isPattern = isPattern;
  }

  static String string(Source source, int start, int end) throws SyntaxException {
    String text = source.text();
    if (text.indexOf('\\', start, end) < 0 && text.indexOf('\r', start, end) < 0) {
      return text.substring(start, end);
    }
    Unescape reader = new Unescape(source, start, end, false);
    reader.run();
    return reader.part.toString();
  }

  static Pattern pattern(Source source, int start, int end) throws SyntaxException {
    Unescape reader = new Unescape(source, start, end, true);
    reader.run();
    reader.parts.add(reader.part.toString());
    return new Pattern(reader.parts);
  }

  private void run() throws SyntaxException {
    while (at < end) {
      char c = text.charAt(at++);
      if (c == '\\') {
        escape();
      } else if (c == '*' && isPattern) {
        wildcard();
      } else if (c == '\r') {
        throw failure(at - 1, "a carriage return must be written `\\r`");
      } else {
        part.append(c);
      }
    }
  }

  private void wildcard() {
    parts.add(part.toString());
    part.setLength(0);
  }

  private void append(int character) {
    if (character == '*' && isPattern) {
      wildcard();
    } else {
      part.appendCodePoint(character);
    }
  }

  private void escape() throws SyntaxException {
    int start = at - 1;
    char c = text.charAt(at++);
    switch (c) {
      case 'n' -> part.append('\n');
      case 'r' -> part.append('\r');
      case 't' -> part.append('\t');
      case '0' -> part.append('\0');
      case '\\', '\'', '"' -> part.append(c);
      case 'x' -> append(ascii(start));
      case 'u' -> append(unicode(start));
      case '*' -> {
        if (!isPattern) {
          throw failure(start, "`\\*` is an escape only in the pattern of `like`");
        }
        part.append('*');
      }
      default -> throw failure(start, "`\\" + c + "` is no escape");
    }
  }

  private int ascii(int start) throws SyntaxException {
    int high = digit();
    int low = digit();
    if (high < 0 || low < 0 || high > 7) {
      throw failure(start, "`\\x` takes two hexadecimal digits up to `7f`");
    }
    return high * 16 + low;
  }

  private int unicode(int start) throws SyntaxException {
    String help = "`\\u` takes one to six hexadecimal digits in braces, such as `\\u{e9}`";
    if (at >= end || text.charAt(at++) != '{') {
      throw failure(start, help);
    }
    int value = 0;
    int digits = 0;
    while (at < end && text.charAt(at) != '}') {
      if (text.charAt(at) == '_' && digits > 0) {
        at++;
        continue;
      }
      int digit = digit();
      if (digit < 0 || ++digits > 6) {
        throw failure(start, help);
      }
      value = value * 16 + digit;
    }
    at++;
    if (at > end || digits == 0) {
      throw failure(start, help);
    }
    if (!Character.isValidCodePoint(value) || (value >= 0xd800 && value <= 0xdfff)) {
      throw failure(start, "`" + Integer.toHexString(value) + "` is no Unicode scalar value");
    }
    return value;
  }

  private int digit() {
    char c = at < end ? text.charAt(at++) : 0;
    return c < 0x80 ? Character.digit(c, 16) : -1;
  }

  private SyntaxException failure(int start, String message) {
    return new SyntaxException(
        new Problem(
            ProblemCode.INVALID_ESCAPE,
            message,
            source.span(new At(start, Math.max(start + 1, Math.min(at, end))))));
  }
}

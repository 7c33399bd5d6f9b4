package dev.sallyport.policy.syntax;

/** What may be a name. */
public final class Names {
  /** Far longer than any; a bound, because names come from outside. */
  private static final int LENGTH_MAX = 4096;

  private Names() {}

  /** Whether the text is names joined by {@code ::}, none of them reserved. */
  public static boolean isPath(String text) {
    if (text.length() > LENGTH_MAX) {
      return false;
    }
    for (String name : text.split("::", -1)) {
      if (!isIdentifier(name) || Tokens.isReserved(name)) {
        return false;
      }
    }
    return true;
  }

  /** Whether the text could be written without quotes, unless it is reserved. */
  public static boolean isIdentifier(String text) {
    if (text.isEmpty() || !Lexer.isNameStart(text.charAt(0))) {
      return false;
    }
    for (int i = 1; i < text.length(); i++) {
      if (!Lexer.isNameStart(text.charAt(i)) && !Lexer.isDigit(text.charAt(i))) {
        return false;
      }
    }
    return true;
  }
}

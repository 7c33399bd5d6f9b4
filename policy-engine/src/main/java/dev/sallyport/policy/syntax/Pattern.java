package dev.sallyport.policy.syntax;

import java.util.List;

/**
 * The pattern of {@code like}: literal parts with a wildcard between each two. One part means no
 * wildcard; an empty first or last part means that the pattern begins or ends with one.
 */
public record Pattern(List<String> parts) {
  public Pattern {
    parts = List.copyOf(parts);
  }

  /**
   * Whether the whole text matches. Middle parts are taken where they first occur, which is enough,
   * so the cost is linear in the text for each part.
   */
  public boolean matches(String text) {
    String first = parts.getFirst();
    int last = parts.size() - 1;
    if (last == 0) {
      return text.equals(first);
    }
    if (!text.startsWith(first)) {
      return false;
    }
    int at = first.length();
    for (int i = 1; i < last; i++) {
      String part = parts.get(i);
      int found = text.indexOf(part, at);
      if (found < 0) {
        return false;
      }
      at = found + part.length();
    }
    String end = parts.get(last);
    return text.length() - end.length() >= at && text.endsWith(end);
  }
}

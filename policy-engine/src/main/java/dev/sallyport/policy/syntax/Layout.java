package dev.sallyport.policy.syntax;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;

/**
 * Text with places where lines may break: a group stands on one line if it fits, else all its own
 * breaks become new lines. After Wadler, "A prettier printer".
 */
sealed interface Layout {
  record Text(String text) implements Layout {}

  /** A new line, or {@code flat} if the group around it fits. */
  record Break(String flat) implements Layout {}

  /** Always a new line. */
  record NewLine() implements Layout {}

  /** A comment, which has lines of its own. */
  record Comment(String text) implements Layout {}

  record Nest(Layout inner) implements Layout {}

  record Group(Layout inner) implements Layout {}

  record Sequence(List<Layout> parts) implements Layout {
    static Sequence of(Layout... parts) {
      return new Sequence(List.of(parts));
    }
  }

  int INDENT = 2;

  /** Renders without recursion, so that no nesting can exhaust the stack. */
  static String render(Layout layout, int widthMax) {
    record Item(int indent, boolean flat, Layout layout) {}
    StringBuilder out = new StringBuilder();
    Deque<Item> open = new ArrayDeque<>();
    open.push(new Item(0, false, layout));
    while (!open.isEmpty()) {
      Item item = open.pop();
      switch (item.layout()) {
        case Text(String text) -> out.append(text);
        case Break(String flat) -> {
          if (item.flat()) {
            out.append(flat);
          } else {
            newLine(out, item.indent());
          }
        }
        case NewLine() -> newLine(out, item.indent());
        case Comment(String text) -> {
          if (!isLineStart(out)) {
            newLine(out, item.indent());
          }
          out.append(text);
          newLine(out, item.indent());
        }
        case Nest(Layout inner) -> open.push(new Item(item.indent() + INDENT, item.flat(), inner));
        case Group(Layout inner) -> {
          int room = widthMax - (out.length() - out.lastIndexOf("\n") - 1);
          open.push(new Item(item.indent(), item.flat() || fits(inner, room), inner));
        }
        case Sequence(List<Layout> parts) -> {
          for (int i = parts.size() - 1; i >= 0; i--) {
            open.push(new Item(item.indent(), item.flat(), parts.get(i)));
          }
        }
      }
    }
    return out.toString();
  }

  private static void newLine(StringBuilder out, int indent) {
    int end = out.length();
    while (end > 0 && out.charAt(end - 1) == ' ') {
      end--;
    }
    out.setLength(end);
    out.append('\n').repeat(' ', indent);
  }

  private static boolean isLineStart(StringBuilder out) {
    int i = out.length() - 1;
    while (i >= 0 && out.charAt(i) == ' ') {
      i--;
    }
    return i < 0 || out.charAt(i) == '\n';
  }

  /** Whether all of it fits on the rest of a line. Looks no further than the line is wide. */
  private static boolean fits(Layout layout, int room) {
    Deque<Layout> open = new ArrayDeque<>();
    open.push(layout);
    int left = room;
    while (!open.isEmpty() && left >= 0) {
      switch (open.pop()) {
        case Text(String text) -> left -= text.length();
        case Break(String flat) -> left -= flat.length();
        case NewLine(), Comment(_) -> {
          return false;
        }
        case Nest(Layout inner) -> open.push(inner);
        case Group(Layout inner) -> open.push(inner);
        case Sequence(List<Layout> parts) -> {
          for (int i = parts.size() - 1; i >= 0; i--) {
            open.push(parts.get(i));
          }
        }
      }
    }
    return left >= 0;
  }

  /** Collects parts. */
  final class Builder {
    private final List<Layout> parts = new ArrayList<>();

    Builder add(Layout part) {
      parts.add(part);
      return this;
    }

    Builder text(String text) {
      return add(new Text(text));
    }

    Layout build() {
      return new Sequence(List.copyOf(parts));
    }
  }
}

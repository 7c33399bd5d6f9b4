package dev.sallyport.policy.json;

import java.util.ArrayDeque;
import java.util.Deque;
import org.jspecify.annotations.Nullable;

/**
 * The way from the root of a JSON value to a part of it. A step costs one small object, however
 * deep it leads; the text is made only when a problem is told.
 */
public final class JsonPath {
  public static final JsonPath ROOT = new JsonPath(null, null, 0);

  private static final int STEPS_SHOWN_MAX = 20;
  private static final int NAME_SHOWN_MAX = 60;

  private final @Nullable JsonPath parent;
  private final @Nullable String name;
  private final int index;

  private JsonPath(@Nullable JsonPath parent, @Nullable String name, int index) {
    this.parent = parent;
    this.name = name;
    this.index = index;
  }

  public JsonPath member(String memberName) {
    return new JsonPath(this, memberName, 0);
  }

  public JsonPath element(int place) {
    return new JsonPath(this, null, place);
  }

  /** The steps from the root: the name of a member, or the place of an element. */
  Deque<Object> steps() {
    Deque<Object> steps = new ArrayDeque<>();
    JsonPath at = this;
    while (at.parent != null) {
      steps.addFirst(at.name == null ? at.index : at.name);
      at = at.parent;
    }
    return steps;
  }

  /** As {@code [0].attrs.x}; empty for the root. */
  @Override
  public String toString() {
    StringBuilder out = new StringBuilder();
    int shown = 0;
    for (Object step : steps()) {
      if (++shown > STEPS_SHOWN_MAX) {
        return out.append(".…").toString();
      }
      if (step instanceof String text) {
        out.append(out.isEmpty() ? "" : ".")
            .append(
                text.length() <= NAME_SHOWN_MAX ? text : text.substring(0, NAME_SHOWN_MAX) + "…");
      } else {
        out.append('[').append(step).append(']');
      }
    }
    return out.toString();
  }
}

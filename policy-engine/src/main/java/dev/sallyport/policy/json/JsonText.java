package dev.sallyport.policy.json;

import dev.sallyport.policy.diagnostic.Lines;
import dev.sallyport.policy.diagnostic.Span;
import java.util.IdentityHashMap;
import org.jspecify.annotations.Nullable;

/** A JSON text as read, with the place of each of its values. */
public final class JsonText {
  private final String text;
  private final Json root;
  private final IdentityHashMap<Json, Place> places;
  private @Nullable Lines lines;

  /** Offsets into the text, half open. */
  public record Place(int start, int end) {}

  JsonText(String text, Json root, IdentityHashMap<Json, Place> places) {
    this.text = text;
    this.root = root;
    this.places = places;
  }

  public String text() {
    return text;
  }

  public Json root() {
    return root;
  }

  /** Where that very value (not one equal to it) stands; null if it is not of this text. */
  public @Nullable Place place(@Nullable Json value) {
    return value == null ? null : places.get(value);
  }

  /** As {@link #place}, with lines and columns. */
  public @Nullable Span span(@Nullable Json value) {
    Place place = place(value);
    return place == null ? null : lines().span(place.start(), place.end());
  }

  /** Made at the first question; threads that ask at once make the same. */
  private Lines lines() {
    Lines known = lines;
    if (known == null) {
      known = new Lines(text);
      lines = known;
    }
    return known;
  }
}

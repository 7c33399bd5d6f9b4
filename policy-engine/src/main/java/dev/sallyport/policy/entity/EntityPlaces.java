package dev.sallyport.policy.entity;

import dev.sallyport.policy.diagnostic.Span;
import org.jspecify.annotations.Nullable;

/**
 * Where entities stand in the text that they were read from, by their place among those given,
 * counted from 0; null where it is not known.
 */
public interface EntityPlaces {
  /** Of entities that come from no text. */
  EntityPlaces NONE = new EntityPlaces() {};

  /** The whole entity. */
  default @Nullable Span entity(int index) {
    return null;
  }

  /** All of its parents. */
  default @Nullable Span parents(int index) {
    return null;
  }

  /** One of its parents. */
  default @Nullable Span parent(int index, int parent) {
    return null;
  }
}

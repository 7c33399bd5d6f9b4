package dev.sallyport.policy.syntax;

import org.jspecify.annotations.Nullable;

/**
 * Where an expression stands: offsets into its source, half open. All places are equal to each
 * other, so that two expressions are equal when they say the same, wherever they stand; the
 * validator relies on that.
 */
public record At(int start, int end) {
  /** For expressions that come from no text. */
  public static final At NOWHERE = new At(0, 0);

  At to(At last) {
    return new At(start, last.end);
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof At;
  }

  @Override
  public int hashCode() {
    return 0;
  }
}

package dev.sallyport.policy;

import java.util.Locale;

/** What a policy does when it is satisfied. */
public enum Effect {
  PERMIT,
  FORBID;

  /** The keyword. */
  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT);
  }
}

package dev.sallyport.policy;

/** Yes or no. */
public enum Verdict {
  PERMITTED,
  REFUSED;

  public boolean permitted() {
    return this == PERMITTED;
  }
}

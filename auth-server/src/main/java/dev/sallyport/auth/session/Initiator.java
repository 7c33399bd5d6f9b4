package dev.sallyport.auth.session;

/** Who caused a session to end: CAEP's {@code initiating_entity}. */
public enum Initiator {
  USER("user"),
  ADMIN("admin"),
  POLICY("policy"),
  SYSTEM("system");

  private final String caep;

  Initiator(String caep) {
    this.caep = caep;
  }

  /** The value in a security event token. */
  public String caep() {
    return caep;
  }
}

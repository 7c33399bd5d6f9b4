package dev.sallyport.auth.sentcode;

/** How a code is sent. */
public enum Channel {
  EMAIL("email"),
  SMS("sms");

  private final String factor;

  Channel(String factor) {
    this.factor = factor;
  }

  /** The name of the factor in events and {@code amr}: {@code sms} is RFC 8176's. */
  public String factor() {
    return factor;
  }
}

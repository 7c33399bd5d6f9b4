package dev.sallyport.gateway.issuer;

/** The gateway must not start; the message is the one line that its operator sees. */
public final class StartRefused extends RuntimeException {
  public StartRefused(String message) {
    super(message);
  }
}

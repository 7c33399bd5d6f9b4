package dev.sallyport.client;

/** The token endpoint refused; {@code code} is the error of RFC 6749 §5.2. */
public final class OAuthException extends RuntimeException {

  private static final long serialVersionUID = 1;
  private final String code;
  private final int status;

  OAuthException(String code, String description, int status) {
    super(status + " " + code + ": " + description);
    this.code = code;
    this.status = status;
  }

  public String code() {
    return code;
  }

  public int status() {
    return status;
  }
}

package dev.sallyport.acceptance.client;

/** An MLS operation failed, or a member is not who they should be. */
public final class MlsException extends RuntimeException {

  private static final long serialVersionUID = 1;

  MlsException(String message) {
    super(message);
  }

  MlsException(String message, Throwable cause) {
    super(message, cause);
  }
}

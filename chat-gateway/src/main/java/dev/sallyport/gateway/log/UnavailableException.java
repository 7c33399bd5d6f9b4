package dev.sallyport.gateway.log;

import java.io.Serial;

/** The store cannot be reached, or is overloaded: try again later. */
public final class UnavailableException extends RuntimeException {
  @Serial private static final long serialVersionUID = 1;

  public UnavailableException(Throwable cause) {
    super("the store is unavailable", cause);
  }
}

package dev.sallyport.gateway.room;

import dev.sallyport.gateway.log.UnavailableException;
import java.util.concurrent.CompletionException;

/** Tells a store that is away from a fault of ours. */
final class Failures {

  private Failures() {}

  static boolean isUnavailable(Throwable failure) {
    return failure instanceof UnavailableException
        || failure.getCause() instanceof UnavailableException;
  }

  /** To be thrown on from a step of a future. */
  static CompletionException passedOn(Throwable failure) {
    return failure instanceof CompletionException same ? same : new CompletionException(failure);
  }
}

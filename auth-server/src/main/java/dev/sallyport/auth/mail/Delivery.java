package dev.sallyport.auth.mail;

/** The way by which mail leaves this server. */
interface Delivery {

  /** Thrown when a letter could not be handed over; it is tried again. */
  final class Failed extends Exception {
    Failed(String message, Throwable cause) {
      super(message, cause);
    }
  }

  /** Whether there is a way at all. */
  boolean on();

  void deliver(Letter letter) throws Failed;
}

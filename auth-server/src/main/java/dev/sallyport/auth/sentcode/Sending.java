package dev.sallyport.auth.sentcode;

import java.time.Duration;

/** What came of sending a code. */
public sealed interface Sending {

  /**
   * It is on its way.
   *
   * @param id by which it is checked; stays in the browser's session
   * @param masked where to
   */
  record Sent(String id, String masked) implements Sending {}

  /** So many were sent of late that this one was not. HTTP 429. */
  record TooMany(Duration remaining) implements Sending {}

  /** It is no phone number, or the account has no confirmed address. */
  record NotPermitted() implements Sending {}

  /** Whoever sends SMS for us did not take it. HTTP 503. */
  record Failed() implements Sending {}
}

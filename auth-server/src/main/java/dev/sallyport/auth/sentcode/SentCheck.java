package dev.sallyport.auth.sentcode;

import java.time.Duration;

/** What came of typing a code that was sent. */
public sealed interface SentCheck {

  record Right(Channel channel) implements SentCheck {}

  record Wrong() implements SentCheck {}

  /** It is too old, was used, or was guessed at too often: another one must be sent. */
  record Gone() implements SentCheck {}

  /** It was not looked at: too many wrong ones came before. */
  record LockedOut(Duration remaining) implements SentCheck {}
}

package dev.sallyport.auth.totp;

import java.time.Duration;

/** What came of showing a code of the second factor. */
public sealed interface CodeCheck {

  record Right() implements CodeCheck {}

  record Wrong() implements CodeCheck {}

  /** It was right once. */
  record UsedBefore() implements CodeCheck {}

  /** It was not looked at: too many wrong ones came before. */
  record LockedOut(Duration remaining) implements CodeCheck {}

  record NotEnrolled() implements CodeCheck {}
}

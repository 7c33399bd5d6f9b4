package dev.sallyport.auth.pairing;

import java.time.Duration;

/** What came of a code that someone typed. */
public sealed interface Entry {

  record Found(PairingRequest request) implements Entry {}

  /** No device waits with this code: never, no more, or it was answered. */
  record Unknown() implements Entry {}

  /** Too many wrong codes by this account or from this network; {@code remaining} is never zero. */
  record TooMany(Duration remaining) implements Entry {}
}

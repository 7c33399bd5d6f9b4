package dev.sallyport.auth.device;

import java.time.Instant;

/** What came of a request for a device credential. */
sealed interface Enrolment {

  /**
   * The device is enrolled.
   *
   * @param credential compact JWS, the {@code identity} of the device's MLS credential
   */
  record Issued(String deviceId, String credential, Instant expiresAt) implements Enrolment {
    @Override
    public String toString() {
      return "Issued[" + deviceId + "]";
    }
  }

  /** The proof does not show possession of the key; {@code detail} says what is wrong. */
  record ProofRefused(String detail) implements Enrolment {}

  /** The account has as many devices as it may have. */
  record TooMany(int max) implements Enrolment {}

  /** Another live device has this signature key. */
  record KeyInUse() implements Enrolment {}

  /** The account has no such live device. */
  record Unknown() implements Enrolment {}

  /** A renewal by another key: a device with another key is another device. */
  record OtherKey() implements Enrolment {}
}

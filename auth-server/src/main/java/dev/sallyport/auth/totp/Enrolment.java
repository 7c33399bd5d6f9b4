package dev.sallyport.auth.totp;

import java.time.Duration;
import java.util.List;

/** What came of confirming an {@link EnrolmentOffer}. */
public sealed interface Enrolment {

  /**
   * Done; the code that confirmed it is spent.
   *
   * @param recoveryCodes in clear, now and never again
   */
  record Enrolled(List<String> recoveryCodes) implements Enrolment {

    /** Says nothing of the codes. */
    @Override
    public String toString() {
      return "Enrolled";
    }
  }

  record WrongCode() implements Enrolment {}

  record LockedOut(Duration remaining) implements Enrolment {}

  /** Another browser was faster. */
  record AlreadyEnrolled() implements Enrolment {}
}

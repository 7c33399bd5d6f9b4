package dev.sallyport.auth.session;

import java.util.List;

/** The values of {@code acr}: how surely it is known who signed in. */
public final class Assurance {

  /** One factor. */
  public static final String ONE_FACTOR = "urn:sallyport:acr:1fa";

  /**
   * One factor, and a code that was sent by SMS or e-mail: more than one, and less than two, since
   * it can be read on its way (NIST SP 800-63B §5.1.3.3 restricts the one and forbids the other).
   */
  public static final String SENT_CODE = "urn:sallyport:acr:1fa-sent";

  /** Two factors of different kinds, both checked by this server. */
  public static final String TWO_FACTORS = "urn:sallyport:acr:2fa";

  /** The {@code amr} value that says more than one factor was shown (RFC 8176). */
  public static final String MFA = "mfa";

  /** The {@code amr} value of a code sent by SMS (RFC 8176). */
  public static final String SMS = "sms";

  /** The {@code amr} value of a code sent by e-mail, for which RFC 8176 has none. */
  public static final String EMAIL = "email";

  private Assurance() {}

  /** What these methods are worth. */
  public static String of(List<String> amr) {
    if (amr.contains(MFA)) {
      return TWO_FACTORS;
    }
    return amr.contains(SMS) || amr.contains(EMAIL) ? SENT_CODE : ONE_FACTOR;
  }

  /** Whether a sign-in of this worth showed more than one factor, of whichever worth. */
  public static boolean moreThanOneFactor(String acr) {
    return acr.equals(TWO_FACTORS) || acr.equals(SENT_CODE);
  }
}

package dev.sallyport.auth.session;

import java.util.List;

/** The values of {@code acr}: how surely it is known who signed in. */
public final class Assurance {

  /** One factor. */
  public static final String ONE_FACTOR = "urn:sallyport:acr:1fa";

  /** Two factors of different kinds, both checked by this server. */
  public static final String TWO_FACTORS = "urn:sallyport:acr:2fa";

  /** The {@code amr} value that says more than one factor was shown (RFC 8176). */
  public static final String MFA = "mfa";

  private Assurance() {}

  /** What these methods are worth. */
  public static String of(List<String> amr) {
    return amr.contains(MFA) ? TWO_FACTORS : ONE_FACTOR;
  }
}

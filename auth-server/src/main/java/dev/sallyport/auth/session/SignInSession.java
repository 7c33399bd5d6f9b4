package dev.sallyport.auth.session;

import java.time.Instant;
import java.util.List;

/**
 * A sign-in session.
 *
 * @param sid 128 random bits, base64url
 * @param authTime when the last factor was shown
 * @param userAgent what the browser called itself, cut short; for its owner's eyes
 * @param address from where it signed in
 * @param expiresAt it is not live from then on
 */
public record SignInSession(
    String sid,
    String accountId,
    Instant authTime,
    String acr,
    List<String> amr,
    String userAgent,
    String address,
    Instant expiresAt) {

  public SignInSession {
    amr = List.copyOf(amr);
  }
}

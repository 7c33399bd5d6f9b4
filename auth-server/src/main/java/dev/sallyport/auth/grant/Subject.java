package dev.sallyport.auth.grant;

import java.time.Instant;
import java.util.List;

/**
 * The person a token speaks for, and how they signed in.
 *
 * @param sid the sign-in session; when it ends, so does everything issued in it
 */
record Subject(String accountId, String sid, Instant authTime, String acr, List<String> amr) {

  Subject {
    amr = List.copyOf(amr);
  }
}

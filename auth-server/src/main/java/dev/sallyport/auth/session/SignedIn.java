package dev.sallyport.auth.session;

import java.io.Serial;
import java.io.Serializable;
import java.security.Principal;
import java.time.Instant;
import java.util.List;

/**
 * The principal of a browser in which someone has signed in completely: every factor that this
 * installation demands was shown. A browser that is half way has no authentication at all.
 *
 * @param accountId {@code sub}
 * @param sid the sign-in session; each request has checked that it is live
 * @param authTime when the last factor was shown
 * @param acr {@link Assurance}
 * @param amr RFC 8176 method names, in the order in which they were shown
 */
public record SignedIn(String accountId, String sid, Instant authTime, String acr, List<String> amr)
    implements Principal, Serializable {

  @Serial private static final long serialVersionUID = 1;

  public SignedIn {
    amr = List.copyOf(amr);
  }

  /** The account's id: Spring's name for the one signed in. */
  @Override
  public String getName() {
    return accountId;
  }
}

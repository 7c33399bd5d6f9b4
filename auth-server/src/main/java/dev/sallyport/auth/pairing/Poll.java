package dev.sallyport.auth.pairing;

import java.time.Instant;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** What a device that asks for its tokens finds (RFC 8628 §3.5). */
public sealed interface Poll {

  /** No such code, or of another client. */
  record Unknown() implements Poll {}

  /** Asked with another key than the one that was fixed at the beginning. */
  record OtherKey() implements Poll {}

  record Pending() implements Poll {}

  /** Sooner than it may: from now on the interval is five seconds longer. */
  record TooSoon() implements Poll {}

  record Denied() implements Poll {}

  record Expired() implements Poll {}

  /**
   * It was redeemed before.
   *
   * @param authorizationId the family of tokens that it became
   */
  record Redeemed(String authorizationId) implements Poll {}

  /**
   * Approved, and redeemed by this very call.
   *
   * @param authorizationId the family of tokens that the caller makes of it
   * @param sid the sign-in session of the browser in which it was approved
   * @param granted the scopes that were
   * @param address of the device, as {@code userAgent}
   */
  record Approved(
      String authorizationId,
      String accountId,
      String sid,
      Instant authTime,
      String acr,
      List<String> amr,
      Set<String> granted,
      String request,
      @Nullable String jkt,
      String address,
      String userAgent)
      implements Poll {

    public Approved {
      amr = List.copyOf(amr);
      granted = Set.copyOf(granted);
    }
  }
}

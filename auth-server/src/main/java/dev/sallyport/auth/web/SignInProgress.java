package dev.sallyport.auth.web;

import dev.sallyport.auth.federation.ProviderSession;
import dev.sallyport.auth.session.Assurance;
import dev.sallyport.auth.totp.EnrolmentOffer;
import java.io.Serial;
import java.io.Serializable;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a browser that is signing in has shown so far. Lives in its HTTP session; never an
 * authentication.
 *
 * @param first how the first factor was shown: {@code pwd}, or {@code fed} for a linked identity at
 *     a provider
 * @param passwordVersion of the account's password when the first factor was shown: once it is
 *     another, this sign-in is over
 * @param second how the second was: {@code otp}, {@code recovery}, {@code sms}, …; null: not yet
 * @param offer the secret that is being enrolled
 * @param provider on whose word it stands; null: on none
 */
record SignInProgress(
    String accountId,
    String first,
    Instant startedAt,
    long passwordVersion,
    @Nullable String second,
    @Nullable EnrolmentOffer offer,
    @Nullable ProviderSession provider)
    implements Serializable {

  static final String PASSWORD = "pwd";
  static final String FEDERATED = "fed";
  static final String CODE = "otp";
  static final String RECOVERY_CODE = "recovery";

  /** Possession of a key that is a passkey (RFC 8176: {@code pop}). */
  static final String PASSKEY = "pop";

  /** The passkey that was the first factor has verified its user, which is the second. */
  static final String USER_VERIFIED = "user-verified";

  /** The provider of the linked identity has checked the second, and its word counts here. */
  static final String BY_PROVIDER = "by-provider";

  @Serial private static final long serialVersionUID = 1;

  static SignInProgress begun(String accountId, String first, Instant now, long passwordVersion) {
    return new SignInProgress(accountId, first, now, passwordVersion, null, null, null);
  }

  SignInProgress by(ProviderSession word) {
    return new SignInProgress(accountId, first, startedAt, passwordVersion, second, offer, word);
  }

  SignInProgress with(EnrolmentOffer newOffer) {
    return new SignInProgress(
        accountId, first, startedAt, passwordVersion, second, newOffer, provider);
  }

  SignInProgress withSecond(String method) {
    return new SignInProgress(accountId, first, startedAt, passwordVersion, method, null, provider);
  }

  /** Its owner has replaced the password on the way. */
  SignInProgress withPassword(long version) {
    return new SignInProgress(accountId, first, startedAt, version, second, offer, provider);
  }

  /** Whether the second factor was a code that we sent. */
  boolean secondWasSent() {
    return Assurance.SMS.equals(second) || Assurance.EMAIL.equals(second);
  }

  /**
   * RFC 8176 names, in the order in which they were shown.
   *
   * @param sentCounts whether a code that was sent makes two factors
   */
  List<String> amr(boolean sentCounts) {
    List<String> amr = new ArrayList<>();
    amr.add(first);
    if (second != null && secondWasSent()) {
      amr.add(CODE);
      amr.add(second);
      if (sentCounts) {
        amr.add(Assurance.MFA);
      }
    } else if (second != null) {
      // RFC 8176 has names for how, but an authenticator does not say, and a provider's are its own
      if (!second.equals(USER_VERIFIED) && !second.equals(BY_PROVIDER)) {
        amr.add(second);
      }
      amr.add(Assurance.MFA);
    }
    return List.copyOf(amr);
  }
}

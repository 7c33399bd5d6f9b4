package dev.sallyport.auth.token;

import dev.sallyport.auth.client.SecurityProfile;
import java.time.Instant;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Who calls {@code /v1/**}: what a verified access token of this issuer says, its session found
 * live. It is the principal of the request's {@code Authentication}; take it as
 * {@code @AuthenticationPrincipal ApiCaller}.
 *
 * @param sub the account's id; for client credentials the client's id
 * @param sid the sign-in session, absent for client credentials
 * @param acr absent for client credentials
 * @param authTime when the person last authenticated, absent for client credentials
 * @param jkt RFC 7638 thumbprint of the DPoP key the token is bound to, absent for bearer tokens
 * @param x5t thumbprint of the TLS client certificate that it is bound to (RFC 8705 §3.1), absent
 *     where it is bound to none
 * @param tokenHash base64url SHA-256 of the access token, as {@code ath} (RFC 9449 §4.2)
 * @param grantId the family of tokens that it belongs to, absent for client credentials
 */
public record ApiCaller(
    String sub,
    String clientId,
    SecurityProfile profile,
    Set<String> scopes,
    @Nullable String sid,
    @Nullable String acr,
    List<String> amr,
    @Nullable Instant authTime,
    @Nullable String jkt,
    @Nullable String x5t,
    String tokenHash,
    @Nullable String grantId) {

  /** {@code acr} of a sign-in with two factors. */
  public static final String ACR_TWO_FACTORS = "urn:sallyport:acr:2fa";

  public ApiCaller {
    scopes = Set.copyOf(scopes);
    amr = List.copyOf(amr);
  }

  /** Whether a person stands behind the call, rather than a client on its own. */
  public boolean person() {
    return sid != null;
  }

  public boolean secondFactor() {
    return ACR_TWO_FACTORS.equals(acr);
  }
}

package dev.sallyport.gateway.door;

import org.jspecify.annotations.Nullable;

/** Why the first door refuses; each with its OAuth error (RFC 6750 §3.1, RFC 9449 §7.1 and §9). */
public enum TokenRefusal {
  TOKEN_MISSING(401, null, "a gateway token is needed"),
  REQUEST_AMBIGUOUS(
      400, "invalid_request", "there must be one `Authorization` and one `DPoP` header"),
  TOKEN_NOT_DPOP(401, "invalid_token", "the token must be sent with the scheme DPoP"),
  TOKEN_MALFORMED(401, "invalid_token", "this is not a gateway token"),
  TOKEN_UNKNOWN_KEY(
      401, "invalid_token", "the token is signed by a key that the issuer did not publish"),
  TOKEN_BAD_SIGNATURE(401, "invalid_token", "the token's signature does not verify"),
  TOKEN_WRONG_ISSUER(401, "invalid_token", "the token is from another issuer"),
  TOKEN_WRONG_AUDIENCE(401, "invalid_token", "the token is for another audience"),
  TOKEN_EXPIRED(401, "invalid_token", "the token expired"),
  TOKEN_NOT_YET_VALID(401, "invalid_token", "the token is from the future"),
  SESSION_REVOKED(401, "invalid_token", "the session was revoked"),
  DEVICE_REVOKED(401, "invalid_token", "the device was revoked"),
  GRANT_REVOKED(401, "invalid_token", "the authorization that the token comes from was ended"),
  DEVICE_MISSING(401, "invalid_token", "the token names no device"),
  OTHER_BEARER(401, "invalid_token", "the token is for another user, device or key"),
  PROOF_INVALID(401, "invalid_dpop_proof", "the DPoP proof is not one for this request"),
  PROOF_OTHER_KEY(401, "invalid_dpop_proof", "the DPoP proof is by another key than the token's"),
  PROOF_REPLAYED(401, "invalid_dpop_proof", "the DPoP proof was used before"),
  NONCE_NEEDED(401, "use_dpop_nonce", "the DPoP proof must carry a nonce of this server"),
  SCOPE_MISSING(403, "insufficient_scope", "the token has no scope for this"),
  CANNOT_HEAR(503, null, "revocations cannot be heard; try again later"),
  POLICY_UNAVAILABLE(503, null, "no policy is in force; try again later");

  private final int status;
  private final @Nullable String oauthError;
  private final String text;

  TokenRefusal(int status, @Nullable String oauthError, String text) {
    this.status = status;
    this.oauthError = oauthError;
    this.text = text;
  }

  /** HTTP status of the refusal. */
  public int status() {
    return status;
  }

  /** The OAuth error code, where this is one. */
  public @Nullable String oauthError() {
    return oauthError;
  }

  /** Stable code for problems and frames: the OAuth error where there is one. */
  public String code() {
    return switch (this) {
      case TOKEN_MISSING -> "unauthorized";
      case CANNOT_HEAR -> "cannot_hear";
      case POLICY_UNAVAILABLE -> "policy_unavailable";
      default -> java.util.Objects.requireNonNull(oauthError);
    };
  }

  /** One lower-case sentence, safe to show. */
  public String text() {
    return text;
  }

  /** Whether the same request may succeed later without anyone changing anything. */
  public boolean retryable() {
    return status == 503;
  }
}

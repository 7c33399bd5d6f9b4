package dev.sallyport.gateway.socket;

import dev.sallyport.gateway.door.TokenRefusal;
import dev.sallyport.gateway.protocol.CloseCode;

/** With which code a socket ends that the first door refuses. */
final class DoorCloseCodes {

  private DoorCloseCodes() {}

  static CloseCode of(TokenRefusal why) {
    return switch (why) {
      case TOKEN_MISSING, REQUEST_AMBIGUOUS, TOKEN_NOT_DPOP -> CloseCode.AUTHENTICATION_EXPECTED;
      case TOKEN_MALFORMED, OTHER_BEARER -> CloseCode.TOKEN_MALFORMED;
      case TOKEN_UNKNOWN_KEY -> CloseCode.TOKEN_UNKNOWN_KEY;
      case TOKEN_BAD_SIGNATURE -> CloseCode.TOKEN_BAD_SIGNATURE;
      case TOKEN_WRONG_ISSUER -> CloseCode.TOKEN_WRONG_ISSUER;
      case TOKEN_WRONG_AUDIENCE -> CloseCode.TOKEN_WRONG_AUDIENCE;
      case TOKEN_EXPIRED -> CloseCode.TOKEN_EXPIRED;
      case TOKEN_NOT_YET_VALID -> CloseCode.TOKEN_NOT_YET_VALID;
      case SESSION_REVOKED -> CloseCode.SESSION_REVOKED;
      case DEVICE_REVOKED -> CloseCode.DEVICE_REVOKED;
      case GRANT_REVOKED -> CloseCode.GRANT_REVOKED;
      case DEVICE_MISSING -> CloseCode.DEVICE_MISSING;
      case PROOF_INVALID -> CloseCode.PROOF_INVALID;
      case PROOF_OTHER_KEY -> CloseCode.PROOF_OTHER_KEY;
      case PROOF_REPLAYED -> CloseCode.PROOF_REPLAYED;
      case NONCE_NEEDED -> CloseCode.PROOF_NONCE;
      case SCOPE_MISSING -> CloseCode.INSUFFICIENT_SCOPE;
      case CANNOT_HEAR -> CloseCode.CANNOT_HEAR;
      case POLICY_UNAVAILABLE -> CloseCode.POLICY_UNAVAILABLE;
    };
  }
}

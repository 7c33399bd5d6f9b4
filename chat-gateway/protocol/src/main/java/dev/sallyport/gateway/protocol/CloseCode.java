package dev.sallyport.gateway.protocol;

import java.util.Locale;
import java.util.Optional;

/**
 * Why the gateway closes a socket: the catalogue that clients act on (RFC 6455 §7.4; 4000 and up
 * are ours). The name in lower case is the reason text of the close frame. A number is never given
 * to another meaning.
 */
public enum CloseCode {
  GOING_AWAY(1001, "the gateway shuts down", Next.RECONNECT),
  PROTOCOL_ERROR(1002, "the WebSocket protocol was broken", Next.STOP),
  UNSUPPORTED_DATA(1003, "text frames are not taken", Next.STOP),
  TOO_LARGE(1009, "a message is longer than 128 KiB", Next.STOP),
  INTERNAL_ERROR(1011, "something went wrong in the gateway", Next.RECONNECT_LATER),

  MALFORMED(4400, "a message is not a ClientFrame", Next.STOP),
  AUTHENTICATION_EXPECTED(4401, "the first frame must be Authenticate", Next.STOP),
  FIRST_FRAME_TIMEOUT(4402, "no first frame came within five seconds", Next.RECONNECT),
  TOKEN_MALFORMED(4410, "this is not a gateway token", Next.NEW_TOKEN),
  TOKEN_EXPIRED(4411, "the token expired: refresh before it does", Next.NEW_TOKEN),
  TOKEN_WRONG_AUDIENCE(4412, "the token is for another audience", Next.NEW_TOKEN),
  TOKEN_WRONG_ISSUER(4413, "the token is from another issuer", Next.NEW_TOKEN),
  TOKEN_UNKNOWN_KEY(4414, "the token is signed by another key", Next.NEW_TOKEN),
  TOKEN_BAD_SIGNATURE(4415, "the token was tampered with", Next.NEW_TOKEN),
  TOKEN_NOT_YET_VALID(4416, "the token is from the future", Next.NEW_TOKEN),
  DEVICE_MISSING(4417, "the token names no device", Next.NEW_TOKEN),
  INSUFFICIENT_SCOPE(4418, "the token has neither chat.read nor chat.write", Next.NEW_TOKEN),
  PROOF_INVALID(4420, "the DPoP proof is not one for this socket", Next.STOP),
  PROOF_OTHER_KEY(4421, "the DPoP proof is by another key", Next.STOP),
  PROOF_REPLAYED(4422, "the DPoP proof was used before", Next.RECONNECT),
  PROOF_NONCE(4423, "the DPoP proof lacks the nonce of this socket", Next.RECONNECT),
  REFRESH_FAILED(4424, "too many refreshes were refused", Next.NEW_TOKEN),
  SESSION_REVOKED(4430, "the session was revoked", Next.SIGN_IN),
  DEVICE_REVOKED(4431, "the device was revoked", Next.SIGN_IN),
  GRANT_REVOKED(4432, "the authorization was ended, and its tokens with it", Next.SIGN_IN),
  SLOW_READER(4440, "the queue to this socket is full", Next.RECONNECT),
  IDLE_TIMEOUT(4441, "nothing was heard from the client, no pong either", Next.RECONNECT),
  REPLACED(4442, "newer sockets of this device or user took its place", Next.STOP),
  RATE_LIMITED(4443, "too many frames, or sockets of this user", Next.RECONNECT_LATER),
  CANNOT_HEAR(4450, "the gateway cannot hear revocations", Next.RECONNECT_LATER),
  POLICY_UNAVAILABLE(4451, "no policy is in force", Next.RECONNECT_LATER);

  /** What a client does next. */
  public enum Next {
    /** Reconnect soon, with jitter, and resume. */
    RECONNECT,
    /** Reconnect with growing pauses. */
    RECONNECT_LATER,
    /** Get a new gateway token by token exchange, then reconnect. */
    NEW_TOKEN,
    /** Let the user sign in again. */
    SIGN_IN,
    /** Do not reconnect: the client is at fault, and would be again. */
    STOP
  }

  private final int code;
  private final String meaning;
  private final Next next;

  CloseCode(int code, String meaning, Next next) {
    this.code = code;
    this.meaning = meaning;
    this.next = next;
  }

  public int code() {
    return code;
  }

  public String meaning() {
    return meaning;
  }

  public Next next() {
    return next;
  }

  /** The reason text of the close frame. */
  public String reason() {
    return name().toLowerCase(Locale.ROOT);
  }

  /** The one with this number; empty for numbers that the gateway does not send. */
  public static Optional<CloseCode> of(int code) {
    for (CloseCode one : values()) {
      if (one.code == code) {
        return Optional.of(one);
      }
    }
    return Optional.empty();
  }
}

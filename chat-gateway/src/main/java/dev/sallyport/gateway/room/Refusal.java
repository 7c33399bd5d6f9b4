package dev.sallyport.gateway.room;

import dev.sallyport.gateway.door.Admission;
import dev.sallyport.gateway.log.Content;
import dev.sallyport.gateway.log.LogEntry;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Why something asked of a room was not done, over the socket and over HTTP.
 *
 * @param code stable, from the catalogue in the module's README
 * @param message for people
 * @param decisionId empty when policy was not asked
 * @param winner with `stale_epoch`
 * @param removals with `removal_pending`
 * @param retryAfterMillis where it is retryable
 */
record Refusal(
    Code code,
    String codeName,
    String message,
    String decisionId,
    boolean retryable,
    @Nullable LogEntry winner,
    List<Content.Leaf> removals,
    int retryAfterMillis) {

  Refusal(
      Code code,
      String codeName,
      String message,
      String decisionId,
      boolean retryable,
      @Nullable LogEntry winner) {
    this(code, codeName, message, decisionId, retryable, winner, List.of(), RETRY_AFTER_MILLIS);
  }

  /** The codes that rooms give themselves, and {@link #POLICY} for those of the second door. */
  enum Code {
    POLICY,
    NOT_FOUND,
    MALFORMED,
    TOO_LARGE,
    DEVICE_REQUIRED,
    UNKNOWN_DEVICE,
    CONFLICT,
    STALE_EPOCH,
    FUTURE_EPOCH,
    ID_REUSED,
    RATE_LIMITED,
    UNAVAILABLE
  }

  /** How long a client waits before it tries again, where nothing else says so. */
  static final int RETRY_AFTER_MILLIS = 500;

  static final Refusal NOT_FOUND =
      of(Code.NOT_FOUND, "not_found", "there is no such room that you may see");

  static final Refusal UNAVAILABLE =
      new Refusal(
          Code.UNAVAILABLE,
          "unavailable",
          "the room log cannot be reached: try again with the same id",
          "",
          true,
          null);

  static Refusal of(Code code, String codeName, String message) {
    return new Refusal(code, codeName, message, "", false, null);
  }

  static Refusal malformed(String message) {
    return of(Code.MALFORMED, "malformed", message);
  }

  static Refusal conflict(String codeName, String message) {
    return of(Code.CONFLICT, codeName, message);
  }

  static Refusal of(Admission.Refused refused) {
    return new Refusal(
        Code.POLICY,
        refused.code(),
        refused.message(),
        refused.decisionId(),
        refused.retryable(),
        null);
  }

  static Refusal removalPending(List<Content.Leaf> removals) {
    return new Refusal(
        Code.CONFLICT,
        "removal_pending",
        "a leaf of someone who is out is still in the group: commit its removal first",
        "",
        false,
        null,
        removals,
        RETRY_AFTER_MILLIS);
  }

  static Refusal limited(String message, long waitMillis) {
    return new Refusal(
        Code.RATE_LIMITED,
        "rate_limited",
        message,
        "",
        true,
        null,
        List.of(),
        (int) Math.min(waitMillis, Integer.MAX_VALUE));
  }

  static Refusal staleEpoch(long current, @Nullable LogEntry winner) {
    return new Refusal(
        Code.STALE_EPOCH,
        "stale_epoch",
        "the room is in epoch " + current + ": process the Commit that won, then try again",
        "",
        false,
        winner);
  }
}

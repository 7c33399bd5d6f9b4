package dev.sallyport.auth.admin;

import dev.sallyport.auth.signal.Actor;
import dev.sallyport.auth.signal.EventRecorded;
import dev.sallyport.auth.signal.SecurityEvent;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.springframework.http.HttpStatus;

/**
 * Ends a request with a problem document (RFC 9457); {@link AdminProblems} writes it. Thrown so
 * that a transaction around the refusal rolls back.
 */
final class RequestRefused extends RuntimeException {

  private final HttpStatus status;
  private final String code;
  private final String detail;
  private final transient Map<String, Object> members = new LinkedHashMap<>();
  private transient @Nullable EventRecorded toRecord;

  /**
   * @param code stable, snake_case
   * @param detail one lower-case sentence for the caller; no Java, no secret
   */
  RequestRefused(HttpStatus status, String code, String detail) {
    super(code, null, false, false);
    this.status = status;
    this.code = code;
    this.detail = detail;
  }

  static RequestRefused badRequest(String detail) {
    return new RequestRefused(HttpStatus.BAD_REQUEST, "invalid_request", detail);
  }

  static RequestRefused notFound(String what) {
    return new RequestRefused(HttpStatus.NOT_FOUND, "not_found", "there is no such " + what);
  }

  /** Adds a member to the problem document. */
  RequestRefused with(String member, Object value) {
    members.put(member, value);
    return this;
  }

  /** Recorded once the transaction around the refusal is rolled back. */
  RequestRefused recording(Actor actor, SecurityEvent event) {
    this.toRecord = new EventRecorded(actor, event);
    return this;
  }

  @Nullable EventRecorded toRecord() {
    return toRecord;
  }

  HttpStatus status() {
    return status;
  }

  String code() {
    return code;
  }

  String detail() {
    return detail;
  }

  Map<String, Object> members() {
    return members;
  }
}

package dev.sallyport.auth.grant;

import dev.sallyport.auth.detail.AuthorizationDetails;
import java.time.Instant;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What an access token is good for, beside its scopes.
 *
 * @param audience the one resource that it is for (RFC 8707)
 * @param details the rooms and actions that it is limited to (RFC 9396); null: not limited
 * @param act who acts for the subject, with whom before (RFC 8693 §4.1); null: the subject itself
 * @param notAfter it ends then at the latest: what is exchanged does not outlive what it was; null:
 *     with its own life
 */
record Extent(
    String audience,
    @Nullable AuthorizationDetails details,
    @Nullable Map<String, Object> act,
    @Nullable Instant notAfter) {

  Extent(String audience, @Nullable AuthorizationDetails details) {
    this(audience, details, null, null);
  }
}

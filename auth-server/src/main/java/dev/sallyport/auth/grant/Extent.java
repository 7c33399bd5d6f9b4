package dev.sallyport.auth.grant;

import dev.sallyport.auth.detail.AuthorizationDetails;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What an access token is good for, beside its scopes.
 *
 * @param audience the one resource that it is for (RFC 8707)
 * @param details the rooms and actions that it is limited to (RFC 9396); null: not limited
 * @param act who acts for the subject, with whom before (RFC 8693 §4.1); null: the subject itself
 */
record Extent(
    String audience, @Nullable AuthorizationDetails details, @Nullable Map<String, Object> act) {

  Extent(String audience, @Nullable AuthorizationDetails details) {
    this(audience, details, null);
  }
}

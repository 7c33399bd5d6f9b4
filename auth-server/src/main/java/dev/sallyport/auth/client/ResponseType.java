package dev.sallyport.auth.client;

import java.util.Arrays;
import java.util.Optional;
import java.util.Set;

/** What a client may ask the authorization endpoint for (OAuth 2.0 Multiple Response Types). */
public enum ResponseType {
  CODE("code", GrantType.AUTHORIZATION_CODE),
  ID_TOKEN("id_token", GrantType.IMPLICIT),
  ID_TOKEN_TOKEN("id_token token", GrantType.IMPLICIT);

  private final String value;
  private final GrantType grant;

  ResponseType(String value, GrantType grant) {
    this.value = value;
    this.grant = grant;
  }

  /** The {@code response_type} parameter. */
  public String value() {
    return value;
  }

  /** The grant that goes with it (RFC 7591 §2.1). */
  public GrantType grant() {
    return grant;
  }

  /** Whether tokens come from the authorization endpoint itself. */
  public boolean implicit() {
    return grant == GrantType.IMPLICIT;
  }

  /** The order of the words means nothing (OAuth 2.0 Multiple Response Types §3). */
  public static Optional<ResponseType> named(String text) {
    String[] words = text.split(" ", -1);
    return Arrays.stream(values())
        .filter(
            type -> {
              Set<String> ours = Set.of(type.value.split(" "));
              return words.length == ours.size() && ours.equals(Set.copyOf(Arrays.asList(words)));
            })
        .findFirst();
  }
}

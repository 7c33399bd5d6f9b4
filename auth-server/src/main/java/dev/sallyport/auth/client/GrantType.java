package dev.sallyport.auth.client;

import java.util.Arrays;
import java.util.Optional;

/** The grants that clients may be registered for. */
public enum GrantType {
  AUTHORIZATION_CODE("authorization_code"),
  REFRESH_TOKEN("refresh_token"),
  CLIENT_CREDENTIALS("client_credentials"),
  /** OpenID Connect Core §3.2: of the authorization endpoint, unknown to the token endpoint. */
  IMPLICIT("implicit"),
  /** RFC 8693. */
  TOKEN_EXCHANGE("urn:ietf:params:oauth:grant-type:token-exchange"),

  /** RFC 8628. */
  DEVICE_CODE("urn:ietf:params:oauth:grant-type:device_code");

  private final String value;

  GrantType(String value) {
    this.value = value;
  }

  /** The {@code grant_type} parameter. */
  public String value() {
    return value;
  }

  public static Optional<GrantType> of(String value) {
    return Arrays.stream(values()).filter(type -> type.value.equals(value)).findFirst();
  }
}

package dev.sallyport.auth.client;

import java.util.Arrays;

/** The one way by which a client proves who it is ({@code token_endpoint_auth_method}). */
public enum ClientAuthentication {
  /** A public client. */
  NONE("none"),
  CLIENT_SECRET_BASIC("client_secret_basic"),
  CLIENT_SECRET_POST("client_secret_post"),
  /** RFC 7523 §2.2. */
  PRIVATE_KEY_JWT("private_key_jwt");

  private final String value;

  ClientAuthentication(String value) {
    this.value = value;
  }

  public String value() {
    return value;
  }

  public boolean secret() {
    return this == CLIENT_SECRET_BASIC || this == CLIENT_SECRET_POST;
  }

  static ClientAuthentication of(String value) {
    return Arrays.stream(values())
        .filter(method -> method.value.equals(value))
        .findFirst()
        .orElseThrow(() -> new IllegalArgumentException("unknown client authentication"));
  }
}

package dev.sallyport.auth.client;

import java.util.Arrays;
import java.util.Optional;
import java.util.Set;

/** How a client proves who it is ({@code token_endpoint_auth_method}). */
public enum ClientAuthentication {
  /** A public client. */
  NONE("none"),
  CLIENT_SECRET_BASIC("client_secret_basic"),
  CLIENT_SECRET_POST("client_secret_post"),
  /** RFC 7523 §2.2. */
  PRIVATE_KEY_JWT("private_key_jwt"),
  /** A certificate that names it, from an issuer that is believed here (RFC 8705 §2.1). */
  TLS_CLIENT_AUTH("tls_client_auth"),
  /** A certificate that it registered itself (RFC 8705 §2.2). */
  SELF_SIGNED_TLS_CLIENT_AUTH("self_signed_tls_client_auth"),
  /**
   * A secret, carried either way: for a client that named neither. Libraries differ in what they do
   * unasked, and the secret is the same.
   */
  CLIENT_SECRET("client_secret");

  private final String value;

  ClientAuthentication(String value) {
    this.value = value;
  }

  /** As it is kept. */
  public String value() {
    return value;
  }

  /** The registered terms (RFC 7591 §2) for what is accepted. */
  public Set<String> methods() {
    return this == CLIENT_SECRET
        ? Set.of(CLIENT_SECRET_BASIC.value, CLIENT_SECRET_POST.value)
        : Set.of(value);
  }

  /** By a certificate, where TLS asks for one. */
  public boolean certificate() {
    return this == TLS_CLIENT_AUTH || this == SELF_SIGNED_TLS_CLIENT_AUTH;
  }

  public boolean secret() {
    return this == CLIENT_SECRET || this == CLIENT_SECRET_BASIC || this == CLIENT_SECRET_POST;
  }

  static ClientAuthentication of(String value) {
    return Arrays.stream(values())
        .filter(method -> method.value.equals(value))
        .findFirst()
        .orElseThrow(() -> new IllegalArgumentException("unknown client authentication"));
  }

  /** The one that a client named by a registered term. */
  static Optional<ClientAuthentication> named(String term) {
    return Arrays.stream(values()).filter(way -> way.methods().equals(Set.of(term))).findFirst();
  }
}

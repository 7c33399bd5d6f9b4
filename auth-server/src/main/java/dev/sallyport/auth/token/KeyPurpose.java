package dev.sallyport.auth.token;

import java.util.Locale;

/**
 * What a signing key is for. A key serves one purpose only, so that one that leaks cannot stand in
 * for another; each purpose is published in a JWKS of its own.
 */
public enum KeyPurpose {
  /** Access, gateway and ID tokens: {@code /oauth2/jwks}. */
  TOKEN,
  /** Device credentials: {@code /v1/keys/device}. */
  DEVICE,
  /** Policy bundles: {@code /v1/keys/bundle}. */
  BUNDLE,
  /** Security event tokens: {@code /v1/keys/signal}. */
  SIGNAL;

  /** As in the audit trail and in paths. */
  public String text() {
    return name().toLowerCase(Locale.ROOT);
  }
}

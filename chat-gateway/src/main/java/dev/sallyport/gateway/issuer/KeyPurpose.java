package dev.sallyport.gateway.issuer;

import java.util.Locale;

/** What a key of the issuer may sign. A key serves one purpose only, so each has its own set. */
public enum KeyPurpose {
  TOKEN("/oauth2/jwks"),
  DEVICE("/v1/keys/device"),
  BUNDLE("/v1/keys/bundle"),
  SIGNAL("/v1/keys/signal");

  private final String path;

  KeyPurpose(String path) {
    this.path = path;
  }

  String path() {
    return path;
  }

  String fileName() {
    return "keys-" + name().toLowerCase(Locale.ROOT) + ".json";
  }
}

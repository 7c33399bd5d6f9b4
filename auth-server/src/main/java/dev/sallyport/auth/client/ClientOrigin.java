package dev.sallyport.auth.client;

import java.util.Locale;

/** Who registered a client, and so who may change it. */
public enum ClientOrigin {
  /** This server itself. */
  BUILT_IN,
  /** The settings {@code sallyport.clients[n]}, which are the truth for it at every start. */
  CONFIGURED,
  /** An administrator, or a call of {@link Clients#register}. */
  REGISTERED,
  /** Itself (RFC 7591). */
  DYNAMIC;

  /** As it is kept. */
  public String text() {
    return name().toLowerCase(Locale.ROOT);
  }

  static ClientOrigin of(String text) {
    return valueOf(text.toUpperCase(Locale.ROOT));
  }

  /** Whether the admin API may change it. */
  public boolean changeable() {
    return this == REGISTERED || this == DYNAMIC;
  }
}

package dev.sallyport.auth.client;

import java.util.Locale;

/** Who registered a client, and so who may change it. */
enum ClientOrigin {
  /** This server itself. */
  BUILT_IN,
  /** The settings {@code sallyport.clients[n]}, which are the truth for it at every start. */
  CONFIGURED,
  /** A call of {@link Clients#register}. */
  REGISTERED;

  /** As it is kept. */
  String text() {
    return name().toLowerCase(Locale.ROOT);
  }

  static ClientOrigin of(String text) {
    return valueOf(text.toUpperCase(Locale.ROOT));
  }
}

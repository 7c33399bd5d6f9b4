package dev.sallyport.auth.grant;

import java.util.Locale;

/** What an exchange comes to, as policies see it. */
enum ExchangeKind {
  /** A client exchanges a token of its own people. */
  OWN,
  /** A client exchanges another's token, and appears as the person itself (RFC 8693 §1.1). */
  IMPERSONATION,
  /** Someone acts for the person, and the token says who. */
  DELEGATION,
  /** Another provider's word for who it is. */
  FEDERATED;

  String text() {
    return name().toLowerCase(Locale.ROOT);
  }
}

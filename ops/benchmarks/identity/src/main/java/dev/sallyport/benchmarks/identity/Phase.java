package dev.sallyport.benchmarks.identity;

/** What is asked of a server. */
enum Phase {
  /** RFC 6749 §4.4, with a client secret. */
  CLIENT_CREDENTIALS,
  /** RFC 7662, of one live access token by the client that it was given to. */
  INTROSPECTION,
  /** RFC 6749 §6, each answer bringing the next refresh token; one family for each connection. */
  REFRESH,
  /** RFC 8693: an access token for another audience. */
  EXCHANGE,
  /** RFC 6749 §4.1, by someone who types a password, in a browser that was not here before. */
  SIGN_IN
}

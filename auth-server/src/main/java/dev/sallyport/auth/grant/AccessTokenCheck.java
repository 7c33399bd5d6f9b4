package dev.sallyport.auth.grant;

/** What came of checking an access token. */
sealed interface AccessTokenCheck {

  record Valid(AccessToken token) implements AccessTokenCheck {}

  /** Not ours, expired, for another audience, or ended with its session or family. */
  record Invalid(String description) implements AccessTokenCheck {}
}

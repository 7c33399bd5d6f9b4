package dev.sallyport.auth.grant;

import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** What a request to the token endpoint gets. */
sealed interface GrantOutcome {

  /**
   * What was asked for, given.
   *
   * @param extra further members of the answer
   */
  record Granted(
      TokenIssuer.Issued accessToken,
      Set<String> scopes,
      @Nullable String refreshToken,
      Map<String, Object> extra)
      implements GrantOutcome {
    @Override
    public String toString() {
      return "Granted[scopes=" + scopes + "]";
    }
  }

  /**
   * Nothing was given.
   *
   * @param error an error code of RFC 6749 §5.2 or of the grant's own specification
   * @param description for the client's developer; ASCII without quotes
   */
  record Denied(String error, String description, Map<String, Object> extra)
      implements GrantOutcome {
    Denied(String error, String description) {
      this(error, description, Map.of());
    }
  }
}

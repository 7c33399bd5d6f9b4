package dev.sallyport.gateway.door;

import java.util.List;
import org.springframework.http.HttpHeaders;

/** The token and the proof in the headers of a request; nothing else is ever looked at. */
public sealed interface Credentials {
  /** No {@code Authorization} header. */
  record None() implements Credentials {}

  /** Not what it must be. */
  record Unusable(TokenRefusal why) implements Credentials {}

  /** One token, one proof. */
  record Given(String token, String proof) implements Credentials {
    @Override
    public String toString() {
      return "Given";
    }
  }

  /** Reads the headers (RFC 9449 §4.3 and §7.1). */
  static Credentials of(HttpHeaders headers) {
    List<String> authorizations = headers.getOrEmpty(HttpHeaders.AUTHORIZATION);
    List<String> proofs = headers.getOrEmpty("DPoP");
    if (authorizations.isEmpty()) {
      return new None();
    }
    if (authorizations.size() > 1 || proofs.size() > 1) {
      return new Unusable(TokenRefusal.REQUEST_AMBIGUOUS);
    }
    String authorization = authorizations.getFirst();
    int space = authorization.indexOf(' ');
    if (space < 0 || !authorization.substring(0, space).equalsIgnoreCase("DPoP")) {
      return new Unusable(TokenRefusal.TOKEN_NOT_DPOP);
    }
    if (proofs.isEmpty()) {
      return new Unusable(TokenRefusal.PROOF_INVALID);
    }
    return new Given(authorization.substring(space + 1).strip(), proofs.getFirst());
  }
}

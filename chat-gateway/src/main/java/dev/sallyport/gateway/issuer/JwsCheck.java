package dev.sallyport.gateway.issuer;

import com.nimbusds.jwt.JWTClaimsSet;

/** What came of checking one JWS of the issuer. */
public sealed interface JwsCheck {
  /** Signed by a key of the right purpose, of the right type, from the issuer, for us, in time. */
  record Good(JWTClaimsSet claims) implements JwsCheck {
    @Override
    public String toString() {
      return "Good";
    }
  }

  /** Not to be believed. */
  record Bad(Fault fault) implements JwsCheck {}

  /** Why not. */
  enum Fault {
    TOO_LARGE("it is too large"),
    MALFORMED("it is not a JWS with a JSON object of claims"),
    WRONG_TYPE("its `typ` is another"),
    WRONG_ALGORITHM("its `alg` is not one that the key allows"),
    UNKNOWN_KEY("it names no key that the issuer published for this purpose"),
    BAD_SIGNATURE("its signature does not verify"),
    WRONG_ISSUER("its `iss` is another"),
    WRONG_AUDIENCE("its `aud` is another"),
    EXPIRED("it expired"),
    NOT_YET_VALID("it is from the future");

    private final String text;

    Fault(String text) {
      this.text = text;
    }

    /** One lower-case clause, safe to show. */
    public String text() {
      return text;
    }
  }
}

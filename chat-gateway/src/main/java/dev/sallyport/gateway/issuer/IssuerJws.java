package dev.sallyport.gateway.issuer;

import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jwt.JWTClaimsSet;
import com.nimbusds.jwt.SignedJWT;
import dev.sallyport.gateway.issuer.JwsCheck.Bad;
import dev.sallyport.gateway.issuer.JwsCheck.Fault;
import dev.sallyport.gateway.issuer.JwsCheck.Good;
import java.text.ParseException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Date;
import org.jspecify.annotations.Nullable;
import org.springframework.stereotype.Component;
import reactor.core.publisher.Mono;

/**
 * Checks what the issuer signed, all of it by the same rules (decision 0002): size before parsing,
 * {@code typ}, {@code alg} by the key, key by purpose, signature (RFC 7515, RFC 8725), {@code iss},
 * {@code aud}, times. Thread-safe; never blocks; answers at once unless the key id is new.
 */
@Component
public final class IssuerJws {
  /** How far the clocks may differ: a time may lie this much in the future. Expiry has no grace. */
  private static final Duration SKEW = Duration.ofSeconds(60);

  /** What is believed of a format. */
  public enum Format {
    GATEWAY_TOKEN("at+jwt", KeyPurpose.TOKEN, 64 * 1024, true),
    POLICY_BUNDLE("policy-bundle+jwt", KeyPurpose.BUNDLE, 16 * 1024 * 1024, false),
    SECURITY_EVENT("secevent+jwt", KeyPurpose.SIGNAL, 64 * 1024, false);

    private final String typ;
    private final KeyPurpose purpose;
    private final int charsMax;
    private final boolean expires;

    Format(String typ, KeyPurpose purpose, int charsMax, boolean expires) {
      this.typ = typ;
      this.purpose = purpose;
      this.charsMax = charsMax;
      this.expires = expires;
    }

    public int charsMax() {
      return charsMax;
    }
  }

  private final IssuerKeys keys;
  private final Clock clock;
  private final String issuer;
  private final String audience;

  IssuerJws(IssuerKeys keys, IssuerSettings settings, Clock clock) {
    this.keys = keys;
    this.clock = clock;
    this.issuer = settings.issuerName();
    this.audience = settings.audience();
  }

  /** Checks a compact serialization. */
  public Mono<JwsCheck> check(String compact, Format format) {
    if (compact.length() > format.charsMax) {
      return bad(Fault.TOO_LARGE);
    }
    SignedJWT jws;
    try {
      jws = SignedJWT.parse(compact);
    } catch (ParseException e) {
      return bad(Fault.MALFORMED);
    }
    if (jws.getHeader().getType() == null
        || !format.typ.equalsIgnoreCase(jws.getHeader().getType().getType())) {
      return bad(Fault.WRONG_TYPE);
    }
    String kid = jws.getHeader().getKeyID();
    if (kid == null) {
      return bad(Fault.UNKNOWN_KEY);
    }
    return keys.find(format.purpose, kid)
        .map(
            key ->
                key.map(found -> checkWith(found, jws, format))
                    .orElseGet(() -> new Bad(Fault.UNKNOWN_KEY)));
  }

  private JwsCheck checkWith(VerificationKey key, SignedJWT jws, Format format) {
    JWSAlgorithm algorithm = jws.getHeader().getAlgorithm();
    if (!key.algorithms().contains(algorithm)) {
      return new Bad(Fault.WRONG_ALGORITHM);
    }
    JWTClaimsSet claims;
    try {
      if (!jws.verify(key.verifier())) {
        return new Bad(Fault.BAD_SIGNATURE);
      }
      claims = jws.getJWTClaimsSet();
    } catch (JOSEException e) {
      return new Bad(Fault.BAD_SIGNATURE);
    } catch (ParseException e) {
      return new Bad(Fault.MALFORMED);
    }
    if (!issuer.equals(claims.getIssuer())) {
      return new Bad(Fault.WRONG_ISSUER);
    }
    if (!claims.getAudience().contains(audience)) {
      return new Bad(Fault.WRONG_AUDIENCE);
    }
    return inTime(claims, format);
  }

  private JwsCheck inTime(JWTClaimsSet claims, Format format) {
    Instant now = clock.instant();
    if (claims.getIssueTime() == null || (format.expires && claims.getExpirationTime() == null)) {
      return new Bad(Fault.MALFORMED);
    }
    if (isAfter(claims.getIssueTime(), now.plus(SKEW))
        || isAfter(claims.getNotBeforeTime(), now.plus(SKEW))) {
      return new Bad(Fault.NOT_YET_VALID);
    }
    if (claims.getExpirationTime() != null && !isAfter(claims.getExpirationTime(), now)) {
      return new Bad(Fault.EXPIRED);
    }
    return new Good(claims);
  }

  private static boolean isAfter(@Nullable Date time, Instant limit) {
    return time != null && time.toInstant().isAfter(limit);
  }

  private static Mono<JwsCheck> bad(Fault fault) {
    return Mono.just(new Bad(fault));
  }
}

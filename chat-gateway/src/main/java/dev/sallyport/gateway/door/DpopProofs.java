package dev.sallyport.gateway.door;

import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.JWSHeader;
import com.nimbusds.jose.JWSVerifier;
import com.nimbusds.jose.crypto.ECDSAVerifier;
import com.nimbusds.jose.crypto.Ed25519Verifier;
import com.nimbusds.jose.crypto.RSASSAVerifier;
import com.nimbusds.jose.jwk.Curve;
import com.nimbusds.jose.jwk.ECKey;
import com.nimbusds.jose.jwk.JWK;
import com.nimbusds.jose.jwk.OctetKeyPair;
import com.nimbusds.jose.jwk.RSAKey;
import com.nimbusds.jose.util.Base64URL;
import com.nimbusds.jwt.JWTClaimsSet;
import com.nimbusds.jwt.SignedJWT;
import dev.sallyport.gateway.door.Presented.NonceRule;
import dev.sallyport.gateway.issuer.IssuerSettings;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.text.ParseException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.stereotype.Component;
import reactor.core.publisher.Mono;

/**
 * Checks DPoP proofs (RFC 9449 §4.3). Thread-safe, never blocks.
 *
 * <p>The replay memory is this process's own. A nonce names the process that made it, so a proof is
 * looked up at that one, wherever it is shown, and is good at none that ran before. Where settings
 * let proofs come without, those that could have been used before the start still need one.
 */
@Component
final class DpopProofs implements ProofMemory {
  /** As sent in {@code algs} of the challenge. */
  static final String ALGORITHMS = "ES256 EdDSA Ed25519 ES384 PS256 RS256";

  /** {@code iat} may be this far from now, either way. */
  private static final Duration AGE_MAX = Duration.ofSeconds(60);

  /** A proof with an RSA key and a nonce has some 1,500 characters. */
  private static final int CHARS_MAX = 8 * 1024;

  private static final int JTI_CHARS_MAX = 256;
  private static final int RSA_BITS_MIN = 2048;

  /** Verifying costs grow with the square of it. */
  private static final int RSA_BITS_MAX = 4096;

  /** For two minutes at some 4,000 requests a second; about 40 MB. */
  private static final int REPLAYS_MAX = 500_000;

  private final String publicBase;
  private final boolean nonceRequired;
  private final ServerNonces nonces;
  private final ObjectProvider<ProofsElsewhere> elsewhere;
  private final Clock clock;
  private final ReplayMemory memory;
  private final Instant startedAt;

  DpopProofs(
      IssuerSettings issuer,
      DoorSettings settings,
      ServerNonces nonces,
      ObjectProvider<ProofsElsewhere> elsewhere,
      Clock clock) {
    this.elsewhere = elsewhere;
    this.publicBase = issuer.audience();
    this.nonceRequired = settings.dpopNonceRequired();
    this.nonces = nonces;
    this.clock = clock;
    this.memory = new ReplayMemory(clock, AGE_MAX.multipliedBy(2).plusSeconds(1), REPLAYS_MAX);
    this.startedAt = clock.instant();
  }

  /** What is known here. */
  private sealed interface Checked {
    record Decided(Optional<TokenRefusal> refusal) implements Checked {}

    /** It is good if that gateway says so. */
    record Elsewhere(String node, ProofUse use) implements Checked {}
  }

  private static Checked refused(TokenRefusal why) {
    return new Checked.Decided(Optional.of(why));
  }

  /**
   * Checks the proof against the request, the token and the key the token is bound to; empty if it
   * is good, and then it is spent. At once, unless it carries another gateway's nonce.
   */
  Mono<Optional<TokenRefusal>> refusal(Presented presented, String boundTo) {
    return switch (check(presented, boundTo)) {
      case Checked.Decided(var refusal) -> Mono.just(refusal);
      case Checked.Elsewhere(String node, ProofUse use) -> {
        var others = elsewhere.getIfAvailable();
        yield others == null
            ? Mono.just(Optional.of(TokenRefusal.NONCE_NEEDED))
            : others.use(node, use).map(DpopProofs::refusal);
      }
    };
  }

  private static Optional<TokenRefusal> refusal(ProofUse.Outcome outcome) {
    return switch (outcome) {
      case FIRST -> Optional.empty();
      case REPEATED -> Optional.of(TokenRefusal.PROOF_REPLAYED);
      case UNKNOWN -> Optional.of(TokenRefusal.NONCE_NEEDED);
    };
  }

  @Override
  public String node() {
    return nonces.node();
  }

  @Override
  public ProofUse.Outcome use(ProofUse proof) {
    if (!nonces.accepts(proof.nonce()) || proof.jti().length() > JTI_CHARS_MAX) {
      return ProofUse.Outcome.UNKNOWN;
    }
    return memory.firstUse(proof.jkt(), proof.jti())
        ? ProofUse.Outcome.FIRST
        : ProofUse.Outcome.REPEATED;
  }

  private Checked check(Presented presented, String boundTo) {
    if (presented.proof().length() > CHARS_MAX) {
      return refused(TokenRefusal.PROOF_INVALID);
    }
    SignedJWT proof;
    JWTClaimsSet claims;
    JWK key;
    try {
      proof = SignedJWT.parse(presented.proof());
      claims = proof.getJWTClaimsSet();
      key = proof.getHeader().getJWK();
      if (claims == null
          || key == null
          || key.isPrivate()
          || proof.getHeader().getType() == null
          || !"dpop+jwt".equalsIgnoreCase(proof.getHeader().getType().getType())) {
        return refused(TokenRefusal.PROOF_INVALID);
      }
      if (!constantTimeEquals(key.computeThumbprint().toString(), boundTo)) {
        return refused(TokenRefusal.PROOF_OTHER_KEY);
      }
      JWSVerifier verifier = verifier(proof.getHeader(), key);
      if (verifier == null || !proof.verify(verifier)) {
        return refused(TokenRefusal.PROOF_INVALID);
      }
    } catch (ParseException | JOSEException | IllegalStateException e) {
      return refused(TokenRefusal.PROOF_INVALID);
    }
    return ofClaims(claims, presented, boundTo);
  }

  private Checked ofClaims(JWTClaimsSet claims, Presented presented, String boundTo) {
    if (!(claims.getClaim("htm") instanceof String htm)
        || !(claims.getClaim("htu") instanceof String htu)
        || !(claims.getClaim("ath") instanceof String ath)
        || !(claims.getClaim("jti") instanceof String jti)
        || jti.isEmpty()
        || jti.length() > JTI_CHARS_MAX
        || claims.getIssueTime() == null
        || !htm.equals(presented.htm())
        || !sameUrl(htu, publicBase + presented.path())
        || !constantTimeEquals(ath, hash(presented.token()))) {
      return refused(TokenRefusal.PROOF_INVALID);
    }
    Instant issuedAt = claims.getIssueTime().toInstant();
    if (Duration.between(issuedAt, clock.instant()).abs().compareTo(AGE_MAX) > 0) {
      return refused(TokenRefusal.PROOF_INVALID);
    }
    String nonce = claims.getClaim("nonce") instanceof String text ? text : null;
    if (nonce != null && presented.nonce() instanceof NonceRule.Ours) {
      var node = nonces.elsewhere(nonce);
      if (node.isPresent()) {
        return new Checked.Elsewhere(node.get(), new ProofUse(nonce, boundTo, jti));
      }
    }
    if (!nonceSatisfies(nonce, issuedAt, presented.nonce())) {
      return refused(TokenRefusal.NONCE_NEEDED);
    }
    return memory.firstUse(boundTo, jti)
        ? new Checked.Decided(Optional.empty())
        : refused(TokenRefusal.PROOF_REPLAYED);
  }

  private boolean nonceSatisfies(@Nullable String nonce, Instant issuedAt, NonceRule rule) {
    return switch (rule) {
      case NonceRule.Exactly(String expected) ->
          nonce != null && constantTimeEquals(nonce, expected);
      case NonceRule.Ours() ->
          nonce == null
              // One that was taken just before the start may be dated that far ahead.
              ? !nonceRequired && !issuedAt.isBefore(startedAt.plus(AGE_MAX))
              : nonces.accepts(nonce);
    };
  }

  private static @Nullable JWSVerifier verifier(JWSHeader header, JWK key) throws JOSEException {
    JWSAlgorithm algorithm = header.getAlgorithm();
    return switch (key) {
      case ECKey ec
          when (JWSAlgorithm.ES256.equals(algorithm) && Curve.P_256.equals(ec.getCurve()))
              || (JWSAlgorithm.ES384.equals(algorithm) && Curve.P_384.equals(ec.getCurve())) ->
          new ECDSAVerifier(ec);
      case OctetKeyPair okp
          when (JWSAlgorithm.EdDSA.equals(algorithm) || JWSAlgorithm.Ed25519.equals(algorithm))
              && Curve.Ed25519.equals(okp.getCurve()) ->
          new Ed25519Verifier(okp);
      case RSAKey rsa
          when (JWSAlgorithm.PS256.equals(algorithm) || JWSAlgorithm.RS256.equals(algorithm))
              && rsa.size() >= RSA_BITS_MIN
              && rsa.size() <= RSA_BITS_MAX ->
          new RSASSAVerifier(rsa);
      default -> null;
    };
  }

  private static boolean sameUrl(String htu, String expected) {
    Optional<String> named = PublicUrl.normalize(htu);
    return named.isPresent() && named.equals(PublicUrl.normalize(expected));
  }

  private static String hash(String token) {
    try {
      return Base64URL.encode(
              MessageDigest.getInstance("SHA-256")
                  .digest(token.getBytes(StandardCharsets.US_ASCII)))
          .toString();
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }

  private static boolean constantTimeEquals(String a, String b) {
    return MessageDigest.isEqual(
        a.getBytes(StandardCharsets.UTF_8), b.getBytes(StandardCharsets.UTF_8));
  }
}

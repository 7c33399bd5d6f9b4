package dev.sallyport.benchmarks.identity;

import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.JOSEObjectType;
import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.JWSHeader;
import com.nimbusds.jose.crypto.ECDSASigner;
import com.nimbusds.jose.jwk.ECKey;
import com.nimbusds.jwt.JWTClaimsSet;
import com.nimbusds.jwt.SignedJWT;
import java.net.URI;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.Date;
import java.util.Deque;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * DPoP proofs (RFC 9449) by one key, made beforehand: a client makes them on its own processor, not
 * on the server's. For one thread.
 */
final class Proofs {
  private final ECKey key;
  private final ECDSASigner signer;
  private final URI url;
  private final Deque<String> ready = new ArrayDeque<>();
  private @Nullable String nonce;

  Proofs(ECKey key, URI url) {
    this.key = key;
    this.url = url;
    try {
      this.signer = new ECDSASigner(key);
    } catch (JOSEException e) {
      throw new IllegalStateException(e);
    }
  }

  void nonce(String fresh) {
    nonce = fresh;
  }

  void stock(int count) {
    while (ready.size() < count) {
      ready.add(make());
    }
  }

  void discard() {
    ready.clear();
  }

  String next() {
    String made = ready.poll();
    return made != null ? made : make();
  }

  private String make() {
    JWTClaimsSet.Builder claims =
        new JWTClaimsSet.Builder()
            .jwtID(UUID.randomUUID().toString())
            .claim("htm", "POST")
            .claim("htu", url.toString())
            .issueTime(Date.from(Instant.now()));
    if (nonce != null) {
      claims.claim("nonce", nonce);
    }
    SignedJWT proof =
        new SignedJWT(
            new JWSHeader.Builder(JWSAlgorithm.ES256)
                .type(new JOSEObjectType("dpop+jwt"))
                .jwk(key.toPublicJWK())
                .build(),
            claims.build());
    try {
      proof.sign(signer);
    } catch (JOSEException e) {
      throw new IllegalStateException(e);
    }
    return proof.serialize();
  }
}

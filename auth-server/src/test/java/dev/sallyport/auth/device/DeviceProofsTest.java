package dev.sallyport.auth.device;

import static org.assertj.core.api.Assertions.assertThat;

import com.nimbusds.jose.JOSEObjectType;
import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.JWSHeader;
import com.nimbusds.jose.crypto.Ed25519Signer;
import com.nimbusds.jose.jwk.Curve;
import com.nimbusds.jose.jwk.OctetKeyPair;
import com.nimbusds.jose.jwk.gen.OctetKeyPairGenerator;
import com.nimbusds.jwt.JWTClaimsSet;
import com.nimbusds.jwt.SignedJWT;
import dev.sallyport.auth.SettableClock;
import dev.sallyport.auth.database.TestDatabase;
import dev.sallyport.auth.token.Hashes;
import dev.sallyport.auth.token.IssuerSettings;
import dev.sallyport.auth.token.SingleUse;
import java.time.Instant;
import java.util.Date;
import java.util.List;
import java.util.Random;
import java.util.UUID;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.springframework.jdbc.core.simple.JdbcClient;

/** The device proof of {@code ops/decisions/0002}: what is believed, and what never is. */
class DeviceProofsTest {

  private static final long SEED = 1123;
  private static final int INPUTS = 20_000;
  private static final String ISSUER = "http://localhost:9000";
  private static final String ATH = Hashes.sha256("token");

  private final SettableClock clock = new SettableClock(Instant.parse("2026-11-23T10:00:00Z"));
  private final TestDatabase database = TestDatabase.h2();
  private final DeviceProofs proofs =
      new DeviceProofs(
          new IssuerSettings(ISSUER, new IssuerSettings.Gateway("http://localhost:9100")),
          new SingleUse(JdbcClient.create(database.dataSource()), clock),
          clock);

  @AfterEach
  void close() {
    database.close();
  }

  private String proof(Consumer<JWTClaimsSet.Builder> bend) throws Exception {
    return proof("device-proof+jwt", bend);
  }

  private String proof(String typ, Consumer<JWTClaimsSet.Builder> bend) throws Exception {
    OctetKeyPair key = new OctetKeyPairGenerator(Curve.Ed25519).generate();
    JWTClaimsSet.Builder claims =
        new JWTClaimsSet.Builder()
            .audience(ISSUER)
            .issueTime(Date.from(clock.instant()))
            .jwtID(UUID.randomUUID().toString())
            .claim("ath", ATH);
    bend.accept(claims);
    SignedJWT jwt =
        new SignedJWT(
            new JWSHeader.Builder(JWSAlgorithm.EdDSA)
                .type(new JOSEObjectType(typ))
                .jwk(key.toPublicJWK())
                .build(),
            claims.build());
    jwt.sign(new Ed25519Signer(key));
    return jwt.serialize();
  }

  @Test
  void check_goodProof_isProvenOnce() throws Exception {
    String good = proof(claims -> {});
    assertThat(proofs.check(good, ATH)).isInstanceOf(DeviceProofs.Check.Proven.class);
    assertThat(proofs.check(good, ATH))
        .isEqualTo(new DeviceProofs.Check.Refused("the proof was used before"));
  }

  @Test
  void check_faults_areRefused() throws Exception {
    String[] faults = {
      proof("dpop+jwt", claims -> {}),
      proof(claims -> claims.audience("https://other.example")),
      proof(claims -> claims.audience(List.of(ISSUER, "https://other.example"))),
      proof(claims -> claims.issueTime(null)),
      proof(claims -> claims.issueTime(Date.from(clock.instant().minusSeconds(121)))),
      proof(claims -> claims.issueTime(Date.from(clock.instant().plusSeconds(61)))),
      proof(claims -> claims.jwtID(null)),
      proof(claims -> claims.claim("ath", Hashes.sha256("other"))),
      proof(claims -> claims.claim("ath", null)),
      "x".repeat(5000),
    };
    for (int i = 0; i < faults.length; i++) {
      assertThat(proofs.check(faults[i], ATH))
          .as("fault %s", i)
          .isInstanceOf(DeviceProofs.Check.Refused.class);
    }
  }

  @Test
  void check_mutatedProofs_areRefusedWithoutException() throws Exception {
    String good = proof(claims -> {});
    Random random = new Random(SEED);
    for (int i = 0; i < INPUTS; i++) {
      StringBuilder text = new StringBuilder(good);
      int edits = 1 + random.nextInt(3);
      for (int edit = 0; edit < edits && !text.isEmpty(); edit++) {
        // not the last character, whose unused bits base64url forgives
        int at = random.nextInt(Math.max(1, text.length() - 1));
        switch (random.nextInt(4)) {
          case 0 -> text.setCharAt(at, (char) random.nextInt(0x250));
          case 1 -> text.deleteCharAt(at);
          case 2 -> text.insert(at, "[{\"".charAt(random.nextInt(3)));
          default -> text.setLength(at);
        }
      }
      if (!text.toString().equals(good)) {
        assertThat(proofs.check(text.toString(), ATH))
            .as("seed %s, input %s: %s", SEED, i, text)
            .isInstanceOf(DeviceProofs.Check.Refused.class);
      }
    }
    assertThat(proofs.check(good, ATH)).isInstanceOf(DeviceProofs.Check.Proven.class);
  }
}

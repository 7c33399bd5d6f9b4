package dev.sallyport.auth.token;

import static org.assertj.core.api.Assertions.assertThat;

import com.nimbusds.jose.JOSEObjectType;
import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.JWSHeader;
import com.nimbusds.jose.crypto.ECDSASigner;
import com.nimbusds.jose.jwk.Curve;
import com.nimbusds.jose.jwk.ECKey;
import com.nimbusds.jose.jwk.gen.ECKeyGenerator;
import com.nimbusds.jwt.JWTClaimsSet;
import com.nimbusds.jwt.SignedJWT;
import dev.sallyport.auth.SettableClock;
import dev.sallyport.auth.client.SharedKeys;
import dev.sallyport.auth.database.TestDatabase;
import dev.sallyport.auth.vault.TestVault;
import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;
import java.time.Instant;
import java.util.Base64;
import java.util.Date;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.jdbc.support.JdbcTransactionManager;

/** Whatever arrives as a DPoP proof or a nonce is answered, never thrown back, never believed. */
class DpopProofsFuzzTest {

  private static final long SEED = 20261123;
  private static final int INPUTS = 20_000;
  private static final String URL = "http://localhost:9000/oauth2/token";

  private final SettableClock clock = new SettableClock(Instant.parse("2026-11-23T10:00:00Z"));

  @Test
  void check_mutatedProofs_areRefusedWithoutException() throws Exception {
    try (TestDatabase database = TestDatabase.h2()) {
      JdbcClient jdbc = JdbcClient.create(database.dataSource());
      ServerNonces nonces = nonces(database);
      DpopProofs proofs = new DpopProofs(nonces, new SingleUse(jdbc, clock), clock);
      String good = good(nonces.fresh());
      Random random = new Random(SEED);
      for (int i = 0; i < INPUTS; i++) {
        String input = mutate(good, random);
        DpopCheck outcome = proofs.check(input, "POST", List.of(URL), null);
        if (!sameBytes(input, good)) {
          assertThat(outcome)
              .as("seed %s, input %s: %s", SEED, i, input)
              .isInstanceOf(DpopCheck.Refused.class);
        }
      }
      assertThat(proofs.check(good(nonces.fresh()), "POST", List.of(URL), null))
          .isInstanceOf(DpopCheck.Proven.class);
    }
  }

  @Test
  void valid_mutatedNonces_areRefusedWithoutException() {
    try (TestDatabase database = TestDatabase.h2()) {
      ServerNonces nonces = nonces(database);
      String good = nonces.fresh();
      Random random = new Random(SEED);
      for (int i = 0; i < INPUTS; i++) {
        String input = mutate(good, random);
        if (!input.equals(good)) {
          assertThat(nonces.valid(input)).as("seed %s, input %s: %s", SEED, i, input).isFalse();
        }
      }
      assertThat(nonces.valid(good)).isTrue();
    }
  }

  private ServerNonces nonces(TestDatabase database) {
    return new ServerNonces(
        new SharedKeys(
            JdbcClient.create(database.dataSource()),
            TestVault.create(),
            new SecureRandom(),
            new JdbcTransactionManager(database.dataSource())),
        clock);
  }

  private String good(String nonce) throws Exception {
    ECKey key = new ECKeyGenerator(Curve.P_256).generate();
    SignedJWT jwt =
        new SignedJWT(
            new JWSHeader.Builder(JWSAlgorithm.ES256)
                .type(new JOSEObjectType("dpop+jwt"))
                .jwk(key.toPublicJWK())
                .build(),
            new JWTClaimsSet.Builder()
                .jwtID("j")
                .issueTime(Date.from(clock.instant()))
                .claim("htm", "POST")
                .claim("htu", URL)
                .claim("nonce", nonce)
                .build());
    jwt.sign(new ECDSASigner(key));
    return jwt.serialize();
  }

  /** Base64url forgives unused bits of the last character: such a proof is the same proof. */
  private static boolean sameBytes(String a, String b) {
    String[] one = a.split("\\.", -1);
    String[] other = b.split("\\.", -1);
    if (one.length != other.length || one.length != 3) {
      return false;
    }
    // header and payload are signed as text
    return one[0].equals(other[0])
        && one[1].equals(other[1])
        && one[2].length() == other[2].length()
        && one[2].regionMatches(0, other[2], 0, one[2].length() - 1);
  }

  private static String mutate(String good, Random random) {
    StringBuilder text = new StringBuilder(good);
    int edits = 1 + random.nextInt(4);
    for (int i = 0; i < edits && !text.isEmpty(); i++) {
      int at = random.nextInt(text.length());
      switch (random.nextInt(6)) {
        case 0 -> text.setCharAt(at, (char) random.nextInt(0x250));
        case 1 -> text.deleteCharAt(at);
        case 2 -> text.insert(at, (char) (32 + random.nextInt(95)));
        case 3 -> text.setLength(at);
        case 4 -> text.insert(at, text.substring(at, Math.min(text.length(), at + 40)));
        default -> replacePart(text, random);
      }
    }
    return text.toString();
  }

  /** Another JSON where header or claims were: deep, wide, or of other types. */
  private static void replacePart(StringBuilder text, Random random) {
    String json =
        switch (random.nextInt(6)) {
          case 0 -> "[".repeat(2000);
          case 1 -> "{\"a\":".repeat(500) + "1" + "}".repeat(500);
          case 2 ->
              "{\"typ\":\"dpop+jwt\",\"alg\":\"ES256\",\"jwk\":{\"kty\":\"EC\",\"crv\":\"P-256\","
                  + "\"x\":\"AA\",\"y\":\"AA\"}}";
          case 3 -> "{\"typ\":7,\"alg\":[],\"jwk\":null}";
          case 4 -> "{\"iat\":1e400,\"jti\":{},\"htm\":[],\"htu\":\"\\u0000\"}";
          default -> "null";
        };
    String part =
        Base64.getUrlEncoder()
            .withoutPadding()
            .encodeToString(json.getBytes(StandardCharsets.UTF_8));
    int first = text.indexOf(".");
    int last = text.lastIndexOf(".");
    if (first > 0 && last > first) {
      if (random.nextBoolean()) {
        text.replace(0, first, part);
      } else {
        text.replace(first + 1, last, part);
      }
    }
  }
}

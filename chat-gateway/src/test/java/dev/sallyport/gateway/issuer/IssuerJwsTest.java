package dev.sallyport.gateway.issuer;

import static org.assertj.core.api.Assertions.assertThat;

import com.nimbusds.jose.JOSEObjectType;
import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.JWSHeader;
import com.nimbusds.jose.JWSSigner;
import com.nimbusds.jose.crypto.ECDSASigner;
import com.nimbusds.jose.crypto.MACSigner;
import com.nimbusds.jose.crypto.RSASSASigner;
import com.nimbusds.jose.jwk.Curve;
import com.nimbusds.jose.jwk.ECKey;
import com.nimbusds.jose.jwk.JWKSet;
import com.nimbusds.jose.jwk.RSAKey;
import com.nimbusds.jose.jwk.gen.ECKeyGenerator;
import com.nimbusds.jose.jwk.gen.RSAKeyGenerator;
import com.nimbusds.jose.util.Base64URL;
import com.nimbusds.jwt.JWTClaimsSet;
import com.nimbusds.jwt.SignedJWT;
import dev.sallyport.gateway.issuer.IssuerJws.Format;
import dev.sallyport.gateway.issuer.JwsCheck.Bad;
import dev.sallyport.gateway.issuer.JwsCheck.Fault;
import dev.sallyport.gateway.issuer.JwsCheck.Good;
import dev.sallyport.gateway.testing.MovableClock;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.Arrays;
import java.util.Date;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import java.util.function.Consumer;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** RFC 7515, RFC 8725 and decision 0002, with keys on disk and no auth-server. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class IssuerJwsTest {
  private static final String ISSUER = "http://127.0.0.1:9";
  private static final String AUDIENCE = "http://gateway.test";

  private final MovableClock clock = new MovableClock();
  private ECKey ec;
  private RSAKey rsa;
  private IssuerJws jws;

  @BeforeAll
  void keys(@TempDir Path data) throws Exception {
    ec = new ECKeyGenerator(Curve.P_256).keyID("ec").generate();
    rsa = new RSAKeyGenerator(2048).keyID("rsa").algorithm(JWSAlgorithm.RS256).generate();
    var settings = new IssuerSettings(URI.create(AUDIENCE), URI.create(ISSUER), null, data, null);
    var folder = new TrustFolder(settings);
    var published = new JWKSet(List.of(ec.toPublicJWK(), rsa.toPublicJWK())).toString();
    for (var purpose : KeyPurpose.values()) {
      folder.write(purpose.fileName(), published.getBytes(StandardCharsets.UTF_8));
    }
    var authServer = new AuthServer(settings, clock, new SecureRandom());
    jws = new IssuerJws(new IssuerKeys(authServer, folder, clock), settings, clock);
  }

  private JWTClaimsSet.Builder claims() {
    return new JWTClaimsSet.Builder()
        .issuer(ISSUER)
        .audience(AUDIENCE)
        .issueTime(Date.from(clock.instant()))
        .expirationTime(Date.from(clock.instant().plusSeconds(60)));
  }

  private static String signed(
      JWSAlgorithm algorithm, String kid, String typ, JWTClaimsSet claims, JWSSigner signer)
      throws Exception {
    var jwt =
        new SignedJWT(
            new JWSHeader.Builder(algorithm).keyID(kid).type(new JOSEObjectType(typ)).build(),
            claims);
    jwt.sign(signer);
    return jwt.serialize();
  }

  private String token(Consumer<JWTClaimsSet.Builder> change) throws Exception {
    var claims = claims();
    change.accept(claims);
    return signed(JWSAlgorithm.ES256, "ec", "at+jwt", claims.build(), new ECDSASigner(ec));
  }

  private JwsCheck check(String compact, Format format) {
    return Objects.requireNonNull(jws.check(compact, format).block(Duration.ofSeconds(20)));
  }

  private void refused(Fault fault, String compact) {
    assertThat(check(compact, Format.GATEWAY_TOKEN)).isEqualTo(new Bad(fault));
  }

  @Test
  void check_good() throws Exception {
    assertThat(check(token(c -> {}), Format.GATEWAY_TOKEN)).isInstanceOf(Good.class);
    assertThat(
            check(
                signed(
                    JWSAlgorithm.RS256, "rsa", "at+jwt", claims().build(), new RSASSASigner(rsa)),
                Format.GATEWAY_TOKEN))
        .isInstanceOf(Good.class);
  }

  @Test
  void check_algorithmThatTheKeyDoesNotAllow_refused() throws Exception {
    // The key says RS256; another padding of the same key is another algorithm.
    refused(
        Fault.WRONG_ALGORITHM,
        signed(JWSAlgorithm.PS256, "rsa", "at+jwt", claims().build(), new RSASSASigner(rsa)));
    // RFC 8725 §2.1: the public key as an HMAC secret.
    refused(
        Fault.WRONG_ALGORITHM,
        signed(
            JWSAlgorithm.HS256,
            "rsa",
            "at+jwt",
            claims().build(),
            new MACSigner(rsa.toRSAPublicKey().getEncoded())));
    var parts = token(c -> {}).split("\\.", -1);
    refused(
        Fault.MALFORMED,
        Base64URL.encode("{\"alg\":\"none\",\"kid\":\"ec\",\"typ\":\"at+jwt\"}")
            + "."
            + parts[1]
            + ".");
  }

  @Test
  void check_timesOutOfBounds_refused() throws Exception {
    var now = clock.instant();
    refused(Fault.EXPIRED, token(c -> c.expirationTime(Date.from(now.minusSeconds(1)))));
    refused(Fault.MALFORMED, token(c -> c.expirationTime(null)));
    refused(Fault.MALFORMED, token(c -> c.issueTime(null)));
    refused(Fault.NOT_YET_VALID, token(c -> c.issueTime(Date.from(now.plusSeconds(90)))));
    refused(Fault.NOT_YET_VALID, token(c -> c.notBeforeTime(Date.from(now.plusSeconds(90)))));
    assertThat(
            check(
                token(c -> c.notBeforeTime(Date.from(now.plusSeconds(30)))), Format.GATEWAY_TOKEN))
        .isInstanceOf(Good.class);
  }

  @Test
  void check_tooLarge_refusedUnread() {
    refused(Fault.TOO_LARGE, "x".repeat(64 * 1024 + 1));
    refused(Fault.MALFORMED, "x".repeat(64 * 1024));
  }

  private static String typeOf(Format format) {
    return switch (format) {
      case GATEWAY_TOKEN -> "at+jwt";
      case POLICY_BUNDLE -> "policy-bundle+jwt";
      case SECURITY_EVENT -> "secevent+jwt";
    };
  }

  @Test
  void check_eachFormatItsOwnTypeOnly() throws Exception {
    assertThat(check(token(c -> {}), Format.POLICY_BUNDLE)).isEqualTo(new Bad(Fault.WRONG_TYPE));
    assertThat(check(token(c -> {}), Format.SECURITY_EVENT)).isEqualTo(new Bad(Fault.WRONG_TYPE));
  }

  @ParameterizedTest
  @EnumSource(Format.class)
  void check_mutated_isNeverBelievedAndNeverThrows(Format format) throws Exception {
    long seed = 20261124;
    var random = new Random(seed);
    var good =
        signed(JWSAlgorithm.ES256, "ec", typeOf(format), claims().build(), new ECDSASigner(ec));
    assertThat(check(good, format)).isInstanceOf(Good.class);
    for (int i = 0; i < 1500; i++) {
      var bytes = good.getBytes(StandardCharsets.US_ASCII);
      for (int changes = random.nextInt(3); changes >= 0; changes--) {
        bytes[random.nextInt(bytes.length)] = (byte) (32 + random.nextInt(95));
      }
      int length = random.nextInt(8) == 0 ? random.nextInt(bytes.length) : bytes.length;
      var text = new String(bytes, 0, length, StandardCharsets.US_ASCII);
      if (sameBytes(text, good)) {
        continue;
      }
      assertThat(check(text, format)).as("seed %d, round %d", seed, i).isInstanceOf(Bad.class);
    }
  }

  /** Base64 has more than one spelling for the same bytes. */
  private static boolean sameBytes(String text, String good) {
    var one = text.split("\\.", -1);
    var other = good.split("\\.", -1);
    if (one.length != other.length) {
      return false;
    }
    for (int i = 0; i < one.length; i++) {
      if (!Arrays.equals(new Base64URL(one[i]).decode(), new Base64URL(other[i]).decode())) {
        return false;
      }
    }
    return true;
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3})
  void check_headersAtRandom_neverThrow(long seed) throws Exception {
    var random = new Random(seed);
    String[] values = {
      "null",
      "1",
      "\"ec\"",
      "\"rsa\"",
      "\"\"",
      "[]",
      "{}",
      "true",
      "\"none\"",
      "\"ES256\"",
      "\"RS256\"",
      "\"at+jwt\"",
      "[\"b64\"]",
      "{\"kty\":\"EC\"}",
      "\"https://evil.test/jwks\""
    };
    String[] names = {"alg", "kid", "typ", "crit", "b64", "jku", "jwk", "x5u", "x5c", "zip", "cty"};
    var parts = token(c -> {}).split("\\.", -1);
    for (int i = 0; i < 1000; i++) {
      var header = new StringBuilder("{");
      for (var name : names) {
        if (random.nextInt(3) > 0) {
          header
              .append(header.length() > 1 ? "," : "")
              .append('"' + name + "\":")
              .append(values[random.nextInt(values.length)]);
        }
      }
      var text = Base64URL.encode(header.append('}').toString()) + "." + parts[1] + "." + parts[2];
      assertThat(check(text, Format.GATEWAY_TOKEN))
          .as("seed %d, round %d: %s", seed, i, header)
          .isInstanceOf(Bad.class);
    }
  }
}

package dev.sallyport.gateway.door;

import static org.assertj.core.api.Assertions.assertThat;

import com.nimbusds.jose.JOSEObjectType;
import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.JWSHeader;
import com.nimbusds.jose.crypto.ECDSASigner;
import com.nimbusds.jose.crypto.RSASSASigner;
import com.nimbusds.jose.crypto.opts.AllowWeakRSAKey;
import com.nimbusds.jose.jwk.Curve;
import com.nimbusds.jose.jwk.gen.ECKeyGenerator;
import com.nimbusds.jose.jwk.gen.RSAKeyGenerator;
import com.nimbusds.jose.util.Base64URL;
import com.nimbusds.jose.util.JSONObjectUtils;
import com.nimbusds.jwt.JWTClaimsSet;
import com.nimbusds.jwt.SignedJWT;
import dev.sallyport.gateway.door.Presented.NonceRule;
import dev.sallyport.gateway.issuer.IssuerSettings;
import dev.sallyport.gateway.testing.DpopKey;
import dev.sallyport.gateway.testing.MovableClock;
import java.net.InetAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.text.ParseException;
import java.time.Duration;
import java.util.Date;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.beans.factory.support.StaticListableBeanFactory;

/** The parts of the first door, each for itself. */
class DoorPartsTest {
  private final MovableClock clock = new MovableClock();

  /** Without nonces, and so long after the start that none is needed. */
  private DpopProofs proofs() {
    DpopProofs proofs = proofs(false, new ServerNonces(clock, new SecureRandom()));
    clock.advance(Duration.ofSeconds(61));
    return proofs;
  }

  private DpopProofs proofs(boolean nonceRequired, ServerNonces nonces) {
    return new DpopProofs(
        new IssuerSettings(
            URI.create("https://gw.test"),
            URI.create("https://auth.test"),
            null,
            Path.of("x"),
            null),
        new DoorSettings(List.of(), List.of(), nonceRequired),
        nonces,
        new StaticListableBeanFactory().getBeanProvider(ProofsElsewhere.class),
        clock);
  }

  private static Optional<TokenRefusal> refusal(
      DpopProofs proofs, Presented presented, String jkt) {
    return proofs.refusal(presented, jkt).blockOptional().orElseThrow();
  }

  private static Presented presented(String token, String proof) {
    return new Presented(
        token, proof, "GET", "/v1/x", new NonceRule.Ours(), InetAddress.getLoopbackAddress());
  }

  @ParameterizedTest
  @CsvSource({
    "HTTPS://GW.test:443/v1/x, https://gw.test/v1/x",
    "http://gw.test:80, http://gw.test/",
    "https://gw.test/a%2fb%7Ec?q#f, https://gw.test/a%2Fb~c",
    "https://gw.test:444/x, https://gw.test:444/x"
  })
  void publicUrl_normalized(String text, String normal) {
    assertThat(PublicUrl.normalize(text)).contains(normal);
  }

  @ParameterizedTest
  @CsvSource({
    "ftp://gw.test/",
    "/v1/x",
    "https://user@gw.test/",
    "https://",
    "%",
    "https://gw.test/%zz"
  })
  void publicUrl_notHttp_isNone(String text) {
    assertThat(PublicUrl.normalize(text)).isEmpty();
  }

  @Test
  void proof_good_onceOnly() {
    DpopKey key = new DpopKey(clock);
    DpopProofs proofs = proofs();
    String proof = key.proof("GET", "https://GW.test:443/v1/x?q=1", "token");
    assertThat(refusal(proofs, presented("token", proof), key.jkt())).isEmpty();
    assertThat(refusal(proofs, presented("token", proof), key.jkt()))
        .contains(TokenRefusal.PROOF_REPLAYED);
  }

  private static String typed(DpopKey key, JWSHeader.Builder header, String url, String jti) {
    String whole = key.proof("GET", url, "token", claims -> claims.jwtID(jti));
    try {
      return key.sign(header.build(), SignedJWT.parse(whole).getJWTClaimsSet());
    } catch (ParseException e) {
      throw new AssertionError(e);
    }
  }

  private static JWSHeader.Builder header(String typ, com.nimbusds.jose.jwk.JWK jwk) {
    return new JWSHeader.Builder(JWSAlgorithm.ES256).type(new JOSEObjectType(typ)).jwk(jwk);
  }

  @Test
  void proof_thatIsNone_refused() throws Exception {
    DpopKey key = new DpopKey(clock);
    String url = "https://gw.test/v1/x";
    DpopProofs proofs = proofs();
    var ours = key.publicKey();
    assertThat(
            refusal(
                proofs,
                presented("token", typed(key, header("dpop+jwt", ours), url, "a")),
                key.jkt()))
        .isEmpty();
    var refused =
        List.of(
            typed(key, header("JWT", ours), url, "b"),
            typed(key, header("at+jwt", ours), url, "c"),
            typed(key, header("dpop+jwt", ours), url, "j".repeat(257)),
            typed(key, header("dpop+jwt", ours), url, ""),
            typed(key, header("dpop+jwt", ours), url, "d") + "x".repeat(8 * 1024));
    for (String proof : refused) {
      assertThat(refusal(proofs, presented("token", proof), key.jkt()))
          .contains(TokenRefusal.PROOF_INVALID);
    }
    // RFC 9449 §4.2: the header must not hold a private key.
    var secret = new ECKeyGenerator(Curve.P_256).generate();
    var claims = SignedJWT.parse(key.proof("GET", url, "token")).getJWTClaimsSet();
    var leaking = new SignedJWT(header("dpop+jwt", secret.toPublicJWK()).build(), claims);
    leaking.sign(new ECDSASigner(secret));
    var parts = leaking.serialize().split("\\.", -1);
    var withSecret = JSONObjectUtils.parse(new Base64URL(parts[0]).decodeToString());
    withSecret.put("jwk", secret.toJSONObject());
    String unsigned = Base64URL.encode(JSONObjectUtils.toJSONString(withSecret)) + "." + parts[1];
    var signer = java.security.Signature.getInstance("SHA256withECDSAinP1363Format");
    signer.initSign(secret.toECPrivateKey());
    signer.update(unsigned.getBytes(StandardCharsets.US_ASCII));
    assertThat(
            refusal(
                proofs,
                presented("token", unsigned + "." + Base64URL.encode(signer.sign())),
                secret.computeThumbprint().toString()))
        .contains(TokenRefusal.PROOF_INVALID);
  }

  @Test
  void proof_byAWeakRsaKey_refused() throws Exception {
    var weak = new RSAKeyGenerator(1024, true).generate();
    var fit = new RSAKeyGenerator(2048).generate();
    DpopProofs proofs = proofs();
    for (var rsa : List.of(weak, fit)) {
      var proof =
          new SignedJWT(
              new JWSHeader.Builder(JWSAlgorithm.PS256)
                  .type(new JOSEObjectType("dpop+jwt"))
                  .jwk(rsa.toPublicJWK())
                  .build(),
              SignedJWT.parse(new DpopKey(clock).proof("GET", "https://gw.test/v1/x", "token"))
                  .getJWTClaimsSet());
      proof.sign(new RSASSASigner(rsa.toPrivateKey(), Set.of(AllowWeakRSAKey.getInstance())));
      var refusal =
          refusal(
              proofs, presented("token", proof.serialize()), rsa.computeThumbprint().toString());
      assertThat(refusal)
          .isEqualTo(rsa.equals(weak) ? Optional.of(TokenRefusal.PROOF_INVALID) : Optional.empty());
    }
  }

  @Test
  void proof_withoutANonce_refusedWhereTheSettingAsksForOne() {
    DpopKey key = new DpopKey(clock);
    ServerNonces nonces = new ServerNonces(clock, new SecureRandom());
    DpopProofs proofs = proofs(true, nonces);
    String url = "https://gw.test/v1/x";
    assertThat(refusal(proofs, presented("token", key.proof("GET", url, "token")), key.jkt()))
        .contains(TokenRefusal.NONCE_NEEDED);
    String nonce = nonces.fresh();
    String proof = key.proof("GET", url, "token", claims -> claims.claim("nonce", nonce));
    assertThat(refusal(proofs, presented("token", proof), key.jkt())).isEmpty();
  }

  @Test
  void token_withIdsThatAreNone_isNotRead() throws ParseException {
    String id = "0190a0a0-0000-7000-8000-000000000000";
    assertThat(TokenReader.read(token(id, id))).isPresent();
    assertThat(TokenReader.read(token("alice", id))).isEmpty();
    assertThat(TokenReader.read(token(id.toUpperCase(java.util.Locale.ROOT), id))).isEmpty();
    assertThat(TokenReader.read(token(id, "phone"))).isEmpty();
  }

  @Test
  void token_withAGrantThatCannotBeRead_isNotRead() throws ParseException {
    String id = "0190a0a0-0000-7000-8000-000000000000";
    var good = token(id, id);
    assertThat(TokenReader.read(granted(good, "a family")).orElseThrow().grantId())
        .isEqualTo("a family");
    assertThat(TokenReader.read(good).orElseThrow().grantId()).isNull();
    for (Object bad : List.of("", 7, List.of("a"), "x".repeat(257))) {
      assertThat(TokenReader.read(granted(good, bad))).as("%s", bad).isEmpty();
    }
  }

  @Test
  void token_boundToWhatCannotBeSeenHere_isNotRead() {
    String id = "0190a0a0-0000-7000-8000-000000000000";
    var good = token(id, id);
    String thumbprint = "A".repeat(43);
    for (Object bad :
        List.of(
            java.util.Map.of("x5t#S256", thumbprint),
            java.util.Map.of("jkt", thumbprint, "x5t#S256", thumbprint),
            java.util.Map.of("jkt", List.of(thumbprint)),
            java.util.Map.of(),
            thumbprint)) {
      assertThat(TokenReader.read(new JWTClaimsSet.Builder(good).claim("cnf", bad).build()))
          .as("%s", bad)
          .isEmpty();
    }
  }

  private static JWTClaimsSet granted(JWTClaimsSet token, Object grant) {
    return new JWTClaimsSet.Builder(token).claim("grant_id", grant).build();
  }

  private JWTClaimsSet token(String sub, String device) {
    return new JWTClaimsSet.Builder()
        .subject(sub)
        .jwtID("j")
        .claim("client_id", "c")
        .claim("sid", "s")
        .claim("device_id", device)
        .claim("cnf", java.util.Map.of("jkt", "A".repeat(43)))
        .issueTime(java.util.Date.from(clock.instant()))
        .expirationTime(java.util.Date.from(clock.instant().plusSeconds(300)))
        .build();
  }

  @Test
  void caller_expiredOrRevoked_isNotLive() {
    var token =
        TokenReader.read(
                token(
                    "0190a0a0-0000-7000-8000-000000000000", "0190a0a0-0000-7000-8000-000000000001"))
            .orElseThrow();
    Caller revoked = new Caller(token, InetAddress.getLoopbackAddress(), clock);
    assertThat(revoked.live()).isTrue();
    revoked.revoke();
    assertThat(revoked.live()).isFalse();
    Caller expired = new Caller(token, InetAddress.getLoopbackAddress(), clock);
    clock.advance(Duration.ofMinutes(5));
    assertThat(expired.live()).isFalse();
  }

  @Test
  void proof_thatCouldHaveBeenUsedBeforeTheStart_needsANonce() {
    DpopKey key = new DpopKey(clock);
    DpopProofs proofs = proofs(false, new ServerNonces(clock, new SecureRandom()));
    for (int ahead : new int[] {-30, 0, 30, 59}) {
      String proof =
          key.proof(
              "GET",
              "https://gw.test/v1/x",
              "token",
              c -> c.issueTime(Date.from(clock.instant().plusSeconds(ahead))));
      assertThat(refusal(proofs, presented("token", proof), key.jkt()))
          .as("%d s ahead", ahead)
          .contains(TokenRefusal.NONCE_NEEDED);
    }
    clock.advance(Duration.ofSeconds(61));
    String proof = key.proof("GET", "https://gw.test/v1/x", "token");
    assertThat(refusal(proofs, presented("token", proof), key.jkt())).isEmpty();
  }

  /** Two gateways of one public URL: what the one took, the other does not. */
  @Test
  void proof_takenByOneGateway_isRefusedByAnother() {
    DpopKey key = new DpopKey(clock);
    ServerNonces nonces = new ServerNonces(clock, new SecureRandom());
    DpopProofs one = proofs(true, nonces);
    DpopProofs other = proofs(true, new ServerNonces(clock, new SecureRandom()));
    String proof =
        key.proof("GET", "https://gw.test/v1/x", "token", c -> c.claim("nonce", nonces.fresh()));
    assertThat(refusal(one, presented("token", proof), key.jkt())).isEmpty();
    assertThat(refusal(one, presented("token", proof), key.jkt()))
        .contains(TokenRefusal.PROOF_REPLAYED);
    assertThat(refusal(other, presented("token", proof), key.jkt()))
        .contains(TokenRefusal.NONCE_NEEDED);
  }

  @Test
  void replayMemory_fullOrTurning_neverForgetsTooEarly() {
    ReplayMemory memory = new ReplayMemory(clock, Duration.ofSeconds(100), 2);
    assertThat(memory.firstUse("k", "a")).isTrue();
    assertThat(memory.firstUse("k", "a")).isFalse();
    assertThat(memory.firstUse("other", "a")).isTrue();
    assertThat(memory.firstUse("k", "c")).as("full").isFalse();
    clock.advance(Duration.ofSeconds(99));
    assertThat(memory.firstUse("k", "a")).isFalse();
    clock.advance(Duration.ofSeconds(2));
    assertThat(memory.firstUse("k", "a")).as("in the older generation").isFalse();
    assertThat(memory.firstUse("k", "c")).isTrue();
    clock.advance(Duration.ofSeconds(500));
    assertThat(memory.firstUse("k", "a")).isTrue();
  }

  @Test
  void nonces_ofOursAndFresh_only() {
    ServerNonces nonces = new ServerNonces(clock, new SecureRandom());
    String nonce = nonces.fresh();
    assertThat(nonces.accepts(nonce)).isTrue();
    assertThat(new ServerNonces(clock, new SecureRandom()).accepts(nonce)).isFalse();
    clock.advance(Duration.ofMinutes(6));
    assertThat(nonces.accepts(nonce)).isFalse();
  }

  @Test
  void remoteAddress_forwardedIsBelievedFromProxiesOnly() {
    RemoteAddresses addresses =
        new RemoteAddresses(new DoorSettings(List.of("10.0.0.0/8"), List.of(), false));
    InetAddress proxy = InetAddress.ofLiteral("10.1.2.3");
    InetAddress stranger = InetAddress.ofLiteral("192.0.2.1");
    assertThat(addresses.through(stranger, List.of("203.0.113.9"))).contains(stranger);
    assertThat(through(addresses, proxy, "1.1.1.1, 203.0.113.9")).contains("203.0.113.9");
    assertThat(through(addresses, proxy, "203.0.113.9, 10.9.9.9")).contains("203.0.113.9");
    assertThat(through(addresses, proxy, "1.1.1.1", "203.0.113.9,10.9.9.9"))
        .contains("203.0.113.9");
    assertThat(through(addresses, proxy)).contains("10.1.2.3");
    assertThat(through(addresses, proxy, "10.7.7.7, 10.8.8.8")).contains("10.7.7.7");
    assertThat(addresses.through(stranger, List.of("rubbish"))).contains(stranger);
  }

  private static Optional<String> through(
      RemoteAddresses addresses, InetAddress peer, String... forwardedFor) {
    return addresses.through(peer, List.of(forwardedFor)).map(InetAddress::getHostAddress);
  }

  /** What a client writes in front, however much, changes nothing. */
  @ParameterizedTest
  @ValueSource(ints = {1, 15, 16, 17, 18, 100, 3000})
  void remoteAddress_ofManyHops_isTheNearestThatIsNotOurs(int hops) {
    RemoteAddresses addresses =
        new RemoteAddresses(new DoorSettings(List.of("10.0.0.0/8"), List.of(), false));
    InetAddress proxy = InetAddress.ofLiteral("10.1.2.3");
    for (String lie : List.of("x", "10.1.2.3", "127.0.0.1", "")) {
      String forged = (lie + ",").repeat(hops);
      assertThat(through(addresses, proxy, forged + "203.0.113.9")).contains("203.0.113.9");
      assertThat(through(addresses, proxy, forged + " 203.0.113.9 , 10.2.2.2"))
          .contains("203.0.113.9");
    }
    assertThat(through(addresses, proxy, "203.0.113.9" + ",10.2.2.2".repeat(hops)))
        .contains("203.0.113.9");
  }

  /** The proxy itself may be let in where its client is not, so it never stands in for it. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "rubbish",
        "",
        ",",
        "203.0.113.9,",
        "unknown, 10.2.2.2",
        "203.0.113.9:4711",
        "203.0.113.9 10.2.2.2",
        "203.0.113.9;10.2.2.2",
        "_hidden",
        "256.1.1.1",
        "::1::"
      })
  void remoteAddress_ofAHopThatIsNone_isUnknown(String forwardedFor) {
    RemoteAddresses addresses =
        new RemoteAddresses(new DoorSettings(List.of("10.0.0.0/8"), List.of(), false));
    assertThat(through(addresses, InetAddress.ofLiteral("10.1.2.3"), forwardedFor)).isEmpty();
  }

  @Test
  void proofs_mutated_neverPassAndNeverThrow() {
    long seed = 4711;
    Random random = new Random(seed);
    DpopKey key = new DpopKey(clock);
    DpopProofs proofs = proofs();
    String good = key.proof("GET", "https://gw.test/v1/x", "token");
    for (int i = 0; i < 3000; i++) {
      byte[] bytes = good.getBytes(StandardCharsets.US_ASCII);
      // Not the last character of a part: its low bits may mean nothing.
      int at = random.nextInt(bytes.length - 2);
      boolean beforeDot = bytes[at + 1] == '.' || bytes[at] == '.';
      byte before = bytes[at];
      bytes[at] = (byte) (32 + random.nextInt(95));
      // The decoder takes both alphabets of base64, so these say the same.
      boolean sameDigit =
          (before == '-' && bytes[at] == '+') || (before == '_' && bytes[at] == '/');
      if (beforeDot || sameDigit || bytes[at] == before) {
        continue;
      }
      Optional<TokenRefusal> refusal =
          refusal(
              proofs, presented("token", new String(bytes, StandardCharsets.US_ASCII)), key.jkt());
      assertThat(refusal).as("seed %d, round %d, at %d", seed, i, at).isPresent();
    }
  }

  @Test
  void claims_random_neverThrow() throws ParseException {
    long seed = 815;
    Random random = new Random(seed);
    String[] names = {
      "sub",
      "sid",
      "client_id",
      "cnf",
      "roles",
      "groups",
      "attributes",
      "scope",
      "device_id",
      "jti",
      "acr",
      "iat",
      "exp"
    };
    String[] values = {
      "null",
      "1",
      "-1",
      "\"x\"",
      "[]",
      "[1]",
      "[\"a\"]",
      "{}",
      "{\"jkt\":3}",
      "{\"a\":{}}",
      "true",
      "1e300",
      "\"0190a0a0-0000-7000-8000-000000000000\"",
      "[[[[]]]]"
    };
    for (int i = 0; i < 5000; i++) {
      StringBuilder json = new StringBuilder("{");
      for (String name : names) {
        if (random.nextInt(4) > 0) {
          json.append(json.length() > 1 ? "," : "")
              .append('"')
              .append(name)
              .append("\":")
              .append(values[random.nextInt(values.length)]);
        }
      }
      JWTClaimsSet claims;
      try {
        claims = JWTClaimsSet.parse(JSONObjectUtils.parse(json.append('}').toString()));
      } catch (ParseException e) {
        continue;
      }
      assertThat(TokenReader.read(claims)).as("seed %d, round %d", seed, i).isEmpty();
    }
  }
}

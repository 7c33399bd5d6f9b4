package dev.sallyport.gateway.bundle;

import static org.assertj.core.api.Assertions.assertThat;

import com.nimbusds.jose.util.JSONObjectUtils;
import com.nimbusds.jwt.JWTClaimsSet;
import dev.sallyport.gateway.bundle.BundleReader.Accepted;
import dev.sallyport.gateway.bundle.BundleReader.Held;
import dev.sallyport.gateway.bundle.BundleReader.Refused;
import dev.sallyport.gateway.testing.FakeAuthServer;
import dev.sallyport.gateway.testing.MovableClock;
import java.text.ParseException;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What a signed bundle holds: of a sound issuer, but nothing is taken on trust. */
class BundleReaderTest {
  private static final String SCHEMA = schema();

  private static String schema() {
    try (var auth = new FakeAuthServer(new MovableClock(), java.nio.file.Path.of("unused"))) {
      return (String) auth.bundleClaims(1, "").build().getClaim("schema");
    } catch (java.io.IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }

  private static BundleReader.Reading plan(Map<String, Object> claims) throws ParseException {
    return BundleReader.plan(JWTClaimsSet.parse(claims), new Held(1, ""), List.of());
  }

  private static String json(String policies, String schema, String entities) {
    return JSONObjectUtils.toJSONString(Map.of("policies", policies, "schema", schema))
        .replaceFirst("\\{", "{\"version\":2,\"entities\":" + entities.replace("\\", "\\\\") + ",");
  }

  @Test
  void plan_default_accepted() throws ParseException {
    assertThat(plan(JSONObjectUtils.parse(json(FakeAuthServer.defaultPolicies(), SCHEMA, "[]"))))
        .isInstanceOf(Accepted.class);
  }

  @Test
  void plan_sameVersion_onlyWithTheSameContent() throws ParseException {
    String policies = FakeAuthServer.defaultPolicies();
    String swapped =
        "[{\"parents\":[],\"attrs\":{},\"uid\":{\"id\":\"a\",\"type\":\"Chat::Role\"}}]";
    var accepted = (Accepted) plan(parsed(policies, role("a")));
    var held = new Held(2, accepted.content());

    assertThat(BundleReader.plan(signedAgain(policies, swapped), held, List.of()))
        .isInstanceOf(Accepted.class);
    for (var other :
        List.of(
            parsed(policies + " ", role("a")),
            parsed(policies, role("b")),
            parsed(policies, "[]"))) {
      assertThat(BundleReader.plan(JWTClaimsSet.parse(other), held, List.of()))
          .isInstanceOfSatisfying(
              Refused.class, refused -> assertThat(refused.code()).isEqualTo("same_version"));
      assertThat(
              BundleReader.plan(
                  JWTClaimsSet.parse(other), new Held(1, accepted.content()), List.of()))
          .isInstanceOf(Accepted.class);
    }
  }

  private static String role(String id) {
    return "[{\"uid\":{\"type\":\"Chat::Role\",\"id\":\""
        + id
        + "\"},\"attrs\":{},\"parents\":[]}]";
  }

  private static Map<String, Object> parsed(String policies, String entities)
      throws ParseException {
    return JSONObjectUtils.parse(json(policies, SCHEMA, entities));
  }

  private static JWTClaimsSet signedAgain(String policies, String entities) throws ParseException {
    var claims = parsed(policies, entities);
    claims.put("jti", "another");
    claims.put("iat", 1);
    return JWTClaimsSet.parse(claims);
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3})
  void plan_mutated_isRefusedOrWhole_andNeverThrows(long seed) throws ParseException {
    var random = new Random(seed);
    String[] entities = {
      "[]",
      "[null]",
      "[1]",
      "[{}]",
      "[[]]",
      "[{\"uid\":1}]",
      "[{\"uid\":{\"type\":\"Chat::Role\",\"id\":\"a\"},\"attrs\":{},\"parents\":[]}]",
      "[{\"uid\":{\"type\":\"Chat::Role\",\"id\":\"a\"},\"attrs\":{\"x\":1e300},\"parents\":[]}]",
      "[{\"uid\":{\"type\":\"Chat::Role\",\"id\":\"a\"},\"attrs\":{},"
          + "\"parents\":[{\"type\":\"Chat::Role\",\"id\":\"a\"}]}]",
      "[" + "[".repeat(200) + "]".repeat(200) + "]"
    };
    for (int i = 0; i < 150; i++) {
      String policies = mutated(random, FakeAuthServer.defaultPolicies());
      String schema = random.nextBoolean() ? SCHEMA : mutated(random, SCHEMA);
      var claims =
          JSONObjectUtils.parse(json(policies, schema, entities[random.nextInt(entities.length)]));
      if (random.nextInt(10) == 0) {
        claims.remove(claims.keySet().iterator().next());
      }
      assertThat(plan(claims))
          .as("seed %d, round %d", seed, i)
          .satisfiesAnyOf(
              read -> assertThat(read).isInstanceOf(Accepted.class),
              read ->
                  assertThat(read)
                      .isInstanceOfSatisfying(
                          Refused.class,
                          refused -> assertThat(refused.code()).isIn("invalid", "malformed")));
    }
  }

  private static String mutated(Random random, String text) {
    var changed = new StringBuilder(text);
    for (int changes = random.nextInt(6); changes > 0; changes--) {
      int at = random.nextInt(changed.length());
      switch (random.nextInt(3)) {
        case 0 -> changed.setCharAt(at, (char) random.nextInt(128));
        case 1 -> changed.delete(at, Math.min(changed.length(), at + random.nextInt(40)));
        default -> changed.insert(at, "(".repeat(random.nextInt(300)));
      }
    }
    return changed.toString();
  }
}

package dev.sallyport.auth.grant;

import static org.assertj.core.api.Assertions.assertThat;

import com.nimbusds.jose.crypto.ECDSAVerifier;
import com.nimbusds.jose.jwk.JWKSet;
import com.nimbusds.jwt.JWTClaimsSet;
import com.nimbusds.jwt.SignedJWT;
import java.time.Duration;
import org.junit.jupiter.api.Test;

/** RFC 9068, and the claims of {@code ops/decisions/0002}. */
class JwtAccessTokenTest {

  private final World world = World.get();

  @Test
  void accessToken_hasTheClaimsOfTheFormatAndNoOther() throws Exception {
    DpopKey key = world.key();
    SignedJWT token =
        SignedJWT.parse(
            world.tokens(key, World.CHAT, "openid chat.write chat.read").text("access_token"));
    assertThat(token.getHeader().getType().getType()).isEqualTo("at+jwt");
    assertThat(token.getHeader().getAlgorithm().getName()).isEqualTo("ES256");
    assertThat(
            token.verify(
                new ECDSAVerifier(
                    JWKSet.parse(world.get("/oauth2/jwks").http().body())
                        .getKeyByKeyId(token.getHeader().getKeyID())
                        .toECKey())))
        .isTrue();
    JWTClaimsSet claims = token.getJWTClaimsSet();
    assertThat(claims.getClaims().keySet())
        .containsExactlyInAnyOrder(
            "iss",
            "sub",
            "aud",
            "client_id",
            "scope",
            "sid",
            "acr",
            "amr",
            "auth_time",
            "iat",
            "exp",
            "jti",
            "cnf");
    assertThat(claims.getAudience()).containsExactly(World.ISSUER);
    assertThat(claims.getStringClaim("scope")).isEqualTo("chat.read chat.write openid");
    assertThat(claims.getJSONObjectClaim("cnf")).containsOnlyKeys("jkt");
    assertThat(
            Duration.between(
                claims.getIssueTime().toInstant(), claims.getExpirationTime().toInstant()))
        .isEqualTo(Duration.ofMinutes(5));
  }

  @Test
  void database_holdsNoTokenInTheClear() {
    DpopKey key = world.key();
    String code = world.code(World.CHAT, "openid offline_access");
    Answer tokens = world.token(key, world.redeeming(World.CHAT, code));
    StringBuilder all = new StringBuilder();
    for (String table : new String[] {"oauth_authorization", "refresh_token", "used_once"}) {
      all.append(world.server.jdbc().queryForList("select * from " + table));
    }
    assertThat(all.toString())
        .doesNotContain(code)
        .doesNotContain(tokens.text("refresh_token"))
        .doesNotContain(tokens.text("access_token"));
  }
}

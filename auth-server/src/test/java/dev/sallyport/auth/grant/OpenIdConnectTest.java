package dev.sallyport.auth.grant;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.nimbusds.jose.crypto.ECDSAVerifier;
import com.nimbusds.jose.crypto.RSASSAVerifier;
import com.nimbusds.jose.jwk.JWK;
import com.nimbusds.jose.jwk.JWKSet;
import com.nimbusds.jwt.JWTClaimsSet;
import com.nimbusds.jwt.SignedJWT;
import java.util.Base64;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** OpenID Connect Core and Discovery. */
class OpenIdConnectTest {

  private final World world = World.get();

  @Test
  void codeFlow_chatClient_givesTokensThatVerify() throws Exception {
    DpopKey key = world.key();
    Answer answer = world.tokens(key, World.CHAT, World.ALL_SCOPES);
    assertThat(answer.text("token_type")).isEqualTo("DPoP");
    assertThat(answer.header("Cache-Control")).contains("no-store");
    SignedJWT idToken = SignedJWT.parse(answer.text("id_token"));
    assertThat(idToken.verify(new ECDSAVerifier(publicKey(idToken).toECKey()))).isTrue();
    JWTClaimsSet claims = idToken.getJWTClaimsSet();
    assertThat(claims.getIssuer()).isEqualTo(World.ISSUER);
    assertThat(claims.getAudience()).containsExactly(World.CHAT);
    assertThat(claims.getStringClaim("nonce")).isEqualTo("n-1");
    assertThat(claims.getStringClaim("acr")).isEqualTo("urn:sallyport:acr:2fa");
    assertThat(claims.getStringListClaim("amr")).contains("pwd", "otp", "mfa");
    assertThat(claims.getClaim("auth_time")).isInstanceOf(Long.class);
    assertThat(claims.getStringClaim("sid")).hasSize(22);
  }

  @Test
  void codeFlow_webClient_getsBearerAndRs256() throws Exception {
    Map<String, String> asking = world.asking(World.WEB, "openid profile");
    asking.put("redirect_uri", "https://shop.example/callback");
    asking.remove("code_challenge");
    asking.remove("code_challenge_method");
    Map<String, String> form = world.redeeming(World.WEB, world.authorize(asking).redirect("code"));
    form.put("redirect_uri", "https://shop.example/callback");
    form.remove("code_verifier");
    form.remove("client_id");
    Answer answer = world.post("/oauth2/token", form, "Authorization", basic(world.webSecret));
    assertThat(answer.status()).as(answer.http().body()).isEqualTo(200);
    assertThat(answer.text("token_type")).isEqualTo("Bearer");
    assertThat(answer.body()).doesNotContainKey("refresh_token");
    SignedJWT idToken = SignedJWT.parse(answer.text("id_token"));
    assertThat(idToken.getHeader().getAlgorithm().getName()).isEqualTo("RS256");
    assertThat(idToken.verify(new RSASSAVerifier(publicKey(idToken).toRSAKey()))).isTrue();

    Answer userInfo =
        world.get("/userinfo", "Authorization", "Bearer " + answer.text("access_token"));
    assertThat(userInfo.status()).isEqualTo(200);
    assertThat(userInfo.text("sub")).isEqualTo(idToken.getJWTClaimsSet().getSubject());
    assertThat(userInfo.text("preferred_username")).isEqualTo("alice");
    assertThat(userInfo.body()).doesNotContainKey("email");
  }

  @Test
  void clientSecret_wrong_isRefusedWithChallenge() {
    Answer answer =
        world.post(
            "/oauth2/token",
            Map.of("grant_type", "refresh_token", "refresh_token", "x"),
            "Authorization",
            basic("x".repeat(43)));
    assertThat(answer.refusal()).isEqualTo("401 invalid_client");
    assertThat(answer.header("WWW-Authenticate").orElse("")).startsWith("Basic");
  }

  @Test
  void userInfo_withDpop_answersGetAndPost() {
    DpopKey key = world.key();
    String token = world.tokens(key, World.CHAT, "openid profile").text("access_token");
    for (String method : List.of("GET", "POST")) {
      assertThat(world.api(key, method, "/userinfo", token, null).status()).isEqualTo(200);
    }
    assertThat(world.get("/userinfo", "Authorization", "Bearer " + token).status()).isEqualTo(401);
  }

  @Test
  void promptNone_nobodySignedIn_isLoginRequired() {
    Map<String, String> asking = new HashMap<>(world.asking(World.CHAT, "openid"));
    asking.put("prompt", "none");
    Answer answer = world.browse("/oauth2/authorize?" + World.form(asking), null);
    assertThat(answer.redirect())
        .containsEntry("error", "login_required")
        .containsEntry("iss", World.ISSUER);
  }

  @Test
  void authorize_nobodySignedIn_goesToSignInByGetAndPost() {
    Map<String, String> asking = world.asking(World.CHAT, "openid");
    Answer answer = world.browse("/oauth2/authorize?" + World.form(asking), null);
    assertThat(answer.header("Location").orElse("")).endsWith("/login");
    Answer posted = world.post("/oauth2/authorize", asking);
    assertThat(posted.status()).isEqualTo(303);
    assertThat(posted.header("Location").orElse("")).startsWith("/oauth2/authorize?");
  }

  @Test
  void discovery_saysWhatIsTrue() {
    Answer answer = world.get("/.well-known/openid-configuration");
    assertThat(answer.text("issuer")).isEqualTo(World.ISSUER);
    assertThat(answer.body())
        .containsEntry("code_challenge_methods_supported", List.of("S256"))
        .containsEntry(
            "id_token_signing_alg_values_supported", List.of("ES256", "RS256", "PS256", "EdDSA"))
        .containsEntry("authorization_response_iss_parameter_supported", true)
        .containsEntry("request_parameter_supported", true);
    assertThat(world.get("/.well-known/oauth-authorization-server").body())
        .isEqualTo(answer.body());
    Answer keys = world.get("/oauth2/jwks");
    assertThat(keys.header("Cache-Control").orElse("")).contains("max-age=300");
    assertThat(keys.http().body()).doesNotContain("\"d\"");
  }

  private JWK publicKey(SignedJWT jwt) throws Exception {
    return JWKSet.parse(world.get("/oauth2/jwks").http().body())
        .getKeyByKeyId(jwt.getHeader().getKeyID());
  }

  private static String basic(String secret) {
    return "Basic "
        + Base64.getEncoder().encodeToString((World.WEB + ":" + secret).getBytes(UTF_8));
  }
}

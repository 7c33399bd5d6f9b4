package dev.sallyport.auth.grant;

import static org.assertj.core.api.Assertions.assertThat;

import com.nimbusds.jose.crypto.ECDSAVerifier;
import com.nimbusds.jose.jwk.JWKSet;
import com.nimbusds.jwt.JWTClaimsSet;
import com.nimbusds.jwt.SignedJWT;
import java.net.http.HttpRequest;
import java.util.Date;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.web.util.HtmlUtils;

/** OAuth 2.0 Form Post Response Mode; JARM. */
class ResponseModeTest {

  private static final Pattern FIELD =
      Pattern.compile("<input type=\"hidden\" name=\"([^\"]*)\" value=\"([^\"]*)\">");

  private final World world = World.get();

  private Map<String, String> asking(String mode) {
    Map<String, String> asking = world.asking(World.OTHER_CHAT, "openid");
    asking.put("response_mode", mode);
    return asking;
  }

  private Answer authorize(Map<String, String> asking) {
    return world.browse("/oauth2/authorize?" + World.form(asking), world.cookie());
  }

  private static Map<String, String> fields(Answer page) {
    assertThat(page.status()).isEqualTo(200);
    assertThat(page.header("Content-Type").orElse("")).startsWith("text/html");
    assertThat(page.header("Cache-Control")).contains("no-store");
    assertThat(page.header("Content-Security-Policy").orElse(""))
        .contains("default-src 'none'; script-src 'sha256-")
        .doesNotContain("unsafe");
    assertThat(page.http().body()).contains("action=\"" + World.REDIRECT + "\"");
    Map<String, String> fields = new HashMap<>();
    Matcher field = FIELD.matcher(page.http().body());
    while (field.find()) {
      fields.put(field.group(1), HtmlUtils.htmlUnescape(field.group(2)));
    }
    return fields;
  }

  private JWTClaimsSet signed(String response) throws Exception {
    SignedJWT jwt = SignedJWT.parse(response);
    assertThat(
            jwt.verify(
                new ECDSAVerifier(
                    JWKSet.parse(world.get("/oauth2/jwks").http().body())
                        .getKeyByKeyId(jwt.getHeader().getKeyID())
                        .toECKey())))
        .isTrue();
    JWTClaimsSet claims = jwt.getJWTClaimsSet();
    assertThat(claims.getIssuer()).isEqualTo(World.ISSUER);
    assertThat(claims.getAudience()).containsExactly(World.OTHER_CHAT);
    assertThat(claims.getExpirationTime()).isAfter(Date.from(world.clock.instant()));
    return claims;
  }

  @Test
  void formPost_answers_escaped() {
    Map<String, String> asking = asking("form_post");
    asking.put("state", "\"><script>alert(1)</script>");
    Answer page = authorize(asking);
    assertThat(page.http().body()).doesNotContain("<script>alert");
    Map<String, String> fields = fields(page);
    assertThat(fields)
        .containsEntry("state", "\"><script>alert(1)</script>")
        .containsEntry("iss", World.ISSUER);
    assertThat(
            world
                .token(
                    world.key(), world.redeeming(World.OTHER_CHAT, fields.getOrDefault("code", "")))
                .status())
        .isEqualTo(200);
  }

  @Test
  void formPost_errors_arePostedToo() {
    Map<String, String> asking = asking("form_post");
    asking.put("prompt", "none");
    assertThat(fields(world.browse("/oauth2/authorize?" + World.form(asking), null)))
        .containsEntry("error", "login_required")
        .containsEntry("state", "s t&ate");
    asking.put("redirect_uri", "https://evil.example/");
    assertThat(authorize(asking).status()).isEqualTo(400);
  }

  @ParameterizedTest
  @ValueSource(strings = {"jwt", "query.jwt"})
  void jwt_isSignedAndAlone(String mode) throws Exception {
    Map<String, String> redirect = authorize(asking(mode)).redirect();
    assertThat(redirect).containsOnlyKeys("response");
    JWTClaimsSet claims = signed(redirect.getOrDefault("response", ""));
    assertThat(claims.getStringClaim("state")).isEqualTo("s t&ate");
    assertThat(
            world
                .token(
                    world.key(), world.redeeming(World.OTHER_CHAT, claims.getStringClaim("code")))
                .status())
        .isEqualTo(200);
  }

  @Test
  void formPostJwt_ofAPushedRequest_isThatOfThePush() throws Exception {
    Answer pushed = world.post("/oauth2/par", asking("form_post.jwt"));
    Map<String, String> asking =
        Map.of(
            "client_id",
            World.OTHER_CHAT,
            "request_uri",
            pushed.text("request_uri"),
            "response_mode",
            "query");
    Map<String, String> fields = fields(authorize(asking));
    assertThat(fields).containsOnlyKeys("response");
    assertThat(signed(fields.getOrDefault("response", "")).getStringClaim("code")).isNotBlank();
  }

  @Test
  void jwt_errors_areSignedToo() throws Exception {
    Map<String, String> asking = asking("jwt");
    asking.put("scope", "openid gateway");
    JWTClaimsSet claims = signed(authorize(asking).redirect("response"));
    assertThat(claims.getStringClaim("error")).isEqualTo("invalid_scope");
  }

  @Test
  void consent_refused_isAnsweredInTheModeOfTheRequest() {
    Map<String, String> asking = world.asking(World.CHAT, "openid chat.read admin");
    asking.put("response_mode", "form_post");
    asking.put("prompt", "consent");
    Answer page = authorize(asking);
    Answer answer =
        world.send(
            world
                .request("/oauth2/authorize")
                .header("Cookie", "SALLYPORT_AUTH=" + world.cookie())
                .header("Content-Type", "application/x-www-form-urlencoded")
                .POST(
                    HttpRequest.BodyPublishers.ofString(
                        World.form(
                            Map.of("client_id", World.CHAT, "state", page.redirect("state"))))));
    assertThat(fields(answer)).containsEntry("error", "access_denied");
  }

  @ParameterizedTest
  @ValueSource(strings = {"web_message", "fragment.json", ""})
  void mode_thatDoesNotExist_isInvalid(String mode) {
    assertThat(authorize(asking(mode)).redirect()).containsEntry("error", "invalid_request");
  }

  @Test
  void userInfo_tokenInTheForm_isForBearerTokensAndOnceOnly() {
    Map<String, String> asking = world.asking(World.WEB, "openid profile");
    asking.put("redirect_uri", "https://shop.example/callback");
    Map<String, String> form = world.redeeming(World.WEB, world.authorize(asking).redirect("code"));
    form.put("redirect_uri", "https://shop.example/callback");
    form.remove("client_id");
    String bearer =
        world.post("/oauth2/token", form, "Authorization", world.webBasic()).text("access_token");
    Map<String, String> body = Map.of("access_token", bearer);
    assertThat(world.post("/userinfo", body).text("preferred_username")).isEqualTo("alice");
    assertThat(world.post("/userinfo", body, "Authorization", "Bearer " + bearer).status())
        .isEqualTo(400);
    assertThat(world.post("/userinfo?x=y", body).status()).isEqualTo(401);
    assertThat(world.get("/userinfo?access_token=" + bearer).status()).isEqualTo(401);
    assertThat(world.post("/v1/devices", body).status()).isEqualTo(401);
    String bound =
        world.tokens(world.key(), World.OTHER_CHAT, "openid profile").text("access_token");
    assertThat(world.post("/userinfo", Map.of("access_token", bound)).status()).isEqualTo(401);
  }

  @Test
  void discovery_namesTheModes() {
    assertThat(world.get("/.well-known/openid-configuration").body())
        .containsEntry(
            "response_modes_supported",
            List.of(
                "query",
                "fragment",
                "form_post",
                "jwt",
                "query.jwt",
                "fragment.jwt",
                "form_post.jwt"));
  }
}

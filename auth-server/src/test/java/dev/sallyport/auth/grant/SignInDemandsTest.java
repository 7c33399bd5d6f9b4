package dev.sallyport.auth.grant;

import static org.assertj.core.api.Assertions.assertThat;

import com.nimbusds.jwt.JWTClaimsSet;
import dev.sallyport.auth.Browser;
import dev.sallyport.auth.account.Accounts;
import dev.sallyport.auth.session.SignInWish;
import java.net.URI;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * How a client wants a person to be met: {@code prompt}, {@code max_age}, {@code acr_values},
 * {@code login_hint}, {@code id_token_hint}, {@code claims} (OpenID Connect Core §3.1.2.1, §5.5).
 */
class SignInDemandsTest {

  private final World world = World.get();

  private Map<String, String> asking(String... more) {
    Map<String, String> asking = world.asking(World.OTHER_CHAT, "openid");
    for (int i = 0; i < more.length; i += 2) {
      asking.put(more[i], more[i + 1]);
    }
    return asking;
  }

  private Answer authorize(String... more) {
    return world.browse("/oauth2/authorize?" + World.form(asking(more)), world.cookie());
  }

  private static void sentToSignIn(Answer answer) {
    assertThat(answer.header("Location").orElse(answer.http().body())).endsWith("/login");
  }

  private static String target(HttpResponse<String> answer) {
    return answer.headers().firstValue("Location").orElseThrow(() -> new AssertionError(answer));
  }

  /** The request as it waits in the browser that was sent to sign in. */
  private static String waiting(Answer answer) {
    return answer.http().headers().allValues("Set-Cookie").stream()
        .filter(cookie -> cookie.startsWith("SALLYPORT_AUTH_NEXT="))
        .map(cookie -> cookie.substring(cookie.indexOf('=') + 1, cookie.indexOf(';')))
        .findFirst()
        .orElseThrow(() -> new AssertionError(answer.http().headers()));
  }

  private static SignInWish wish(Answer answer) {
    String waiting = waiting(answer);
    String name = SignInWish.PARAMETER + "=";
    return SignInWish.parse(waiting.substring(waiting.indexOf(name) + name.length())).orElseThrow();
  }

  /** As one who has just signed in comes back. */
  private Answer backAs(World.Visitor visitor, Answer sent) {
    return world.browse(waiting(sent), visitor.cookie());
  }

  @ParameterizedTest
  @ValueSource(strings = {"login", "login consent", "select_account"})
  void prompt_thatAsksForThePerson_sendsEvenTheOneSignedInToThePage(String prompt) {
    sentToSignIn(authorize("prompt", prompt));
  }

  @Test
  void promptLogin_afterSigningInAgain_goesOnOnceOnly() {
    World.Visitor visitor = world.visitor();
    String path = "/oauth2/authorize?" + World.form(asking("prompt", "login", "state", "once"));
    world.clock.pass(Duration.ofSeconds(1));
    Answer sent = world.browse(path, visitor.cookie());
    sentToSignIn(sent);
    assertThat(backAs(visitor, sent).header("Location").orElse("")).endsWith("/login");

    visitor.browser().get(path);
    assertThat(target(visitor.signIn())).startsWith(World.REDIRECT).contains("code=");

    world.clock.pass(Duration.ofMinutes(3));
    sentToSignIn(backAs(visitor, sent));
    sentToSignIn(world.browse(path, visitor.cookie()));
  }

  @Test
  void wish_ofAnotherRequest_opensNothing() {
    World.Visitor visitor = world.visitor();
    Answer sent =
        world.browse(
            "/oauth2/authorize?" + World.form(asking("prompt", "login")), visitor.cookie());
    visitor.signIn();
    String stolen = waiting(sent).substring(waiting(sent).indexOf(SignInWish.PARAMETER));
    sentToSignIn(
        world.browse(
            "/oauth2/authorize?"
                + World.form(asking("prompt", "login", "nonce", "other"))
                + "&"
                + stolen,
            visitor.cookie()));
    String forged = waiting(sent).replaceFirst("sign_in=[0-9]+", "sign_in=1");
    sentToSignIn(world.browse(forged, visitor.cookie()));
  }

  @Test
  void signingInAgain_keepsTheSessionAndMovesAuthTime() {
    World.Visitor visitor = world.visitor();
    JWTClaimsSet before = visitor.idToken();
    world.clock.pass(Duration.ofMinutes(1));
    world.browse("/oauth2/authorize?" + World.form(asking("prompt", "login")), visitor.cookie());
    visitor.signIn();
    JWTClaimsSet after = visitor.idToken();
    assertThat(after.getClaim("sid")).isEqualTo(before.getClaim("sid"));
    assertThat((Long) after.getClaim("auth_time"))
        .isGreaterThan((Long) before.getClaim("auth_time"));
  }

  @Test
  void maxAge_olderSignIn_mustSignInAgain() {
    World.Visitor visitor = world.visitor();
    world.clock.pass(Duration.ofMinutes(2));
    Map<String, String> asking = asking("max_age", "60");
    String path = "/oauth2/authorize?" + World.form(asking);
    sentToSignIn(world.browse(path, visitor.cookie()));
    asking.put("prompt", "none");
    assertThat(world.browse("/oauth2/authorize?" + World.form(asking), visitor.cookie()).redirect())
        .containsEntry("error", "login_required")
        .containsEntry("state", "s t&ate")
        .containsEntry("iss", World.ISSUER);
    asking.put("max_age", "3600");
    assertThat(world.browse("/oauth2/authorize?" + World.form(asking), visitor.cookie()).redirect())
        .containsKey("code");
  }

  @Test
  void maxAgeZero_afterSigningInAgain_goesOn() {
    World.Visitor visitor = world.visitor();
    world.clock.pass(Duration.ofSeconds(1));
    assertThat(
            visitor.browser().get("/oauth2/authorize?" + World.form(asking("max_age", "0"))).body())
        .contains("once more");
    assertThat(target(visitor.signIn())).contains("code=");
  }

  @Test
  void selectAccount_whoStays_goesOnWithTheSameSignIn() {
    World.Visitor visitor = world.visitor();
    HttpResponse<String> page =
        visitor
            .browser()
            .get("/oauth2/authorize?" + World.form(asking("prompt", "select_account")));
    assertThat(page.body()).contains("Go on as yourself");
    assertThat(target(visitor.browser().press(page, "stay"))).contains("code=");
  }

  @Test
  void promptLogin_whoWouldStay_isNotLet() {
    World.Visitor visitor = world.visitor();
    HttpResponse<String> page =
        visitor
            .browser()
            .get("/oauth2/authorize?" + World.form(asking("prompt", "login select_account")));
    assertThat(page.body()).doesNotContain("Go on as yourself");
    String token = page.body().replaceAll("(?s).*name=\"_csrf\" value=\"([^\"]*)\".*", "$1");
    assertThat(visitor.browser().post("/login/stay", Map.of("_csrf", token)).uri().getPath())
        .isEqualTo("/login");
  }

  /** RFC 8252 §8.6: any program on the machine can ask in its name, and listen for the answer. */
  @Test
  void nativeClient_isConsentedToEachTime() {
    Map<String, String> asking = world.asking(World.CHAT, "openid chat.read");
    world.authorize(asking);
    assertThat(authorize(asking).header("Location").orElse("")).contains("/consent?");
    asking.put("prompt", "none");
    assertThat(authorize(asking).redirect()).containsEntry("error", "consent_required");
    asking.put("scope", "openid");
    assertThat(authorize(asking).redirect()).containsKey("code");
  }

  private Answer authorize(Map<String, String> asking) {
    return world.browse("/oauth2/authorize?" + World.form(asking), world.cookie());
  }

  @Test
  void promptConsent_asksAgain_andPromptNoneIsRefused() {
    assertThat(authorize("prompt", "consent").header("Location").orElse("")).contains("/consent?");
    Map<String, String> asking = world.asking(World.CHAT, "openid admin");
    asking.put("prompt", "none");
    assertThat(world.browse("/oauth2/authorize?" + World.form(asking), world.cookie()).redirect())
        .containsEntry("error", "consent_required")
        .containsEntry("iss", World.ISSUER);
  }

  @ParameterizedTest
  @CsvSource({
    "prompt, create",
    "prompt, none login",
    "max_age, -1",
    "max_age, soon",
    "max_age, 99999999999",
    "claims, []",
    "claims, {\"id_token\":{\"acr\":{\"values\":7}}}",
    "id_token_hint, a.b.c",
  })
  void malformed_isInvalidRequest(String parameter, String value) {
    assertThat(authorize(parameter, value).redirect()).containsEntry("error", "invalid_request");
    assertThat(world.post("/oauth2/par", asking(parameter, value)).refusal())
        .isEqualTo("400 invalid_request");
  }

  @Test
  void unsupported_isSaidByItsOwnName() {
    assertThat(authorize("registration", "{}").redirect())
        .containsEntry("error", "registration_not_supported");
    assertThat(authorize("request_uri", "https://client.example/request.jwt").redirect())
        .containsEntry("error", "request_uri_not_supported")
        .containsEntry("state", "s t&ate");
    assertThat(
            authorize(
                    "request_uri",
                    "https://client.example/r",
                    "redirect_uri",
                    "https://evil.example/")
                .status())
        .isEqualTo(400);
  }

  @Test
  void uiLocalesAndDisplay_areAccepted() {
    assertThat(
            authorize("ui_locales", "fr-CA fr en", "display", "page", "claims_locales", "de")
                .redirect())
        .containsKey("code");
  }

  @Test
  void loginHint_isInTheFormOfTheSignIn() {
    Map<String, String> asking = asking("login_hint", "bo\"b<");
    HttpResponse<String> page =
        new Browser(world.server.port()).get("/oauth2/authorize?" + World.form(asking));
    assertThat(page.body()).contains("value=\"bo&quot;b&lt;\"");
  }

  @Test
  void idTokenHint_ofSomeoneElse_isLoginRequiredOrASignIn() {
    World.Visitor visitor = world.visitor();
    DpopKey key = world.key();
    String own = world.tokens(key, World.OTHER_CHAT, "openid").text("id_token");
    assertThat(authorize("id_token_hint", own, "prompt", "none").redirect()).containsKey("code");

    Map<String, String> asking = asking("id_token_hint", own);
    Answer sent = world.browse("/oauth2/authorize?" + World.form(asking), visitor.cookie());
    sentToSignIn(sent);
    assertThat(wish(sent).username()).isEqualTo("alice");
    assertThat(wish(sent).mayStay()).isFalse();
    visitor.browser().get("/oauth2/authorize?" + World.form(asking));
    assertThat(target(visitor.signIn())).contains("error=login_required");
    asking.put("prompt", "none");
    assertThat(world.browse("/oauth2/authorize?" + World.form(asking), visitor.cookie()).redirect())
        .containsEntry("error", "login_required");
  }

  @Test
  void idTokenHint_ofAnotherClient_isInvalid() {
    String other = world.tokens(world.key(), World.CHAT, "openid").text("id_token");
    assertThat(authorize("id_token_hint", other).redirect())
        .containsEntry("error", "invalid_request");
  }

  @Test
  void idTokenHint_isNoAccessToken() {
    String access = world.tokens(world.key(), World.OTHER_CHAT, "openid").text("access_token");
    assertThat(authorize("id_token_hint", access).redirect())
        .containsEntry("error", "invalid_request");
  }

  @Test
  void claims_subOfSomeoneElse_isLoginRequired() {
    String claims = "{\"id_token\":{\"sub\":{\"value\":\"%s\"}}}";
    String alice = world.server.bean(Accounts.class).byUsername("alice").orElseThrow().id();
    assertThat(authorize("prompt", "none", "claims", claims.formatted(alice)).redirect())
        .containsKey("code");
    assertThat(
            authorize("prompt", "none", "claims", claims.formatted(UUID.randomUUID())).redirect())
        .containsEntry("error", "login_required");
  }

  @Test
  void acr_essentialAndUnknown_isUnmet() {
    String claims = "{\"id_token\":{\"acr\":{\"essential\":true,\"values\":[\"urn:other\"]}}}";
    assertThat(authorize("claims", claims, "prompt", "none").redirect())
        .containsEntry("error", "interaction_required");
    assertThat(authorize("claims", claims).redirect())
        .containsEntry("error", "unmet_authentication_requirements");
    assertThat(authorize("acr_values", "urn:other").redirect()).containsKey("code");
    assertThat(authorize("acr_values", "urn:sallyport:acr:2fa").redirect()).containsKey("code");
  }

  @Test
  void claims_byName_areGivenWhereTheScopeIsRegistered_andNothingElse() {
    String claims =
        "{\"userinfo\":{\"name\":{\"essential\":true},\"no_such_claim\":null},"
            + "\"id_token\":{\"preferred_username\":null}}";
    DpopKey key = world.key();
    Answer tokens =
        world.token(
            key, world.redeeming(World.OTHER_CHAT, authorize("claims", claims).redirect("code")));
    assertThat(tokens.text("scope")).isEqualTo("openid");
    assertThat(World.claims(tokens.text("id_token")).getClaims())
        .containsEntry("preferred_username", "alice")
        .doesNotContainKey("name");
    Map<String, Object> userInfo =
        world.api(key, "GET", "/userinfo", tokens.text("access_token"), null).body();
    assertThat(userInfo).containsOnlyKeys("sub", "name");
  }

  @Test
  void claims_byName_areConsentedToByTheirScope() {
    World.Visitor visitor = world.visitor();
    Map<String, String> asking = world.asking(World.CHAT, "openid");
    asking.put("claims", "{\"userinfo\":{\"name\":null}}");
    Answer page = world.browse("/oauth2/authorize?" + World.form(asking), visitor.cookie());
    assertThat(page.redirect("scope").split(" ")).contains("profile");
  }

  @Test
  void claims_byName_whoseScopeWasNotAllowed_areNotGiven() {
    World.Visitor visitor = world.visitor();
    Map<String, String> asking = world.asking(World.CHAT, "openid chat.read");
    asking.put("claims", "{\"userinfo\":{\"name\":null},\"id_token\":{\"name\":null}}");
    asking.put("prompt", "consent");
    Answer page = world.browse("/oauth2/authorize?" + World.form(asking), visitor.cookie());
    Answer answer =
        world.send(
            world
                .request("/oauth2/authorize")
                .header("Cookie", "SALLYPORT_AUTH=" + visitor.cookie())
                .header("Content-Type", "application/x-www-form-urlencoded")
                .POST(
                    HttpRequest.BodyPublishers.ofString(
                        World.form(
                            Map.of(
                                "client_id",
                                World.CHAT,
                                "state",
                                page.redirect("state"),
                                "scope",
                                "chat.read")))));
    DpopKey key = world.key();
    Answer tokens = world.token(key, world.redeeming(World.CHAT, answer.redirect("code")));
    assertThat(World.claims(tokens.text("id_token")).getClaims()).doesNotContainKey("name");
    assertThat(world.api(key, "GET", "/userinfo", tokens.text("access_token"), null).body())
        .containsOnlyKeys("sub");
  }

  @Test
  void push_withPromptLogin_isHeldThroughTheSignIn() {
    World.Visitor visitor = world.visitor();
    Answer pushed = world.post("/oauth2/par", asking("prompt", "login", "login_hint", "carol"));
    Map<String, String> asking =
        Map.of("client_id", World.OTHER_CHAT, "request_uri", pushed.text("request_uri"));
    assertThat(visitor.browser().get("/oauth2/authorize?" + World.form(asking)).body())
        .contains("carol");
    assertThat(target(visitor.signIn())).contains("code=");
  }

  @Test
  void post_withPromptLogin_endsAtThePage() {
    Answer answer =
        world.send(
            world
                .request("/oauth2/authorize")
                .header("Cookie", "SALLYPORT_AUTH=" + world.cookie())
                .header("Content-Type", "application/x-www-form-urlencoded")
                .POST(HttpRequest.BodyPublishers.ofString(World.form(asking("prompt", "login")))));
    assertThat(answer.status()).isEqualTo(303);
    sentToSignIn(
        world.browse(
            URI.create("http://h" + answer.header("Location").orElseThrow()).getRawPath()
                + "?"
                + URI.create("http://h" + answer.header("Location").orElseThrow()).getRawQuery(),
            world.cookie()));
  }

  @Test
  void wish_text_survivesAndIsBounded() {
    SignInWish wish = new SignInWish(world.clock.instant(), true, false, "jörg." + "x".repeat(50));
    assertThat(SignInWish.parse(wish.text() + ".seal")).contains(wish);
    assertThat(SignInWish.parse(wish.text())).contains(wish);
    for (String bad : List.of("", "1.00", "x.00.", "1.02.", "1.00.a=b", "1".repeat(20) + ".00.")) {
      assertThat(SignInWish.parse(bad)).isEmpty();
    }
    assertThat(new SignInWish(world.clock.instant(), true, false, "x".repeat(65)).username())
        .isNull();
  }
}

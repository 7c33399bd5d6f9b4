package dev.sallyport.auth;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.net.URLEncoder;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Step-up by {@code acr_values} where this installation is content with one factor. */
class StepUpTest {

  private static final String CHALLENGE = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

  @TempDir static Path data;

  private static RunningServer server;

  @BeforeAll
  static void start() {
    server =
        RunningServer.start(
            data,
            "--sallyport.totp.required=false",
            "--sallyport.clients[0].client-id=app",
            "--sallyport.clients[0].redirect-uris=http://127.0.0.1/callback",
            "--sallyport.clients[0].consent-required=false");
  }

  @AfterAll
  static void stop() {
    server.close();
  }

  private static String authorize(Map<String, String> more) {
    String rest =
        more.entrySet().stream()
            .map(e -> "&" + e.getKey() + "=" + URLEncoder.encode(e.getValue(), UTF_8))
            .collect(Collectors.joining());
    return "/oauth2/authorize?response_type=code&client_id=app&scope=openid&state=s"
        + "&code_challenge_method=S256&code_challenge="
        + CHALLENGE
        + "&redirect_uri="
        + URLEncoder.encode("http://127.0.0.1:7777/callback", UTF_8)
        + rest;
  }

  private static String target(HttpResponse<String> answer) {
    return answer.headers().firstValue("Location").orElse(answer.uri() + "\n" + answer.body());
  }

  @Test
  void acrValues_ofTwoFactors_enrolsWhoHasNone_andPromptNoneGoesOnWithOne() throws Exception {
    Browser browser = new Browser(server.port());
    String password = Browser.demoPassword("alice", data);
    browser.press("/login", "sign-in", "username", "alice", "password", password);
    server.clock().pass(Duration.ofSeconds(31));
    assertThat(target(browser.get(authorize(Map.of())))).contains("code=");

    Map<String, String> wanted = Map.of("acr_values", "urn:sallyport:acr:2fa");
    assertThat(
            target(
                browser.get(
                    authorize(Map.of("acr_values", "urn:sallyport:acr:2fa", "prompt", "none")))))
        .contains("code=");
    String essential =
        "{\"id_token\":{\"acr\":{\"essential\":true,\"value\":\"urn:sallyport:acr:2fa\"}}}";
    assertThat(target(browser.get(authorize(Map.of("claims", essential, "prompt", "none")))))
        .contains("error=interaction_required");

    HttpResponse<String> login = browser.get(authorize(wanted));
    HttpResponse<String> enrol =
        browser.press(login, "sign-in", "username", "alice", "password", password);
    Authenticator app = new Authenticator(Browser.text(enrol, "totp-secret").orElseThrow());
    HttpResponse<String> codes =
        browser.press(enrol, "enrol", "code", app.code(server.clock().instant()));
    assertThat(target(browser.press(codes, "continue"))).contains("code=");
    assertThat(target(browser.get(authorize(Map.of("claims", essential, "prompt", "none")))))
        .contains("code=");
  }

  @Test
  void acrValues_ofOneFactorFirst_isContent() throws Exception {
    Browser browser = new Browser(server.port());
    browser.press(
        "/login", "sign-in", "username", "bob", "password", Browser.demoPassword("bob", data));
    assertThat(
            target(
                browser.get(
                    authorize(
                        Map.of("acr_values", "urn:sallyport:acr:1fa urn:sallyport:acr:2fa")))))
        .contains("code=");
  }
}

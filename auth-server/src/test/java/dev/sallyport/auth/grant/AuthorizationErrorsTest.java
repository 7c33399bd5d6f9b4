package dev.sallyport.auth.grant;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.http.HttpRequest;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** RFC 6749 §4.1.2.1: a refusal says what is wrong, to the one who can mend it. */
class AuthorizationErrorsTest {

  private final World world = World.get();

  private Map<String, String> asking(String parameter, String value) {
    Map<String, String> asking = world.asking(World.CHAT, "openid");
    if (value.isEmpty()) {
      asking.remove(parameter);
    } else {
      asking.put(parameter, value);
    }
    return asking;
  }

  private void told(String parameter, String value, String error, String description) {
    Map<String, String> redirect = world.authorize(asking(parameter, value)).redirect();
    assertThat(redirect).containsEntry("error", error).containsEntry("state", "s t&ate");
    assertThat(redirect.get("error_description")).contains(description).doesNotContain("OAuth 2.0");
  }

  @Test
  void authorize_faultsOfTheRequest_areToldToTheClientInASentence() {
    told("code_challenge", "", "invalid_request", "must use PKCE");
    told("code_challenge_method", "plain", "invalid_request", "must be `S256`");
    told("scope", "openid gateway", "invalid_scope", "not registered for");
    told("request", "e30.e30.", "invalid_request_object", "no signed JWT");
    told("response_type", "codes", "unsupported_response_type", "must be code");
    told("response_type", "", "invalid_request", "response_type is missing");
  }

  @Test
  void authorize_whereNothingMayBeSent_isShownInASentence() {
    for (List<String> fault :
        List.of(
            List.of("redirect_uri", "https://evil.example/", "not one that the client registered"),
            List.of("client_id", "nobody", "no such client is registered"))) {
      Answer answer =
          world.browse("/oauth2/authorize?" + World.form(asking(fault.get(0), fault.get(1))), null);
      assertThat(answer.status()).isEqualTo(400);
      assertThat(answer.http().body()).contains(fault.get(2)).doesNotContain("OAuth 2.0");
    }
    Map<String, String> both = asking("redirect_uri", "https://evil.example/");
    both.put("response_type", "token");
    assertThat(world.authorize(both).header("Location")).isEmpty();
  }

  @Test
  void push_faultsOfTheRequest_areToldInASentence() {
    Map<String, String> asking = asking("redirect_uri", "https://evil.example/");
    Answer answer = world.post("/oauth2/par", asking);
    assertThat(answer.refusal()).isEqualTo("400 invalid_request");
    assertThat(answer.text("error_description")).contains("not one that the client registered");
  }

  @Test
  void consent_refused_tellsTheClientThatThePersonDid() {
    Map<String, String> redirect = consent(Map.of()).redirect();
    assertThat(redirect)
        .containsEntry("error", "access_denied")
        .containsEntry("error_description", "the person refused");
  }

  @Test
  void consent_refused_givesNothingOfAnEarlierConsentEither() {
    world.authorize(world.asking(World.CHAT, "chat.read"));
    Map<String, String> redirect = consent(Map.of()).redirect();
    assertThat(redirect).containsEntry("error", "access_denied").doesNotContainKey("code");
  }

  @Test
  void consent_tooLate_blamesNobody() {
    Answer answer = consent(Map.of("state", "of-no-request"));
    assertThat(answer.status()).isEqualTo(400);
    assertThat(answer.http().body())
        .contains("The page had been open for too long")
        .doesNotContain("asked for something it must not");
  }

  /** Asks for what was not all consented to, and answers the page as given, without a scope. */
  private Answer consent(Map<String, String> changes) {
    world.server.jdbc().update("DELETE FROM oauth_consent WHERE scopes LIKE '%admin%'");
    Answer page =
        world.browse(
            "/oauth2/authorize?"
                + World.form(world.asking(World.CHAT, "chat.read chat.write admin")),
            world.cookie());
    Map<String, String> form =
        new HashMap<>(Map.of("client_id", World.CHAT, "state", page.redirect("state")));
    form.putAll(changes);
    return world.send(
        world
            .request("/oauth2/authorize")
            .header("Cookie", "SALLYPORT_AUTH=" + world.cookie())
            .header("Accept", "text/html")
            .header("Content-Type", "application/x-www-form-urlencoded")
            .POST(HttpRequest.BodyPublishers.ofString(World.form(form))));
  }
}

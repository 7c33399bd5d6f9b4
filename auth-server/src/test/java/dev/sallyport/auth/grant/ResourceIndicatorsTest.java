package dev.sallyport.auth.grant;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** RFC 8707. */
class ResourceIndicatorsTest {

  private static final String FILES = "https://files.example/api";
  private static final String MAIL = "https://mail.example";
  private static final String SCOPES = "openid offline_access chat.read";

  private final World world = World.get();
  private final DpopKey key = world.key();

  private Answer authorize(String... resources) {
    StringBuilder query = new StringBuilder(World.form(world.asking(World.OTHER_CHAT, SCOPES)));
    for (String resource : resources) {
      query.append('&').append(World.form(Map.of("resource", resource)));
    }
    return world.browse("/oauth2/authorize?" + query, world.cookie());
  }

  private Map<String, String> redeeming(Answer authorized) {
    return world.redeeming(World.OTHER_CHAT, authorized.redirect("code"));
  }

  private static Object audience(Answer tokens) {
    return World.claims(tokens.text("access_token")).getAudience();
  }

  @Test
  void oneResource_isTheAudience_andOpensNothingHere() {
    Answer tokens = world.token(key, redeeming(authorize(FILES)));
    assertThat(tokens.status()).as(tokens.http().body()).isEqualTo(200);
    assertThat(audience(tokens)).isEqualTo(java.util.List.of(FILES));
    assertThat(world.api(key, "GET", "/userinfo", tokens.text("access_token"), null).refusal())
        .isEqualTo("401 invalid_token");
    assertThat(
            world
                .token(key, world.exchanging(World.OTHER_CHAT, tokens.text("access_token")))
                .refusal())
        .isEqualTo("400 invalid_request");
    Answer refreshed = world.refresh(key, World.OTHER_CHAT, tokens.text("refresh_token"));
    assertThat(audience(refreshed)).isEqualTo(java.util.List.of(FILES));
  }

  @Test
  void none_isThisServer() {
    assertThat(audience(world.token(key, redeeming(authorize()))))
        .isEqualTo(java.util.List.of(World.ISSUER));
  }

  @Test
  void several_oneIsNamedWithEachToken() {
    Map<String, String> form = redeeming(authorize(FILES, MAIL));
    assertThat(world.token(key, form).refusal()).isEqualTo("400 invalid_target");
    form.put("resource", World.ISSUER);
    assertThat(world.token(key, form).refusal()).isEqualTo("400 invalid_target");
    form.put("resource", MAIL);
    // the mistakes cost no code
    Answer tokens = world.token(key, form);
    assertThat(audience(tokens)).isEqualTo(java.util.List.of(MAIL));
    Map<String, String> refresh = new HashMap<>();
    refresh.put("grant_type", "refresh_token");
    refresh.put("client_id", World.OTHER_CHAT);
    refresh.put("refresh_token", tokens.text("refresh_token"));
    assertThat(world.token(key, refresh).refusal()).isEqualTo("400 invalid_target");
    refresh.put("resource", "https://never.example");
    assertThat(world.token(key, refresh).refusal()).isEqualTo("400 invalid_target");
    refresh.put("resource", FILES);
    assertThat(audience(world.token(key, refresh))).isEqualTo(java.util.List.of(FILES));
  }

  @Test
  void notGranted_cannotBeNamedLater() {
    Map<String, String> form = redeeming(authorize());
    form.put("resource", FILES);
    assertThat(world.token(key, form).refusal()).isEqualTo("400 invalid_target");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "https://other.example",
        "https://files.example/api/",
        "files",
        "https://files.example/api#top",
        World.GATEWAY,
      })
  void notTheClients_isInvalidTarget(String resource) {
    assertThat(authorize(resource).redirect("error")).isEqualTo("invalid_target");
    Map<String, String> pushed = new LinkedHashMap<>(world.asking(World.OTHER_CHAT, SCOPES));
    pushed.put("resource", resource);
    assertThat(world.post("/oauth2/par", pushed).refusal()).isEqualTo("400 invalid_target");
    assertThat(
            world
                .post(
                    "/oauth2/device_authorization",
                    Map.of(
                        "client_id",
                        World.CHAT,
                        "scope",
                        "openid",
                        "dpop_jkt",
                        key.jkt(),
                        "resource",
                        resource))
                .refusal())
        .isEqualTo("400 invalid_target");
  }

  @Test
  void ofAnotherClient_isInvalidTarget() {
    Map<String, String> asking = world.asking(World.CHAT, "openid");
    asking.put("resource", FILES);
    assertThat(world.authorize(asking).redirect("error")).isEqualTo("invalid_target");
  }

  @Test
  void revoke_tokenForAResource_isKnown() {
    Answer tokens = world.token(key, redeeming(authorize(FILES)));
    String token = tokens.text("access_token");
    assertThat(
            world
                .post("/oauth2/revoke", Map.of("client_id", World.OTHER_CHAT, "token", token))
                .status())
        .isEqualTo(200);
    String jti = World.claims(token).getJWTID();
    assertThat(
            world
                .server
                .jdbc()
                .queryForObject(
                    "select count(*) from revoked_token where jti = ?", Integer.class, jti))
        .isEqualTo(1);
  }
}

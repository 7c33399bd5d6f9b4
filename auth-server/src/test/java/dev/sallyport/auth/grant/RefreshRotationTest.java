package dev.sallyport.auth.grant;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sallyport.auth.client.Client;
import dev.sallyport.auth.client.ClientAuthentication;
import dev.sallyport.auth.client.ClientRegistry;
import dev.sallyport.auth.client.Clients;
import dev.sallyport.auth.client.GrantType;
import dev.sallyport.auth.client.SecurityProfile;
import dev.sallyport.auth.session.Sessions;
import dev.sallyport.auth.signal.Actor;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** RFC 6749 §6, RFC 9700 §4.14: refresh, rotation, reuse. */
class RefreshRotationTest {

  private static final String SCOPES = "openid offline_access chat.read";

  private final World world = World.get();
  private final DpopKey key = world.key();

  private String first() {
    return world.tokens(key, World.CHAT, SCOPES).text("refresh_token");
  }

  private Answer refresh(String token) {
    return world.refresh(key, World.CHAT, token);
  }

  @Test
  void refresh_inTurn_rotatesEachTime() {
    String one = first();
    Answer second = refresh(one);
    assertThat(second.status()).isEqualTo(200);
    assertThat(second.text("refresh_token")).isNotEqualTo(one);
    assertThat(second.text("scope")).isEqualTo("chat.read offline_access openid");
    assertThat(refresh(second.text("refresh_token")).status()).isEqualTo(200);
  }

  @Test
  void refresh_scopeNoLongerTheClients_isNotGivenAgain() {
    String client = "narrowed";
    world
        .server
        .bean(Clients.class)
        .register(narrowed(client, Set.of("openid", "offline_access", "chat.write")));
    String token =
        world.tokens(key, client, "openid offline_access chat.write").text("refresh_token");
    world
        .server
        .bean(ClientRegistry.class)
        .change(narrowed(client, Set.of("openid", "offline_access")), null, Actor.system(), null);
    assertThat(world.refresh(key, client, token).text("scope")).isEqualTo("offline_access openid");
  }

  private static Client narrowed(String id, Set<String> scopes) {
    return new Client(
        id,
        id,
        SecurityProfile.CHAT,
        ClientAuthentication.NONE,
        null,
        Set.of("http://127.0.0.1/callback"),
        Set.of(GrantType.AUTHORIZATION_CODE, GrantType.REFRESH_TOKEN),
        scopes,
        "ES256",
        false);
  }

  @Test
  void refresh_spentAfterTenSeconds_revokesFamily() {
    String one = first();
    Answer second = refresh(one);
    world.clock.pass(Duration.ofSeconds(11));
    assertThat(refresh(one).refusal()).isEqualTo("400 invalid_grant");
    assertThat(refresh(second.text("refresh_token")).refusal()).isEqualTo("400 invalid_grant");
    assertThat(world.api(key, "GET", "/userinfo", second.text("access_token"), null).status())
        .isEqualTo(401);
    Integer events =
        world
            .server
            .jdbc()
            .queryForObject(
                "select count(*) from security_event where type = 'refresh-reused' and subject = ?",
                Integer.class,
                World.claims(second.text("access_token")).getSubject());
    assertThat(events).isPositive();
  }

  @Test
  void refresh_spentWithinTenSeconds_replacesTheUnusedSuccessor() {
    String one = first();
    String lost = refresh(one).text("refresh_token");
    world.clock.pass(Duration.ofSeconds(9));
    Answer retry = refresh(one);
    assertThat(retry.status()).isEqualTo(200);
    String successor = retry.text("refresh_token");
    assertThat(refresh(successor).status()).isEqualTo(200);
    // the lost response turns up after all, in other hands
    assertThat(refresh(lost).refusal()).isEqualTo("400 invalid_grant");
    assertThat(refresh(successor).refusal()).isEqualTo("400 invalid_grant");
  }

  @Test
  void refresh_spentWithinTenSecondsButSuccessorUsed_revokesFamily() {
    String one = first();
    String two = refresh(one).text("refresh_token");
    String three = refresh(two).text("refresh_token");
    assertThat(refresh(one).refusal()).isEqualTo("400 invalid_grant");
    assertThat(refresh(three).refusal()).isEqualTo("400 invalid_grant");
  }

  @Test
  void refresh_byAnotherKeyOrClient_isRefusedAndCostsNothing() {
    String one = first();
    assertThat(world.refresh(world.key(), World.CHAT, one).refusal())
        .isEqualTo("400 invalid_grant");
    assertThat(world.refresh(key, World.OTHER_CHAT, one).refusal()).isEqualTo("400 invalid_grant");
    assertThat(refresh(one).status()).isEqualTo(200);
  }

  @Test
  void refresh_moreScopeThanGranted_isRefusedAndCostsNothing() {
    String one = first();
    Map<String, String> form = new HashMap<>();
    form.put("grant_type", "refresh_token");
    form.put("client_id", World.CHAT);
    form.put("refresh_token", one);
    form.put("scope", "openid chat.write");
    assertThat(world.token(key, form).refusal()).isEqualTo("400 invalid_scope");
    form.put("scope", "chat.read");
    Answer narrowed = world.token(key, form);
    assertThat(narrowed.text("scope")).isEqualTo("chat.read");
    assertThat(narrowed.body()).doesNotContainKey("id_token");
  }

  @Test
  void refresh_sessionRevoked_isRefused() {
    World.Person person = world.person();
    Answer tokens = world.tokens(person, key, World.OTHER_CHAT, SCOPES);
    world.server.bean(Sessions.class).revoke(person.sid(), Actor.system());
    assertThat(world.refresh(key, World.OTHER_CHAT, tokens.text("refresh_token")).refusal())
        .isEqualTo("400 invalid_grant");
    assertThat(world.api(key, "GET", "/userinfo", tokens.text("access_token"), null).refusal())
        .isEqualTo("401 invalid_token");
    assertThat(
            world
                .token(key, world.exchanging(World.OTHER_CHAT, tokens.text("access_token")))
                .refusal())
        .isEqualTo("400 invalid_request");
  }

  @Test
  void refresh_withoutOfflineAccess_isNotGiven() {
    assertThat(world.tokens(key, World.CHAT, "openid chat.read").body())
        .doesNotContainKey("refresh_token");
  }

  @Test
  void revoke_refreshToken_endsFamily() {
    Answer tokens = world.tokens(key, World.CHAT, SCOPES);
    Map<String, String> form =
        Map.of("client_id", World.CHAT, "token", tokens.text("refresh_token"));
    assertThat(world.post("/oauth2/revoke", form).status()).isEqualTo(200);
    assertThat(refresh(tokens.text("refresh_token")).refusal()).isEqualTo("400 invalid_grant");
    assertThat(world.api(key, "GET", "/userinfo", tokens.text("access_token"), null).status())
        .isEqualTo(401);
  }

  @Test
  void revoke_accessToken_endsItAlone() {
    Answer tokens = world.tokens(key, World.CHAT, SCOPES);
    Map<String, String> form =
        Map.of("client_id", World.CHAT, "token", tokens.text("access_token"));
    assertThat(world.post("/oauth2/revoke", form).status()).isEqualTo(200);
    assertThat(world.post("/oauth2/revoke", form).status()).isEqualTo(200);
    assertThat(world.api(key, "GET", "/userinfo", tokens.text("access_token"), null).status())
        .isEqualTo(401);
    assertThat(refresh(tokens.text("refresh_token")).status()).isEqualTo(200);
  }
}

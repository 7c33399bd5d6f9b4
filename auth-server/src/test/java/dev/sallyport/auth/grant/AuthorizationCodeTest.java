package dev.sallyport.auth.grant;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.http.HttpRequest;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** RFC 6749 §4.1: the authorization code. */
class AuthorizationCodeTest {

  private static final int ATTEMPTS = 200;

  private final World world = World.get();

  @Test
  void redeem_secondUse_revokesWhatTheFirstGave() {
    DpopKey key = world.key();
    Map<String, String> form =
        world.redeeming(World.CHAT, world.code(World.CHAT, World.ALL_SCOPES));
    Answer first = world.token(key, form);
    String accessToken = first.text("access_token");
    assertThat(world.api(key, "GET", "/userinfo", accessToken, null).status()).isEqualTo(200);

    assertThat(world.token(key, form).refusal()).isEqualTo("400 invalid_grant");

    assertThat(world.api(key, "GET", "/userinfo", accessToken, null).refusal())
        .isEqualTo("401 invalid_token");
    assertThat(world.refresh(key, World.CHAT, first.text("refresh_token")).refusal())
        .isEqualTo("400 invalid_grant");
    assertThat(world.token(key, world.exchanging(World.CHAT, accessToken)).refusal())
        .isEqualTo("400 invalid_request");
  }

  @Test
  void redeem_twoHundredAtOnce_oneWins() throws Exception {
    DpopKey key = world.key();
    Map<String, String> form = world.redeeming(World.CHAT, world.code(World.CHAT, "openid"));
    CyclicBarrier together = new CyclicBarrier(ATTEMPTS);
    List<String> outcomes = new ArrayList<>();
    try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      List<Future<Answer>> attempts = new ArrayList<>();
      for (int i = 0; i < ATTEMPTS; i++) {
        attempts.add(
            threads.submit(
                () -> {
                  together.await(60, TimeUnit.SECONDS);
                  return world.token(key, form);
                }));
      }
      for (Future<Answer> attempt : attempts) {
        Answer answer = attempt.get(120, TimeUnit.SECONDS);
        outcomes.add(answer.status() == 200 ? "200" : answer.refusal());
      }
    }
    assertThat(outcomes).hasSize(ATTEMPTS).containsOnly("200", "400 invalid_grant");
    assertThat(outcomes.stream().filter("200"::equals)).hasSize(1);
  }

  @Test
  void redeem_afterAMinute_isRefused() {
    String code = world.code(World.CHAT, "openid");
    world.clock.pass(Duration.ofSeconds(61));
    assertThat(world.token(world.key(), world.redeeming(World.CHAT, code)).refusal())
        .isEqualTo("400 invalid_grant");
  }

  @Test
  void redeem_byAnotherClient_isRefusedAndCostsNothing() {
    DpopKey key = world.key();
    String code = world.code(World.CHAT, "openid");
    assertThat(world.token(key, world.redeeming(World.OTHER_CHAT, code)).refusal())
        .isEqualTo("400 invalid_grant");
    assertThat(world.token(key, world.redeeming(World.CHAT, code)).status()).isEqualTo(200);
  }

  @Test
  void redeem_otherRedirectUri_isRefused() {
    Map<String, String> form = world.redeeming(World.CHAT, world.code(World.CHAT, "openid"));
    form.put("redirect_uri", "http://127.0.0.1:49153/callback");
    assertThat(world.token(world.key(), form).refusal()).isEqualTo("400 invalid_grant");
  }

  @Test
  void authorize_redirectUriNotRegistered_isShownAndNotFollowed() {
    for (String uri :
        List.of(
            "https://evil.example/", "http://127.0.0.1:1/other", "http://localhost:1/callback")) {
      Map<String, String> asking = world.asking(World.CHAT, "openid");
      asking.put("redirect_uri", uri);
      Answer answer = world.authorize(asking);
      assertThat(answer.status()).isEqualTo(400);
      assertThat(answer.header("Location")).isEmpty();
      assertThat(answer.http().body()).contains("redirect_uri");
    }
  }

  @Test
  void authorize_scopeNotRegistered_isToldToTheClient() {
    assertThat(world.authorize(world.asking(World.CHAT, "openid gateway")).redirect())
        .containsEntry("error", "invalid_scope")
        .containsEntry("state", "s t&ate");
  }

  @Test
  void authorize_requestObjectUnsigned_isRefused() {
    Map<String, String> asking = world.asking(World.CHAT, "openid");
    asking.put("request", "e30.e30.");
    assertThat(world.authorize(asking).redirect()).containsEntry("error", "invalid_request_object");
  }

  @Test
  void token_parameterTwiceOrInTheQuery_isRefused() {
    Map<String, String> form = world.redeeming(World.CHAT, "code");
    assertThat(world.post("/oauth2/token?grant_type=authorization_code", form).refusal())
        .isEqualTo("400 invalid_request");
    Answer twice =
        world.send(
            world
                .request("/oauth2/token")
                .header("Content-Type", "application/x-www-form-urlencoded")
                .POST(HttpRequest.BodyPublishers.ofString(World.form(form) + "&code=other")));
    assertThat(twice.refusal()).isEqualTo("400 invalid_request");
  }

  @Test
  void token_bodyTooLong_isRefused() {
    Map<String, String> form = world.redeeming(World.CHAT, "x".repeat(70_000));
    assertThat(world.post("/oauth2/token", form).status()).isEqualTo(413);
  }
}

package dev.sallyport.auth.grant;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import org.junit.jupiter.api.Test;

/** RFC 7636. */
class PkceTest {

  private final World world = World.get();

  @Test
  void authorize_withoutChallenge_isRefused() {
    Map<String, String> asking = world.asking(World.CHAT, "openid");
    asking.remove("code_challenge");
    asking.remove("code_challenge_method");
    assertThat(world.authorize(asking).redirect()).containsEntry("error", "invalid_request");
  }

  @Test
  void authorize_plainChallenge_isRefused() {
    Map<String, String> asking = world.asking(World.CHAT, "openid");
    asking.put("code_challenge", World.VERIFIER);
    asking.put("code_challenge_method", "plain");
    assertThat(world.authorize(asking).redirect()).containsEntry("error", "invalid_request");
    asking.remove("code_challenge_method");
    assertThat(world.authorize(asking).redirect()).containsEntry("error", "invalid_request");
  }

  @Test
  void redeem_wrongOrMissingVerifier_isRefused() {
    Map<String, String> form = world.redeeming(World.CHAT, world.code(World.CHAT, "openid"));
    form.put("code_verifier", World.VERIFIER.replace('d', 'e'));
    assertThat(world.token(world.key(), form).refusal()).isEqualTo("400 invalid_grant");
    form.remove("code_verifier");
    assertThat(world.token(world.key(), form).refusal()).isEqualTo("400 invalid_grant");
    form.put("code_verifier", World.VERIFIER);
    assertThat(world.token(world.key(), form).status()).isEqualTo(200);
  }

  /** RFC 9700 §2.1.1: a verifier without a challenge is a downgrade. */
  @Test
  void redeem_verifierWithoutChallenge_isRefused() {
    Map<String, String> asking = world.asking(World.WEB, "openid");
    asking.put("redirect_uri", "https://shop.example/callback");
    asking.remove("code_challenge");
    asking.remove("code_challenge_method");
    Map<String, String> form = world.redeeming(World.WEB, world.authorize(asking).redirect("code"));
    form.put("redirect_uri", "https://shop.example/callback");
    form.remove("client_id");
    Answer answer = world.post("/oauth2/token", form, "Authorization", world.webBasic());
    assertThat(answer.refusal()).isEqualTo("400 invalid_grant");
    form.remove("code_verifier");
    answer = world.post("/oauth2/token", form, "Authorization", world.webBasic());
    assertThat(answer.status()).isEqualTo(200);
  }
}

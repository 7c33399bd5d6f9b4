package dev.sallyport.auth.grant;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import org.junit.jupiter.api.Test;

/** RFC 9207: every authorization response names its issuer. */
class IssuerIdentificationTest {

  private final World world = World.get();

  @Test
  void response_withCode_hasIssAndState() {
    Answer answer = world.authorize(world.asking(World.CHAT, "openid"));
    assertThat(answer.redirect())
        .containsEntry("iss", World.ISSUER)
        .containsEntry("state", "s t&ate")
        .containsKey("code");
    assertThat(answer.header("Location").orElse("")).startsWith(World.REDIRECT + "?");
  }

  @Test
  void response_withError_hasIss() {
    Map<String, String> asking = world.asking(World.CHAT, "openid");
    asking.put("response_mode", "web_message");
    assertThat(world.authorize(asking).redirect())
        .containsEntry("iss", World.ISSUER)
        .containsEntry("error", "invalid_request");
  }
}

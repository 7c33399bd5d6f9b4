package dev.sallyport.acceptance;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.nimbusds.jwt.SignedJWT;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** RFC 9396, Rich Authorization Requests: this room, these actions. */
class Rfc9396Test {

  private static final String ROOM = "01a207d9-2100-7013-bc60-3c025a197056";

  private static final String DETAILS =
      "[{\"type\":\"sallyport_room\",\"identifier\":\""
          + ROOM
          + "\",\"actions\":[\"message.read\"]}]";

  private final Provider provider = Provider.get();
  private final RelyingParty rp = RelyingParty.register(provider);
  private final UserAgent alice = new UserAgent(provider, Provider.ALICE);

  private final PublicParty chat = new PublicParty(provider);

  /** §2, §7, §9.1: shown, granted, in the token. */
  @Test
  void details_goFromTheRequestIntoTheToken() throws Exception {
    assertTrue(
        provider.supported("authorization_details_types_supported").contains("sallyport_room"));
    var asking = chat.asking("openid chat.read");
    asking.put("authorization_details", DETAILS);
    alice.authorize(rp.asking("openid"));
    var consent = UserAgent.page(alice.open(alice.authorization(asking)));
    assertTrue(consent.body().contains(ROOM), consent.body());
    var back = UserAgent.back(alice.press(consent, "allow", Map.of()));
    var answer = chat.token(chat.redeeming(back.get("code"))).ok();
    assertTrue(
        answer.get("authorization_details") instanceof List<?> list
            && list.getFirst() instanceof Map<?, ?> detail
            && ROOM.equals(detail.get("identifier")));
    assertNotNull(
        rp.verified(SignedJWT.parse(Http.text(answer, "access_token")))
            .getClaim("authorization_details"));
  }

  /** §5. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "nonsense",
        "{}",
        "[{\"type\":\"payment\"}]",
        "[{\"type\":\"sallyport_room\",\"identifier\":\"r\",\"actions\":[\"no.such\"]}]"
      })
  void details_thatAreNotKnown_areRefused(String details) {
    var asking = chat.asking("openid chat.read");
    asking.put("authorization_details", details);
    assertEquals("invalid_authorization_details", alice.authorize(asking).get("error"));
  }
}

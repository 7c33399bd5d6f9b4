package dev.sallyport.auth.web;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sallyport.auth.detail.AuthorizationDetails;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

class RoomWishTest {

  @Test
  void everyAction_hasWords() {
    assertThat(AuthorizationDetails.ACTIONS)
        .allSatisfy(action -> assertThat(RoomWish.words(action)).isNotEqualTo(action));
  }

  @Test
  void of_aRoom_isOneSentence() {
    assertThat(
            RoomWish.of(
                new AuthorizationDetails(Map.of("r", Set.of("message.send", "message.read")))))
        .containsExactly(new RoomWish("r", "Receive its messages, send messages for you."));
    assertThat(RoomWish.of(null)).isEmpty();
  }
}

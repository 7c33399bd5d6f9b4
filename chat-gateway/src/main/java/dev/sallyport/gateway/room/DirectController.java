package dev.sallyport.gateway.room;

import com.fasterxml.jackson.annotation.JsonProperty;
import dev.sallyport.gateway.door.Caller;
import org.jspecify.annotations.Nullable;
import org.springframework.http.ResponseEntity;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestBody;
import org.springframework.web.bind.annotation.RestController;
import reactor.core.publisher.Mono;

/** The one conversation that two users have with each other alone. */
@RestController
final class DirectController {

  private final RoomActions actions;

  DirectController(RoomActions actions) {
    this.actions = actions;
  }

  record Other(@JsonProperty("user_id") @Nullable String userId) {}

  @PostMapping("/v1/direct-rooms")
  Mono<ResponseEntity<Object>> open(Caller caller, @RequestBody Other body) {
    return RoomController.withSubject(
        body.userId(), userId -> RoomController.changed(caller, actions.direct(caller, userId)));
  }
}

package dev.sallyport.gateway.room;

import com.fasterxml.jackson.annotation.JsonProperty;
import dev.sallyport.gateway.device.KeyPackageEntity;
import dev.sallyport.gateway.device.KeyPackages;
import dev.sallyport.gateway.door.Admission;
import dev.sallyport.gateway.door.Caller;
import dev.sallyport.gateway.door.PolicyDoor;
import dev.sallyport.gateway.quota.SharedQuota;
import dev.sallyport.policy.value.BooleanValue;
import dev.sallyport.policy.value.RecordValue;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;
import org.springframework.http.ResponseEntity;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestBody;
import org.springframework.web.bind.annotation.RestController;
import reactor.core.publisher.Mono;

/** Claims of key packages: for who shares the room. */
@RestController
final class ClaimController {

  private static final int USERS_MAX = 100;

  private final Rooms rooms;
  private final RoomDoor roomDoor;
  private final PolicyDoor door;
  private final KeyPackages keyPackages;
  private final SharedQuota quota;

  ClaimController(
      Rooms rooms, RoomDoor roomDoor, PolicyDoor door, KeyPackages keyPackages, SharedQuota quota) {
    this.rooms = rooms;
    this.roomDoor = roomDoor;
    this.door = door;
    this.keyPackages = keyPackages;
    this.quota = quota;
  }

  record Claim(@JsonProperty("user_ids") @Nullable List<@Nullable String> userIds) {}

  @PostMapping("/v1/rooms/{roomId}/key-package-claims")
  Mono<ResponseEntity<Object>> claim(
      Caller caller, @PathVariable String roomId, @RequestBody Claim body) {
    var userIds = new ArrayList<String>();
    for (var userId : body.userIds() == null ? List.<@Nullable String>of() : body.userIds()) {
      if (userId == null || !Ids.canonical(userId)) {
        return RoomController.malformed("`user_ids` holds something else than user ids");
      }
      userIds.add(userId);
    }
    if (userIds.isEmpty() || userIds.size() > USERS_MAX) {
      return RoomController.malformed("`user_ids` names 1 to " + USERS_MAX + " users");
    }
    if (!Ids.canonical(roomId)) {
      return Mono.just(Answers.problem(Refusal.NOT_FOUND));
    }
    return RoomController.answer(
        rooms
            .find(roomId, caller.userId())
            .thenCompose(
                found -> claim(caller, found.map(Rooms.Seen::room).orElse(null), userIds)));
  }

  private CompletableFuture<ResponseEntity<Object>> claim(
      Caller caller, @Nullable Room room, List<String> userIds) {
    if (room == null || !roomDoor.visible(caller, room)) {
      return CompletableFuture.completedFuture(Answers.problem(Refusal.NOT_FOUND));
    }
    for (var userId : userIds) {
      boolean shares = room.joined(caller.userId()) && room.belongs(userId);
      var admission =
          door.decide(
              caller,
              "key.claim",
              KeyPackageEntity.ofUser(userId),
              RecordValue.of("sharesRoom", BooleanValue.of(shares)));
      if (admission instanceof Admission.Refused refused) {
        return CompletableFuture.completedFuture(Answers.problem(Refusal.of(refused)));
      }
    }
    return quota
        .take(SharedQuota.Kind.CLAIMS, caller.userId(), userIds.size())
        .thenCompose(
            wait ->
                wait > 0
                    ? CompletableFuture.completedFuture(
                        Answers.problem(
                            Refusal.limited(
                                "too many key packages were claimed within the hour", wait)))
                    : claimed(caller, room, userIds));
  }

  private CompletableFuture<ResponseEntity<Object>> claimed(
      Caller caller, Room room, List<String> userIds) {
    var own = caller.deviceId();
    return keyPackages
        .claim(
            room.id(),
            userIds.stream()
                .map(userId -> new KeyPackages.Asked(userId, !room.joined(userId)))
                .toList(),
            caller.userId(),
            own == null ? "" : own)
        .thenApply(claimed -> ResponseEntity.ok((Object) json(claimed)));
  }

  private static Map<String, Object> json(List<KeyPackages.Claimed> claimed) {
    var served = new ArrayList<Object>();
    var missing = new ArrayList<Object>();
    for (var one : claimed) {
      var json = new LinkedHashMap<String, Object>();
      json.put("user_id", one.userId());
      json.put("device_id", one.deviceId());
      if (one.blob() == null) {
        missing.add(json);
      } else {
        json.put("key_package", Answers.base64(one.blob()));
        served.add(json);
      }
    }
    return Map.of("key_packages", served, "missing", missing);
  }
}

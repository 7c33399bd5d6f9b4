package dev.sallyport.gateway.room;

import com.fasterxml.jackson.annotation.JsonProperty;
import dev.sallyport.gateway.door.Caller;
import dev.sallyport.gateway.log.RoomLog;
import dev.sallyport.gateway.quota.SharedQuota;
import java.net.URI;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;
import org.springframework.http.ResponseEntity;
import org.springframework.web.bind.annotation.DeleteMapping;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.PutMapping;
import org.springframework.web.bind.annotation.RequestBody;
import org.springframework.web.bind.annotation.RequestMapping;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.bind.annotation.RestController;
import reactor.core.publisher.Mono;

/** Rooms and their members over HTTP; the README has the same with curl. */
@RestController
@RequestMapping("/v1/rooms")
final class RoomController {

  private static final String JOIN_BY_INVITATION = "invite";
  private static final Set<String> JOIN_RULES = Set.of(JOIN_BY_INVITATION, "open");

  private final RoomActions actions;
  private final Rooms rooms;
  private final RoomLog log;
  private final RoomDoor door;
  private final SharedQuota quota;

  RoomController(RoomActions actions, Rooms rooms, RoomLog log, RoomDoor door, SharedQuota quota) {
    this.actions = actions;
    this.rooms = rooms;
    this.log = log;
    this.door = door;
    this.quota = quota;
  }

  record NewRoom(
      @Nullable String name,
      @JsonProperty("join_rule") @Nullable String joinRule,
      @Nullable String classification) {}

  record NewInvitation(@JsonProperty("user_id") @Nullable String userId, @Nullable String role) {}

  record Subject(@JsonProperty("user_id") @Nullable String userId) {}

  /** Erasure runs each minute, so that a shorter time would promise too much. */
  private static final long RETENTION_MIN = 60;

  /** A hundred years: longer is for ever. */
  private static final long RETENTION_MAX = 3_155_760_000L;

  record NewRetention(@Nullable Long seconds) {}

  record NewRole(@Nullable String role) {}

  @PostMapping
  Mono<ResponseEntity<Object>> create(Caller caller, @RequestBody NewRoom body) {
    var name = body.name() == null ? "" : body.name().strip();
    var joinRule = body.joinRule() == null ? JOIN_BY_INVITATION : body.joinRule();
    var classification = body.classification() == null ? "" : body.classification();
    if (name.length() > RoomActions.NAME_CHARS_MAX
        || classification.length() > RoomActions.CLASSIFICATION_CHARS_MAX) {
      return malformed("`name` or `classification` is too long");
    }
    if (name.indexOf('\0') >= 0 || classification.indexOf('\0') >= 0) {
      return malformed("`name` and `classification` are text");
    }
    if (!JOIN_RULES.contains(joinRule)) {
      return malformed("`join_rule` is `invite` or `open`");
    }
    return Mono.fromFuture(
        actions
            .create(caller, name, joinRule, classification)
            .thenApply(
                outcome ->
                    switch (outcome) {
                      case RoomOutcome.Done(Room room) ->
                          ResponseEntity.created(URI.create("/v1/rooms/" + room.id()))
                              .body((Object) Answers.room(room, caller.userId(), Optional.empty()));
                      case RoomOutcome.Refused(Refusal refusal) -> Answers.problem(refusal);
                    }));
  }

  @GetMapping
  Mono<ResponseEntity<Object>> list(
      Caller caller,
      @RequestParam(defaultValue = "") String after,
      @RequestParam(defaultValue = "100") int limit) {
    int roomsMax = Math.clamp(limit, 1, RoomLog.PAGE_ENTRIES_MAX);
    return answer(
        log.roomsOf(caller.userId(), after, roomsMax)
            .thenCompose(
                ids -> {
                  var each = ids.stream().map(rooms::find).toList();
                  return CompletableFuture.allOf(each.toArray(CompletableFuture[]::new))
                      .thenApply(
                          done -> {
                            var found = new ArrayList<Object>();
                            for (var one : each) {
                              one.join()
                                  .map(Rooms.Seen::room)
                                  .filter(room -> readable(caller, room))
                                  .ifPresent(
                                      room ->
                                          found.add(
                                              Answers.room(
                                                  room, caller.userId(), Optional.empty())));
                            }
                            var json = new LinkedHashMap<String, Object>();
                            json.put("rooms", found);
                            if (ids.size() == roomsMax) {
                              json.put("next_after", ids.getLast());
                            }
                            return ResponseEntity.ok((Object) json);
                          });
                }));
  }

  private boolean readable(Caller caller, Room room) {
    return room.belongs(caller.userId()) && door.mayRead(caller, room);
  }

  @GetMapping("/{roomId}")
  Mono<ResponseEntity<Object>> read(Caller caller, @PathVariable String roomId) {
    return answer(
        actions
            .read(caller, roomId)
            .thenCompose(
                outcome ->
                    switch (outcome) {
                      case RoomOutcome.Done(Room room) ->
                          log.room(roomId, caller.userId())
                              .thenApply(
                                  record ->
                                      ResponseEntity.ok(
                                          (Object) Answers.room(room, caller.userId(), record)));
                      case RoomOutcome.Refused(Refusal refusal) ->
                          CompletableFuture.completedFuture(Answers.problem(refusal));
                    }));
  }

  @PostMapping("/{roomId}/invitations")
  Mono<ResponseEntity<Object>> invite(
      Caller caller, @PathVariable String roomId, @RequestBody NewInvitation body) {
    var role = RoomRole.ofWireName(body.role() == null ? RoomRole.MEMBER.wireName() : body.role());
    if (role.isEmpty()) {
      return malformed("`role` is `owner`, `moderator`, `member` or `guest`");
    }
    return withSubject(
        body.userId(),
        userId -> changed(caller, actions.invite(caller, roomId, userId, role.get())));
  }

  @PostMapping("/{roomId}/join")
  Mono<ResponseEntity<Object>> join(Caller caller, @PathVariable String roomId) {
    return answer(
        quota
            .take(SharedQuota.Kind.JOINS, caller.userId(), 1)
            .thenCompose(
                wait ->
                    wait > 0
                        ? CompletableFuture.completedFuture(
                            Answers.problem(Refusal.limited("too many rooms are joined", wait)))
                        : changed(caller, actions.join(caller, roomId)).toFuture()));
  }

  @PostMapping("/{roomId}/leave")
  Mono<ResponseEntity<Object>> leave(Caller caller, @PathVariable String roomId) {
    return done(actions.leave(caller, roomId));
  }

  @PostMapping("/{roomId}/kicks")
  Mono<ResponseEntity<Object>> kick(
      Caller caller, @PathVariable String roomId, @RequestBody Subject body) {
    return withSubject(
        body.userId(), userId -> changed(caller, actions.kick(caller, roomId, userId)));
  }

  @PostMapping("/{roomId}/bans")
  Mono<ResponseEntity<Object>> ban(
      Caller caller, @PathVariable String roomId, @RequestBody Subject body) {
    return withSubject(
        body.userId(), userId -> changed(caller, actions.ban(caller, roomId, userId)));
  }

  @DeleteMapping("/{roomId}/bans/{userId}")
  Mono<ResponseEntity<Object>> unban(
      Caller caller, @PathVariable String roomId, @PathVariable String userId) {
    return withSubject(userId, subject -> changed(caller, actions.unban(caller, roomId, subject)));
  }

  @PutMapping("/{roomId}/members/{userId}/role")
  Mono<ResponseEntity<Object>> setRole(
      Caller caller,
      @PathVariable String roomId,
      @PathVariable String userId,
      @RequestBody NewRole body) {
    var role = RoomRole.ofWireName(body.role() == null ? "" : body.role());
    if (role.isEmpty()) {
      return malformed("`role` is `owner`, `moderator`, `member` or `guest`");
    }
    return withSubject(
        userId, subject -> changed(caller, actions.setRole(caller, roomId, subject, role.get())));
  }

  @PostMapping("/{roomId}/archive")
  Mono<ResponseEntity<Object>> archive(Caller caller, @PathVariable String roomId) {
    return changed(caller, actions.archive(caller, roomId));
  }

  @PostMapping("/{roomId}/mutes")
  Mono<ResponseEntity<Object>> mute(
      Caller caller, @PathVariable String roomId, @RequestBody Subject body) {
    return withSubject(
        body.userId(), userId -> changed(caller, actions.mute(caller, roomId, userId)));
  }

  @DeleteMapping("/{roomId}/mutes/{userId}")
  Mono<ResponseEntity<Object>> unmute(
      Caller caller, @PathVariable String roomId, @PathVariable String userId) {
    return withSubject(userId, subject -> changed(caller, actions.unmute(caller, roomId, subject)));
  }

  @PostMapping("/{roomId}/transfer")
  Mono<ResponseEntity<Object>> transfer(
      Caller caller, @PathVariable String roomId, @RequestBody Subject body) {
    return withSubject(
        body.userId(), userId -> changed(caller, actions.transfer(caller, roomId, userId)));
  }

  @PutMapping("/{roomId}/retention")
  Mono<ResponseEntity<Object>> setRetention(
      Caller caller, @PathVariable String roomId, @RequestBody NewRetention body) {
    var seconds = body.seconds();
    return seconds == null || (seconds != 0 && (seconds < RETENTION_MIN || seconds > RETENTION_MAX))
        ? malformed("`seconds` is 0, or from " + RETENTION_MIN + " to " + RETENTION_MAX)
        : changed(caller, actions.setRetention(caller, roomId, seconds));
  }

  @PostMapping("/{roomId}/group-resets")
  Mono<ResponseEntity<Object>> resetGroup(Caller caller, @PathVariable String roomId) {
    return changed(caller, actions.resetGroup(caller, roomId));
  }

  @DeleteMapping("/{roomId}/messages/{seq}")
  Mono<ResponseEntity<Object>> redact(
      Caller caller, @PathVariable String roomId, @PathVariable long seq) {
    return done(actions.redact(caller, roomId, seq));
  }

  interface ForSubject {
    Mono<ResponseEntity<Object>> act(String userId);
  }

  static Mono<ResponseEntity<Object>> withSubject(@Nullable String userId, ForSubject action) {
    return userId == null || !Ids.canonical(userId)
        ? malformed("`user_id` is not a UUID in canonical lower-case text")
        : action.act(userId);
  }

  static Mono<ResponseEntity<Object>> changed(
      Caller caller, CompletableFuture<RoomOutcome> change) {
    return Mono.fromFuture(
        change.thenApply(
            outcome ->
                switch (outcome) {
                  case RoomOutcome.Done(Room room) ->
                      ResponseEntity.ok(
                          (Object) Answers.room(room, caller.userId(), Optional.empty()));
                  case RoomOutcome.Refused(Refusal refusal) -> Answers.problem(refusal);
                }));
  }

  private static Mono<ResponseEntity<Object>> done(CompletableFuture<RoomOutcome> change) {
    return Mono.fromFuture(
        change.thenApply(
            outcome ->
                switch (outcome) {
                  case RoomOutcome.Done done -> ResponseEntity.noContent().build();
                  case RoomOutcome.Refused(Refusal refusal) -> Answers.problem(refusal);
                }));
  }

  static Mono<ResponseEntity<Object>> malformed(String message) {
    return Mono.just(Answers.problem(Refusal.malformed(message)));
  }

  /** Answers 503 where the store is away. */
  static Mono<ResponseEntity<Object>> answer(CompletableFuture<ResponseEntity<Object>> answer) {
    return Mono.fromFuture(
        answer.exceptionally(
            failure -> {
              if (Failures.isUnavailable(failure)) {
                return Answers.problem(Refusal.UNAVAILABLE);
              }
              throw Failures.passedOn(failure);
            }));
  }
}

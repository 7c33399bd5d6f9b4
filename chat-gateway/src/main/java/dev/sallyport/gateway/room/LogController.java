package dev.sallyport.gateway.room;

import com.fasterxml.jackson.annotation.JsonProperty;
import com.google.protobuf.ByteString;
import dev.sallyport.gateway.door.Caller;
import dev.sallyport.gateway.log.GroupView;
import dev.sallyport.gateway.log.Page;
import dev.sallyport.gateway.log.RoomLog;
import dev.sallyport.gateway.mls.Base64Bytes;
import dev.sallyport.gateway.protocol.CommitDeclaration;
import dev.sallyport.gateway.protocol.DeclaredLeaf;
import dev.sallyport.gateway.protocol.ExternalSender;
import dev.sallyport.gateway.protocol.Send;
import dev.sallyport.gateway.protocol.WelcomeDelivery;
import dev.sallyport.policy.value.RecordValue;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;
import org.springframework.http.ResponseEntity;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestBody;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.bind.annotation.RestController;
import reactor.core.publisher.Mono;

/** A room's log for clients that have no socket. */
@RestController
final class LogController {

  private final Rooms rooms;
  private final RoomLog log;
  private final RoomDoor door;
  private final Sending sending;

  LogController(Rooms rooms, RoomLog log, RoomDoor door, Sending sending) {
    this.rooms = rooms;
    this.log = log;
    this.door = door;
    this.sending = sending;
  }

  @GetMapping("/v1/rooms/{roomId}/log")
  Mono<ResponseEntity<Object>> read(
      Caller caller,
      @PathVariable String roomId,
      @RequestParam(name = "after_seq", defaultValue = "0") long afterSeq,
      @RequestParam(defaultValue = "50") int limit) {
    if (afterSeq < 0) {
      return RoomController.malformed("`after_seq` is negative");
    }
    if (!Ids.canonical(roomId)) {
      return Mono.just(Answers.problem(Refusal.NOT_FOUND));
    }
    // Read from the store: a kick on another node must not be overlooked here.
    return RoomController.answer(
        rooms
            .read(roomId, caller.userId())
            .thenCompose(found -> page(found.orElse(null), caller, afterSeq, limit)));
  }

  private CompletableFuture<ResponseEntity<Object>> page(
      Rooms.@Nullable Seen seen, Caller caller, long afterSeq, int limit) {
    var refusal =
        seen == null
            ? Refusal.NOT_FOUND
            : door.refusal(caller, "message.read", seen.room(), RecordValue.EMPTY);
    if (seen != null && refusal == null && !seen.room().joined(caller.userId())) {
      refusal =
          door.visible(caller, seen.room())
              ? Refusal.conflict("not_member", "join the room first")
              : Refusal.NOT_FOUND;
    }
    if (seen == null || refusal != null) {
      return CompletableFuture.completedFuture(
          Answers.problem(refusal == null ? Refusal.NOT_FOUND : refusal));
    }
    long before = seen.room().since(caller.userId()) - 1;
    // The caller was a member at the entry seen: what is read must not go beyond it.
    long reach = seen.at() - Math.max(afterSeq, before);
    if (reach < 0) {
      return CompletableFuture.completedFuture(
          Answers.problem(
              Refusal.conflict("cursor_ahead", "the room's log does not reach to that entry")));
    }
    int entriesMax = (int) Math.min(Math.clamp(limit, 1, RoomLog.PAGE_ENTRIES_MAX), reach);
    if (entriesMax == 0) {
      return log.read(seen.room().id(), seen.at(), 1)
          .thenApply(
              page ->
                  ResponseEntity.ok(
                      (Object)
                          Answers.page(
                              new Page(List.of(), true, true, page.chainBefore(), page.removals()),
                              true)));
    }
    return log.read(seen.room().id(), Math.max(afterSeq, before), entriesMax)
        .thenApply(
            page ->
                ResponseEntity.ok(
                    (Object) Answers.page(page, afterSeq == 0 || afterSeq >= before)));
  }

  /** By which a device that lost its state, or that policy lets in, joins the room's MLS group. */
  @GetMapping("/v1/rooms/{roomId}/group-info")
  Mono<ResponseEntity<Object>> groupInfo(Caller caller, @PathVariable String roomId) {
    if (!Ids.canonical(roomId)) {
      return Mono.just(Answers.problem(Refusal.NOT_FOUND));
    }
    var device = caller.deviceId();
    return RoomController.answer(
        rooms
            .read(roomId, caller.userId())
            .thenCombine(
                log.group(roomId, caller.userId(), device == null ? "" : device),
                (seen, group) ->
                    seen.isEmpty() || group.isEmpty()
                        ? Answers.problem(Refusal.NOT_FOUND)
                        : groupInfo(caller, seen.get().room(), group.get())));
  }

  private ResponseEntity<Object> groupInfo(Caller caller, Room room, GroupView group) {
    var refusal = door.refusal(caller, "room.joinGroup", room, Sending.joining(group.leaf()));
    if (refusal == null && !room.joined(caller.userId())) {
      refusal =
          door.visible(caller, room)
              ? Refusal.conflict("not_member", "join the room first")
              : Refusal.NOT_FOUND;
    }
    if (refusal != null) {
      return Answers.problem(refusal);
    }
    if (group.groupInfo() == null) {
      return Answers.problem(
          Refusal.of(
              Refusal.Code.NOT_FOUND,
              "no_group_info",
              "the last Commit brought no `group_info`: ask a member to add the device"));
    }
    var json = new LinkedHashMap<String, Object>();
    json.put("group_id", room.groupId());
    json.put("epoch", group.epoch());
    json.put("group_info", Answers.base64(group.groupInfo()));
    return ResponseEntity.ok(json);
  }

  record Leaf(
      @JsonProperty("user_id") @Nullable String userId,
      @JsonProperty("device_id") @Nullable String deviceId,
      @JsonProperty("leaf_index") @Nullable Integer leafIndex) {}

  record Welcome(@JsonProperty("device_id") @Nullable String deviceId, @Nullable String welcome) {}

  record Commit(
      @Nullable List<@Nullable Leaf> adds,
      @Nullable List<@Nullable Leaf> removes,
      @Nullable List<@Nullable Welcome> welcomes,
      @JsonProperty("group_info") @Nullable String groupInfo,
      @JsonProperty("external_sender") @Nullable Sender externalSender) {}

  record Sender(@Nullable Integer index, @JsonProperty("key_id") @Nullable String keyId) {}

  record Message(
      @JsonProperty("client_message_id") @Nullable String clientMessageId,
      @JsonProperty("mls_message") @Nullable String mlsMessage,
      @Nullable Commit commit) {}

  @PostMapping("/v1/rooms/{roomId}/messages")
  Mono<ResponseEntity<Object>> send(
      Caller caller, @PathVariable String roomId, @RequestBody Message body) {
    Send send;
    try {
      send = read(roomId, body);
    } catch (BadBody e) {
      return RoomController.malformed(e.getMessage() == null ? "malformed" : e.getMessage());
    }
    return Mono.fromFuture(
        sending
            .send(caller, send, new CompletableFuture<>())
            .thenApply(
                sent ->
                    switch (sent) {
                      case Sending.Sent.Accepted(var appended) -> {
                        var json = new LinkedHashMap<String, Object>();
                        json.put("seq", appended.entry().seq());
                        json.put("chain_hash", Answers.base64(appended.entry().chainHash()));
                        json.put(
                            "durability",
                            appended.durability().name().toLowerCase(java.util.Locale.ROOT));
                        json.put("accepted_at_ms", appended.entry().acceptedAtMillis());
                        json.put("epoch", appended.epoch());
                        yield ResponseEntity.ok((Object) json);
                      }
                      case Sending.Sent.Refused(Refusal refusal) -> Answers.problem(refusal);
                    }));
  }

  /** Only to leave the reading of one body. */
  private static final class BadBody extends Exception {
    @java.io.Serial private static final long serialVersionUID = 1;

    BadBody(String message) {
      super(message, null, false, false);
    }
  }

  private static Send read(String roomId, Message body) throws BadBody {
    var send =
        Send.newBuilder()
            .setRoomId(roomId)
            .setClientMessageId(bytes("client_message_id", body.clientMessageId()))
            .setMlsMessage(bytes("mls_message", body.mlsMessage()));
    if (body.commit() != null) {
      var declaration = CommitDeclaration.newBuilder();
      for (var leaf : orEmpty(body.commit().adds())) {
        declaration.addAdds(leaf(leaf));
      }
      for (var leaf : orEmpty(body.commit().removes())) {
        declaration.addRemoves(leaf(leaf));
      }
      for (var welcome : orEmpty(body.commit().welcomes())) {
        declaration.addWelcomes(
            WelcomeDelivery.newBuilder()
                .setDeviceId(orEmpty(welcome.deviceId()))
                .setWelcome(bytes("welcome", welcome.welcome())));
      }
      declaration.setGroupInfo(bytes("group_info", body.commit().groupInfo()));
      var sender = body.commit().externalSender();
      if (sender != null) {
        if (sender.index() == null || sender.index() < 0) {
          throw new BadBody("`external_sender` needs an `index`");
        }
        declaration.setExternalSender(
            ExternalSender.newBuilder().setIndex(sender.index()).setKeyId(orEmpty(sender.keyId())));
      }
      send.setCommit(declaration);
    }
    return send.build();
  }

  private static DeclaredLeaf leaf(Leaf leaf) {
    var builder =
        DeclaredLeaf.newBuilder()
            .setUserId(orEmpty(leaf.userId()))
            .setDeviceId(orEmpty(leaf.deviceId()));
    if (leaf.leafIndex() != null) {
      builder.setLeafIndex(leaf.leafIndex());
    }
    return builder.build();
  }

  private static ByteString bytes(String field, @Nullable String text) throws BadBody {
    return Base64Bytes.read(orEmpty(text))
        .orElseThrow(() -> new BadBody("`" + field + "` is not base64"));
  }

  private static String orEmpty(@Nullable String text) {
    return text == null ? "" : text;
  }

  /** JSON can hold a null wherever an element is expected. */
  private static <T> List<T> orEmpty(@Nullable List<@Nullable T> list) throws BadBody {
    if (list == null) {
      return List.of();
    }
    var whole = new ArrayList<T>(list.size());
    for (var one : list) {
      if (one == null) {
        throw new BadBody("`commit` holds a null");
      }
      whole.add(one);
    }
    return whole;
  }
}

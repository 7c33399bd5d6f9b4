package dev.sallyport.gateway.room;

import com.google.protobuf.ByteString;
import dev.sallyport.gateway.device.Devices;
import dev.sallyport.gateway.door.Caller;
import dev.sallyport.gateway.door.Chat;
import dev.sallyport.gateway.limit.Limits;
import dev.sallyport.gateway.log.Append;
import dev.sallyport.gateway.log.AppendOutcome;
import dev.sallyport.gateway.log.Content;
import dev.sallyport.gateway.log.InboxItem;
import dev.sallyport.gateway.log.RemoveProposals;
import dev.sallyport.gateway.log.RoomLog;
import dev.sallyport.gateway.mls.MlsHeader;
import dev.sallyport.gateway.mls.MlsMessage;
import dev.sallyport.gateway.protocol.CommitDeclaration;
import dev.sallyport.gateway.protocol.DeclaredLeaf;
import dev.sallyport.gateway.protocol.Send;
import dev.sallyport.policy.value.BooleanValue;
import dev.sallyport.policy.value.LongValue;
import dev.sallyport.policy.value.RecordValue;
import dev.sallyport.policy.value.SetValue;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The way of one sealed message into a room's log: its header is read, policy is asked, the append
 * is fenced on the version that policy saw.
 */
final class Sending {

  static final int MESSAGE_BYTES_MAX = 64 << 10;
  static final int WELCOME_BYTES_MAX = 64 << 10;

  /** It carries the whole tree: some 1.5 KB a leaf with our credentials. Fits in a frame. */
  static final int GROUP_INFO_BYTES_MAX = 96 << 10;

  static final int CLIENT_MESSAGE_ID_BYTES = 16;
  static final int DECLARED_LEAVES_MAX = RoomLog.REMOVES_PER_COMMIT_MAX;

  /** More external senders than any group has use for. */
  static final int SENDER_INDEX_MAX = 255;

  /** Each try sees a newer room; a room that changes faster is one to come back to. */
  private static final int TRIES_MAX = 8;

  private final Rooms rooms;
  private final RoomLog log;
  private final RoomDoor door;
  private final Devices devices;
  private final RemoveProposals proposals;
  private final Limits limits;
  private final Executor relay;

  Sending(
      Rooms rooms,
      RoomLog log,
      RoomDoor door,
      Devices devices,
      RemoveProposals proposals,
      Limits limits,
      Executor relay) {
    this.rooms = rooms;
    this.log = log;
    this.door = door;
    this.devices = devices;
    this.proposals = proposals;
    this.limits = limits;
    this.relay = relay;
  }

  /** What became of it. */
  sealed interface Sent {
    record Accepted(AppendOutcome.Appended appended) implements Sent {}

    record Refused(Refusal refusal) implements Sent {}
  }

  /** What was read of a message, or why it is refused. */
  private sealed interface Read {
    record Good(ByteString groupId, Content.Message content, List<Append.Delivery> welcomes)
        implements Read {}

    record Bad(Refusal refusal) implements Read {}
  }

  /**
   * Sends it.
   *
   * @param queued completes, never exceptionally, as soon as a later message cannot overtake this
   *     one
   */
  CompletableFuture<Sent> send(Caller caller, Send send, CompletableFuture<@Nullable Void> queued) {
    var result = sendNow(caller, send, queued);
    return result
        .exceptionally(
            failure -> {
              if (Failures.isUnavailable(failure)) {
                return new Sent.Refused(Refusal.UNAVAILABLE);
              }
              throw Failures.passedOn(failure);
            })
        .whenComplete((sent, failure) -> queued.complete(null));
  }

  private CompletableFuture<Sent> sendNow(
      Caller caller, Send send, CompletableFuture<@Nullable Void> queued) {
    var deviceId = caller.deviceId();
    if (deviceId == null) {
      return refused(
          Refusal.of(
              Refusal.Code.DEVICE_REQUIRED,
              "device_required",
              "the token names no device: exchange one that does"));
    }
    if (!Ids.canonical(send.getRoomId())) {
      return refused(Refusal.NOT_FOUND);
    }
    return switch (read(send)) {
      case Read.Bad(Refusal refusal) -> refused(refusal);
      case Read.Good good -> {
        var author = new Append.Author(caller.userId(), deviceId, send.getClientMessageId());
        yield rooms
            .find(send.getRoomId(), caller.userId())
            .thenCompose(
                found -> attempt(found.orElse(null), caller, author, good, send, queued, 1));
      }
    };
  }

  private CompletableFuture<Sent> attempt(
      Rooms.@Nullable Seen seen,
      Caller caller,
      Append.Author author,
      Read.Good read,
      Send send,
      CompletableFuture<@Nullable Void> queued,
      int attempt) {
    if (seen == null) {
      return refused(Refusal.NOT_FOUND);
    }
    var room = seen.room();
    return standing(caller, room, read.content())
        .thenCombine(outgoing(caller, room, read.content()), Standing::new)
        .thenCompose(
            standing -> {
              var refusal =
                  refusal(caller, room, read.content(), send.getMlsMessage().size(), standing);
              if (refusal == null) {
                refusal = unfit(caller, room, read);
              }
              if (refusal == null) {
                refusal = declaredWrongly(room, read.content(), standing.devices());
              }
              if (refusal == null && attempt == 1) {
                refusal = tooMany(room, read.content());
              }
              if (refusal != null) {
                return refused(refusal);
              }
              var appended =
                  log.append(
                      new Append(
                          room.id(),
                          author,
                          read.content(),
                          new Append.Fence.NotRestrictedSince(room.version()),
                          read.welcomes()));
              queued.complete(null);
              return appended.thenComposeAsync(
                  outcome -> answer(outcome, caller, author, room, read, send, queued, attempt),
                  relay);
            });
  }

  private CompletableFuture<Sent> answer(
      AppendOutcome outcome,
      Caller caller,
      Append.Author author,
      Room room,
      Read.Good read,
      Send send,
      CompletableFuture<@Nullable Void> queued,
      int attempt) {
    return switch (outcome) {
      case AppendOutcome.Appended appended ->
          CompletableFuture.completedFuture(new Sent.Accepted(appended));
      case AppendOutcome.Fenced fenced ->
          attempt == TRIES_MAX
              ? refused(Refusal.UNAVAILABLE)
              : rooms
                  .read(send.getRoomId())
                  .thenCompose(
                      found ->
                          attempt(
                              found.orElse(null), caller, author, read, send, queued, attempt + 1));
      case AppendOutcome.StaleEpoch(long current, var winner) ->
          // Naming old epochs shows nobody what came before they were in the room.
          refused(
              Refusal.staleEpoch(
                  current,
                  winner != null && winner.seq() >= room.since(caller.userId()) ? winner : null));
      case AppendOutcome.FutureEpoch(long current) ->
          refused(
              Refusal.of(
                  Refusal.Code.FUTURE_EPOCH,
                  "future_epoch",
                  "the room is in epoch " + current + ": commit first"));
      case AppendOutcome.NotInGroup(String deviceId) ->
          refused(
              Refusal.conflict(
                  "not_in_group",
                  deviceId.equals(author.deviceId())
                      ? "no Commit declared that it adds this device: ask a member to add it"
                      : "a removed device is not in the group, or not its user's"));
      case AppendOutcome.AlreadyInGroup already ->
          refused(
              Refusal.conflict(
                  "already_in_group",
                  "an added device is in the group: remove it by the same Commit"));
      case AppendOutcome.WrongLeaf wrong ->
          refused(
              Refusal.conflict(
                  "wrong_leaf", "a declared leaf is not where the Commits before put it"));
      case AppendOutcome.RemovalPending(var leaves) -> refused(Refusal.removalPending(leaves));
      case AppendOutcome.IdReused() ->
          refused(
              Refusal.of(
                  Refusal.Code.ID_REUSED,
                  "id_reused",
                  "this device used the client message id for something else"));
      case AppendOutcome.WrongRoom() -> refused(Refusal.NOT_FOUND);
      case AppendOutcome.Unavailable() -> refused(Refusal.UNAVAILABLE);
    };
  }

  /** Asks policy, then for membership, which no policy can stand in for. */
  private @Nullable Refusal refusal(
      Caller caller, Room room, Content.Message content, int size, Standing standing) {
    var refusal =
        switch (content) {
          case Content.Application application ->
              door.refusal(
                  caller, "message.send", room, RecordValue.of("size", LongValue.of(size)));
          case Content.Proposal proposal ->
              door.refusal(
                  caller, "room.commit", room, changes(Content.Declaration.NONE, List.of()));
          case Content.Commit commit when commit.external() ->
              door.refusal(caller, "room.joinGroup", room, joining(commit.rejoins()));
          case Content.Commit commit ->
              door.refusal(
                  caller,
                  "room.commit",
                  room,
                  changes(
                      commit.declaration(), expels(caller, room, commit.declaration(), standing)));
        };
    if (refusal != null || room.joined(caller.userId())) {
      return refusal;
    }
    return door.visible(caller, room)
        ? Refusal.conflict("not_member", "join the room first")
        : Refusal.NOT_FOUND;
  }

  /**
   * Only who may send takes from the room's share; and Commits go on, since they shut people out.
   */
  private @Nullable Refusal tooMany(Room room, Content.Message content) {
    long wait = content instanceof Content.Commit ? 0 : limits.message(room.id());
    return wait == 0
        ? null
        : Refusal.limited("too many messages are sent to this room: wait", wait);
  }

  /** What the room itself asks of members' messages. */
  private @Nullable Refusal unfit(Caller caller, Room room, Read.Good read) {
    if (!read.groupId().equals(ByteString.copyFromUtf8(room.groupId()))) {
      return Refusal.conflict(
          "other_group", "`mls_message` is of another group than the room's `group_id`");
    }
    if (read.content() instanceof Content.Commit commit
        && commit.external()
        && !declaresItself(caller, commit.declaration())) {
      return Refusal.malformed("an external Commit declares that it adds its own device alone");
    }
    if (read.content() instanceof Content.Commit commit
        && commit.sender() != null
        && !commit.sender().keyId().isEmpty()
        && !proposals.holds(commit.sender().keyId())) {
      return Refusal.conflict("unknown_key", "the gateway holds no key of that `key_id`");
    }
    return read.content() instanceof Content.Application && room.muted().contains(caller.userId())
        ? Refusal.conflict("muted", "a moderator muted you in this room")
        : null;
  }

  /** An external Commit adds its sender, and removes at most the leaf that the same device had. */
  private static boolean declaresItself(Caller caller, Content.Declaration declaration) {
    return declaration.adds().size() == 1
        && declaration.removes().size() <= 1
        && Stream.concat(declaration.adds().stream(), declaration.removes().stream())
            .allMatch(
                leaf ->
                    leaf.userId().equals(caller.userId())
                        && leaf.deviceId().equals(caller.deviceId()));
  }

  /** What policy is told of who joins a group by themselves, or asks for what that takes. */
  static RecordValue joining(boolean rejoins) {
    return RecordValue.of("rejoins", BooleanValue.of(rejoins));
  }

  private static RecordValue changes(Content.Declaration declaration, List<Content.Leaf> expels) {
    return RecordValue.of(
        Map.of(
            "adds", users(declaration.adds()),
            "removes", users(declaration.removes()),
            "expels", users(expels)));
  }

  /**
   * Devices of others who belong to the room, whose device was not revoked and whose leaf has not
   * to go anyway: who was out and came back left one behind.
   */
  private static List<Content.Leaf> expels(
      Caller caller, Room room, Content.Declaration declaration, Standing standing) {
    return declaration.removes().stream()
        .filter(
            leaf -> {
              var known = standing.devices().get(leaf.deviceId());
              return !leaf.userId().equals(caller.userId())
                  && room.belongs(leaf.userId())
                  && !standing.outgoing().contains(leaf.deviceId())
                  && (known == null || known.live());
            })
        .toList();
  }

  /**
   * What is known of the devices that a Commit declares.
   *
   * @param outgoing those whose leaf has to go
   */
  private record Standing(Map<String, Devices.Standing> devices, Set<String> outgoing) {}

  private CompletableFuture<Set<String>> outgoing(
      Caller caller, Room room, Content.Message content) {
    if (!(content instanceof Content.Commit commit)
        || commit.declaration().removes().isEmpty()
        || !room.joined(caller.userId())) {
      return CompletableFuture.completedFuture(Set.of());
    }
    return log.removals(room.id(), caller.userId())
        .thenApply(
            leaves -> leaves.stream().map(Content.Leaf::deviceId).collect(Collectors.toSet()));
  }

  private static SetValue users(List<Content.Leaf> leaves) {
    return SetValue.of(
        leaves.stream().map(Content.Leaf::userId).distinct().map(Chat::user).toList());
  }

  /** What the directory knows of the devices declared, for members; others are refused anyway. */
  private CompletableFuture<Map<String, Devices.Standing>> standing(
      Caller caller, Room room, Content.Message content) {
    if (!(content instanceof Content.Commit commit) || !room.joined(caller.userId())) {
      return CompletableFuture.completedFuture(Map.of());
    }
    return devices.standing(
        Stream.concat(commit.declaration().adds().stream(), commit.declaration().removes().stream())
            .map(Content.Leaf::deviceId)
            .distinct()
            .toList());
  }

  /**
   * An added device must be live, its user's, and that user must belong to the room; a removed one
   * must be its user's, so that policy is asked about whom it removes.
   */
  private static @Nullable Refusal declaredWrongly(
      Room room, Content.Message content, Map<String, Devices.Standing> standing) {
    if (!(content instanceof Content.Commit commit)) {
      return null;
    }
    for (var leaf : commit.declaration().adds()) {
      var device = standing.get(leaf.deviceId());
      if (device == null || !device.live() || !device.userId().equals(leaf.userId())) {
        return Refusal.of(
            Refusal.Code.UNKNOWN_DEVICE,
            "unknown_device",
            "an added device is not registered for its user");
      }
      if (!room.belongs(leaf.userId())) {
        return Refusal.conflict("not_member", "an added device belongs to no one in this room");
      }
    }
    for (var leaf : commit.declaration().removes()) {
      var device = standing.get(leaf.deviceId());
      if (device != null && !device.userId().equals(leaf.userId())) {
        return Refusal.of(
            Refusal.Code.UNKNOWN_DEVICE, "unknown_device", "a removed device is not its user's");
      }
    }
    return null;
  }

  // ------------------------------------------------------------------ what the frame holds

  private static Read read(Send send) {
    if (send.getClientMessageId().size() != CLIENT_MESSAGE_ID_BYTES) {
      return malformed("`client_message_id` is not 16 bytes");
    }
    var blob = send.getMlsMessage();
    if (blob.size() > MESSAGE_BYTES_MAX) {
      return tooLarge("`mls_message` is longer than " + MESSAGE_BYTES_MAX + " bytes");
    }
    return switch (MlsHeader.read(blob)) {
      case MlsMessage.PrivateMessage header -> read(send, header, false);
      case MlsMessage.PublicMessage header -> {
        if (header.contentType() == MlsMessage.ContentType.APPLICATION) {
          // RFC 9420 §6: application messages are always encrypted.
          yield malformed("`mls_message` is an unencrypted application message");
        }
        yield switch (header.sender()) {
          case MEMBER -> read(send, header, false);
          case NEW_MEMBER_COMMIT ->
              header.contentType() == MlsMessage.ContentType.COMMIT
                  ? read(send, header, true)
                  : malformed("`mls_message` is not a Commit, as its sender says");
          case EXTERNAL, NEW_MEMBER_PROPOSAL -> new Read.Bad(FROM_OUTSIDE);
        };
      }
      case MlsMessage.Malformed(String reason) -> malformed("`mls_message`: " + reason);
      case MlsMessage other -> malformed("`mls_message` is not a message of a group");
    };
  }

  /** Nobody proposes from outside (RFC 9420 §12.1.8): a member does, whom policy knows. */
  private static final Refusal FROM_OUTSIDE =
      Refusal.of(
          Refusal.Code.MALFORMED,
          "external_proposal",
          "proposals from outside the group are not taken: ask a member");

  private static Read read(Send send, MlsMessage.Framed header, boolean external) {
    boolean commit = header.contentType() == MlsMessage.ContentType.COMMIT;
    if (commit != send.hasCommit()) {
      return malformed(
          commit
              ? "a Commit needs its declaration in `commit`"
              : "`commit` declares what `mls_message` is not");
    }
    var blob = send.getMlsMessage();
    var groupId = header.groupId();
    return switch (header.contentType()) {
      case APPLICATION ->
          new Read.Good(groupId, new Content.Application(blob, header.epoch()), List.of());
      case PROPOSAL ->
          new Read.Good(groupId, new Content.Proposal(blob, header.epoch()), List.of());
      case COMMIT -> commit(blob, header.epoch(), send.getCommit(), groupId, external);
    };
  }

  private static Read commit(
      ByteString blob,
      long epoch,
      CommitDeclaration declared,
      ByteString groupId,
      boolean external) {
    if (declared.getAddsCount() > DECLARED_LEAVES_MAX
        || declared.getRemovesCount() > DECLARED_LEAVES_MAX
        || declared.getWelcomesCount() > declared.getAddsCount()) {
      return tooLarge("a Commit declares at most " + DECLARED_LEAVES_MAX + " adds and removes");
    }
    var addedDevices = new HashSet<String>();
    for (var leaf : declared.getAddsList()) {
      if (!canonical(leaf) || leaf.getLeafIndex() < 0 || !addedDevices.add(leaf.getDeviceId())) {
        return malformed("an added leaf needs a user and a device, each device once");
      }
    }
    for (var leaf : declared.getRemovesList()) {
      if (!canonical(leaf) || leaf.getLeafIndex() < 0) {
        return malformed("a removed leaf needs a user and a device");
      }
    }
    var welcomes = new java.util.ArrayList<Append.Delivery>();
    for (var welcome : declared.getWelcomesList()) {
      if (welcome.getWelcome().size() > WELCOME_BYTES_MAX) {
        return tooLarge("a Welcome is longer than " + WELCOME_BYTES_MAX + " bytes");
      }
      if (!(MlsHeader.read(welcome.getWelcome()) instanceof MlsMessage.Welcome)
          || !addedDevices.remove(welcome.getDeviceId())) {
        return malformed("a Welcome is not one, or not for an added device");
      }
      welcomes.add(
          new Append.Delivery(welcome.getDeviceId(), new InboxItem.Welcome(welcome.getWelcome())));
    }
    if (declared.getGroupInfo().size() > GROUP_INFO_BYTES_MAX) {
      return tooLarge("`group_info` is longer than " + GROUP_INFO_BYTES_MAX + " bytes");
    }
    if (!declared.getGroupInfo().isEmpty()
        && !(MlsHeader.read(declared.getGroupInfo()) instanceof MlsMessage.GroupInfo info
            && info.groupId().equals(groupId)
            && info.epoch() == epoch + 1)) {
      return malformed("`group_info` is not that of the next epoch");
    }
    if (declared.hasExternalSender() && external) {
      return malformed("an external Commit changes nothing of the group's extensions");
    }
    if (declared.hasExternalSender()
        && (declared.getExternalSender().getIndex() < 0
            || declared.getExternalSender().getIndex() > SENDER_INDEX_MAX)) {
      return malformed("`external_sender` has an index beyond " + SENDER_INDEX_MAX);
    }
    return new Read.Good(
        groupId,
        new Content.Commit(
            blob,
            epoch,
            new Content.Declaration(
                declared.getAddsList().stream().map(Sending::leaf).toList(),
                declared.getRemovesList().stream().map(Sending::leaf).toList()),
            external,
            declared.getGroupInfo().isEmpty() ? null : declared.getGroupInfo(),
            declared.hasExternalSender()
                ? new Content.ExternalSender(
                    declared.getExternalSender().getIndex(),
                    declared.getExternalSender().getKeyId())
                : null),
        welcomes);
  }

  private static boolean canonical(DeclaredLeaf leaf) {
    return Ids.canonical(leaf.getUserId()) && Ids.canonical(leaf.getDeviceId());
  }

  private static Content.Leaf leaf(DeclaredLeaf leaf) {
    return new Content.Leaf(
        leaf.getUserId(),
        leaf.getDeviceId(),
        leaf.hasLeafIndex() ? Integer.valueOf(leaf.getLeafIndex()) : null);
  }

  private static Read malformed(String message) {
    return new Read.Bad(Refusal.malformed(message));
  }

  private static Read tooLarge(String message) {
    return new Read.Bad(Refusal.of(Refusal.Code.TOO_LARGE, "too_large", message));
  }

  private static CompletableFuture<Sent> refused(Refusal refusal) {
    return CompletableFuture.completedFuture(new Sent.Refused(refusal));
  }
}

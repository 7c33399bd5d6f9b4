package dev.sallyport.gateway.fanout;

import com.google.protobuf.ByteString;
import dev.sallyport.gateway.log.Content;
import dev.sallyport.gateway.log.EntryKind;
import dev.sallyport.gateway.log.InboxItem;
import dev.sallyport.gateway.log.LogEntry;
import dev.sallyport.gateway.protocol.CaughtUp;
import dev.sallyport.gateway.protocol.CommitDeclaration;
import dev.sallyport.gateway.protocol.DeclaredLeaf;
import dev.sallyport.gateway.protocol.DeviceRenamed;
import dev.sallyport.gateway.protocol.InboxEntry;
import dev.sallyport.gateway.protocol.Invitation;
import dev.sallyport.gateway.protocol.KeyPackagesLow;
import dev.sallyport.gateway.protocol.RoomEntry;
import dev.sallyport.gateway.protocol.RoomEvent;
import dev.sallyport.gateway.protocol.ServerFrame;
import dev.sallyport.gateway.protocol.SubscriptionEnded;
import java.util.List;

/** What the log holds, as the socket contract writes it. */
public final class Frames {

  private Frames() {}

  /** The entry as clients see it. */
  public static RoomEntry roomEntry(LogEntry entry) {
    var builder =
        RoomEntry.newBuilder()
            .setRoomId(entry.roomId())
            .setSeq(entry.seq())
            .setKind(kind(entry.kind()))
            .setSenderUserId(entry.author().userId())
            .setSenderDeviceId(entry.author().deviceId())
            .setClientMessageId(entry.author().clientMessageId())
            .setAcceptedAtMs(entry.acceptedAtMillis())
            .setEpoch(entry.epoch())
            .setBlobHash(entry.blobHash())
            .setChainHash(entry.chainHash());
    if (entry.blob() != null) {
      builder.setMlsMessage(entry.blob());
    }
    if (entry.event() != null) {
      var event = entry.event();
      builder.setEvent(
          RoomEvent.newBuilder()
              .setType(event.type().wireName())
              .setSubjectUserId(event.subject())
              .setRole(event.role())
              .setName(event.name())
              .setJoinRule(event.joinRule())
              .setClassification(event.classification())
              .setGroupId(event.groupId())
              .setRetentionSeconds(event.retentionSeconds())
              .setRedactedSeq(event.redactedSeq())
              .setDeviceId(event.deviceId()));
    }
    if (entry.declaration() != null) {
      var declaration = CommitDeclaration.newBuilder();
      entry.declaration().adds().forEach(leaf -> declaration.addAdds(leaf(leaf)));
      entry.declaration().removes().forEach(leaf -> declaration.addRemoves(leaf(leaf)));
      builder.setCommit(declaration);
    }
    return builder.build();
  }

  public static List<DeclaredLeaf> leaves(List<Content.Leaf> leaves) {
    return leaves.stream().map(Frames::leaf).toList();
  }

  private static DeclaredLeaf leaf(Content.Leaf leaf) {
    var builder = DeclaredLeaf.newBuilder().setUserId(leaf.userId()).setDeviceId(leaf.deviceId());
    if (leaf.leafIndex() != null) {
      builder.setLeafIndex(leaf.leafIndex());
    }
    return builder.build();
  }

  private static dev.sallyport.gateway.protocol.EntryKind kind(EntryKind kind) {
    return switch (kind) {
      case APPLICATION -> dev.sallyport.gateway.protocol.EntryKind.APPLICATION;
      case PROPOSAL -> dev.sallyport.gateway.protocol.EntryKind.PROPOSAL;
      case COMMIT -> dev.sallyport.gateway.protocol.EntryKind.COMMIT;
      case EVENT -> dev.sallyport.gateway.protocol.EntryKind.EVENT;
    };
  }

  static ServerFrame room(LogEntry entry) {
    return ServerFrame.newBuilder().setRoomEntry(roomEntry(entry)).build();
  }

  static ServerFrame inbox(dev.sallyport.gateway.log.InboxEntry entry) {
    var builder =
        InboxEntry.newBuilder()
            .setSeq(entry.seq())
            .setRoomId(entry.roomId())
            .setAcceptedAtMs(entry.acceptedAtMillis());
    switch (entry.item()) {
      case InboxItem.Welcome(ByteString blob) -> builder.setWelcome(blob);
      case InboxItem.Invitation(String inviter, String role) ->
          builder.setInvitation(Invitation.newBuilder().setInviterUserId(inviter).setRole(role));
      case InboxItem.DeviceRenamed(String device, String name) ->
          builder.setDeviceRenamed(DeviceRenamed.newBuilder().setDeviceId(device).setName(name));
      case InboxItem.KeyPackagesLow(int remaining) ->
          builder.setKeyPackagesLow(KeyPackagesLow.newBuilder().setRemaining(remaining));
    }
    return ServerFrame.newBuilder().setInboxEntry(builder).build();
  }

  static ServerFrame caughtUp(
      StreamKey stream, long seq, ByteString chain, boolean complete, List<Content.Leaf> removals) {
    return ServerFrame.newBuilder()
        .setCaughtUp(
            CaughtUp.newBuilder()
                .setRoomId(stream.roomId())
                .setSeq(seq)
                .setChainHash(chain)
                .setComplete(complete)
                .addAllRemovals(leaves(removals)))
        .build();
  }

  /** Tells that nothing more of this room comes. */
  public static ServerFrame ended(String roomId, StreamEnd end) {
    return ServerFrame.newBuilder()
        .setSubscriptionEnded(
            SubscriptionEnded.newBuilder()
                .setRoomId(roomId)
                .setCode(end.code())
                .setMessage(end.message())
                .setDecisionId(end.decisionId()))
        .build();
  }
}

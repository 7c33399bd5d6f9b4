package dev.sallyport.client;

import com.google.protobuf.ByteString;
import dev.sallyport.gateway.protocol.EntryKind;
import dev.sallyport.gateway.protocol.RoomEntry;
import dev.sallyport.gateway.protocol.RoomEvent;
import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.List;

/**
 * The hash chain of a room, as the contract defines it at {@code RoomEntry}: who keeps the last
 * hash notices a history that was rewritten or forked at the next entry.
 */
public final class RoomChain {

  private static final ByteString DOMAIN = ByteString.copyFromUtf8("sallyport.v1.room-chain");

  private RoomChain() {}

  /** The chain before a room's first entry. */
  public static ByteString start(String roomId) {
    var digest = sha256();
    field(digest, DOMAIN);
    field(digest, ByteString.copyFromUtf8(roomId));
    return ByteString.copyFrom(digest.digest());
  }

  /** The chain after that entry, which follows on {@code before}. */
  public static ByteString next(ByteString before, RoomEntry entry) {
    var digest = sha256();
    field(digest, before);
    field(digest, u64(entry.getSeq()));
    field(digest, u64(entry.getKindValue()));
    field(digest, entry.getSenderUserIdBytes());
    field(digest, entry.getSenderDeviceIdBytes());
    field(digest, entry.getClientMessageId());
    field(digest, u64(entry.getAcceptedAtMs()));
    field(digest, entry.getBlobHash());
    return ByteString.copyFrom(digest.digest());
  }

  /** Whether the entry's own hash is that of what it brings; a tombstone brings nothing. */
  public static boolean blobHashHolds(RoomEntry entry) {
    if (entry.getKind() == EntryKind.EVENT) {
      return entry.hasEvent() && eventHash(entry.getEvent()).equals(entry.getBlobHash());
    }
    return entry.getMlsMessage().isEmpty()
        ? entry.getBlobHash().size() == 32 && entry.getKind() != EntryKind.COMMIT
        : hash(entry.getMlsMessage()).equals(entry.getBlobHash());
  }

  /** Whether the entry follows on that chain and brings what was hashed. */
  public static boolean verifies(ByteString before, RoomEntry entry) {
    return blobHashHolds(entry) && next(before, entry).equals(entry.getChainHash());
  }

  private static ByteString hash(ByteString blob) {
    var digest = sha256();
    digest.update(blob.asReadOnlyByteBuffer());
    return ByteString.copyFrom(digest.digest());
  }

  /** In the order of the field numbers, without the empty ones at the end. */
  static ByteString eventHash(RoomEvent event) {
    List<ByteString> fields = new ArrayList<>();
    fields.add(event.getTypeBytes());
    fields.add(event.getSubjectUserIdBytes());
    fields.add(event.getRoleBytes());
    fields.add(event.getNameBytes());
    fields.add(event.getJoinRuleBytes());
    fields.add(event.getClassificationBytes());
    fields.add(event.getGroupIdBytes());
    fields.add(number(event.getRetentionSeconds()));
    fields.add(number(event.getRedactedSeq()));
    fields.add(event.getDeviceIdBytes());
    while (!fields.isEmpty() && fields.getLast().isEmpty()) {
      fields.removeLast();
    }
    var digest = sha256();
    fields.forEach(one -> field(digest, one));
    return ByteString.copyFrom(digest.digest());
  }

  private static ByteString number(long value) {
    return value == 0 ? ByteString.EMPTY : u64(value);
  }

  private static void field(MessageDigest digest, ByteString value) {
    digest.update(ByteBuffer.allocate(Integer.BYTES).putInt(value.size()).flip());
    digest.update(value.asReadOnlyByteBuffer());
  }

  private static ByteString u64(long value) {
    return ByteString.copyFrom(ByteBuffer.allocate(Long.BYTES).putLong(value).flip());
  }

  private static MessageDigest sha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java platform has SHA-256", e);
    }
  }
}

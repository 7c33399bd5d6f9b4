package dev.sallyport.gateway.log;

import com.google.protobuf.ByteString;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;

/**
 * The hash chain of a room, as the published contract defines it at {@code RoomEntry}. It runs over
 * hashes of blobs, so that an erased blob leaves a chain that still can be checked.
 */
public final class Chain {

  private static final byte[] DOMAIN =
      "sallyport.v1.room-chain".getBytes(StandardCharsets.US_ASCII);

  private Chain() {}

  /** The chain before the first entry. */
  public static ByteString start(String roomId) {
    var digest = sha256();
    field(digest, DOMAIN);
    field(digest, utf8(roomId));
    return ByteString.copyFrom(digest.digest());
  }

  /** The chain after an entry. */
  public static ByteString next(
      ByteString before,
      long seq,
      EntryKind kind,
      Append.Author author,
      long acceptedAtMillis,
      ByteString blobHash) {
    var digest = sha256();
    field(digest, before);
    field(digest, u64(seq));
    field(digest, u64(kind.number()));
    field(digest, utf8(author.userId()));
    field(digest, utf8(author.deviceId()));
    field(digest, author.clientMessageId());
    field(digest, u64(acceptedAtMillis));
    field(digest, blobHash);
    return ByteString.copyFrom(digest.digest());
  }

  /** Whether the entry follows on that chain, and its blob, if it has one, is the one hashed. */
  public static boolean verifies(ByteString before, LogEntry entry) {
    var blobHash =
        entry.event() != null
            ? hash(entry.event())
            : entry.blob() != null ? hash(entry.blob()) : entry.blobHash();
    return blobHash.equals(entry.blobHash())
        && next(
                before,
                entry.seq(),
                entry.kind(),
                entry.author(),
                entry.acceptedAtMillis(),
                blobHash)
            .equals(entry.chainHash());
  }

  static ByteString hash(Content content) {
    return switch (content) {
      case Content.Message message -> hash(message.blob());
      case Content.Event event -> hash(event.event());
    };
  }

  static ByteString hash(ByteString blob) {
    var digest = sha256();
    digest.update(blob.asReadOnlyByteBuffer());
    return ByteString.copyFrom(digest.digest());
  }

  static ByteString hash(RoomEvent event) {
    var fields = event.fields();
    int used = fields.size();
    while (used > 0 && fields.get(used - 1).isEmpty()) {
      used--;
    }
    var digest = sha256();
    for (var field : fields.subList(0, used)) {
      field(digest, field);
    }
    return ByteString.copyFrom(digest.digest());
  }

  private static void field(MessageDigest digest, byte[] value) {
    digest.update(ByteBuffer.allocate(4).putInt(value.length).flip());
    digest.update(value);
  }

  private static void field(MessageDigest digest, ByteString value) {
    digest.update(ByteBuffer.allocate(4).putInt(value.size()).flip());
    digest.update(value.asReadOnlyByteBuffer());
  }

  private static byte[] u64(long value) {
    return ByteBuffer.allocate(8).putLong(value).array();
  }

  private static byte[] utf8(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  private static MessageDigest sha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new AssertionError("every Java platform has SHA-256", e);
    }
  }
}

package dev.sallyport.gateway.nats;

import dev.sallyport.gateway.fanout.StreamKey;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.Optional;
import java.util.regex.Pattern;

/** The names under which the gateways of one public URL meet. */
final class Subjects {

  private static final int URL_HASH_BYTES = 8;

  /** Ids as decision 0002 has them: nothing that NATS reads as more than one name. */
  private static final Pattern ID =
      Pattern.compile("[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}");

  private static final Pattern NODE = Pattern.compile("[0-9a-f]{16}");

  private final String rooms;
  private final String inboxes;
  private final String proofs;
  final String changed;

  Subjects(String prefix, String publicUrl) {
    var base = prefix + "." + hash(publicUrl);
    this.rooms = base + ".room.";
    this.inboxes = base + ".inbox.";
    this.proofs = base + ".proofs.";
    this.changed = base + ".changed";
  }

  /** Gateways of another public URL may use the same NATS. */
  private static String hash(String publicUrl) {
    try {
      return HexFormat.of()
          .formatHex(
              MessageDigest.getInstance("SHA-256")
                  .digest(publicUrl.getBytes(StandardCharsets.UTF_8)),
              0,
              URL_HASH_BYTES);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }

  String of(StreamKey stream) {
    return switch (stream) {
      case StreamKey.OfRoom(String roomId) -> rooms + roomId;
      case StreamKey.OfInbox(String deviceId) -> inboxes + deviceId;
    };
  }

  /** The stream of that subject; empty if it is of none. */
  Optional<StreamKey> stream(String subject) {
    if (subject.startsWith(rooms) && isId(subject.substring(rooms.length()))) {
      return Optional.of(new StreamKey.OfRoom(subject.substring(rooms.length())));
    }
    if (subject.startsWith(inboxes) && isId(subject.substring(inboxes.length()))) {
      return Optional.of(new StreamKey.OfInbox(subject.substring(inboxes.length())));
    }
    return Optional.empty();
  }

  static boolean isId(String text) {
    return ID.matcher(text).matches();
  }

  /** Where that gateway is asked about proofs; empty if there can be none of that name. */
  Optional<String> proofs(String node) {
    return NODE.matcher(node).matches() ? Optional.of(proofs + node) : Optional.empty();
  }
}

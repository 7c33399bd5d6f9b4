package dev.sallyport.acceptance.history;

import com.google.protobuf.ByteString;
import dev.sallyport.gateway.protocol.CommitDeclaration;
import dev.sallyport.gateway.protocol.DeclaredLeaf;
import dev.sallyport.gateway.protocol.RoomEntry;
import dev.sallyport.gateway.protocol.RoomEvent;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** Entries as they came, on a socket or over HTTP, in the history's form. */
final class Seen {

  private static final HexFormat HEX = HexFormat.of();

  private Seen() {}

  static String hex(ByteString bytes) {
    return HEX.formatHex(bytes.toByteArray());
  }

  static String hex(byte[] bytes) {
    return HEX.formatHex(bytes);
  }

  static String digest(byte[] bytes) {
    return HEX.formatHex(HashChain.sha256(bytes));
  }

  static Fact.Entry entry(RoomEntry entry) {
    return new Fact.Entry(
        entry.getRoomId(),
        entry.getSeq(),
        entry.getKindValue(),
        entry.getSenderUserId(),
        entry.getSenderDeviceId(),
        hex(entry.getClientMessageId()),
        entry.getAcceptedAtMs(),
        entry.getEpoch(),
        entry.getMlsMessage().isEmpty() ? "" : digest(entry.getMlsMessage().toByteArray()),
        entry.hasEvent() ? event(entry.getEvent()) : List.of(),
        leaves(entry.getCommit().getAddsList()),
        leaves(entry.getCommit().getRemovesList()),
        hex(entry.getBlobHash()),
        hex(entry.getChainHash()));
  }

  private static List<String> event(RoomEvent event) {
    return List.of(
        event.getType(),
        event.getSubjectUserId(),
        event.getRole(),
        event.getName(),
        event.getJoinRule(),
        event.getClassification(),
        event.getGroupId(),
        number(event.getRetentionSeconds()),
        number(event.getRedactedSeq()),
        event.getDeviceId());
  }

  private static String number(long number) {
    return number == 0 ? "" : Long.toString(number);
  }

  private static List<Fact.Leaf> leaves(List<DeclaredLeaf> leaves) {
    return leaves.stream()
        .map(leaf -> new Fact.Leaf(leaf.getUserId(), leaf.getDeviceId()))
        .toList();
  }

  static List<DeclaredLeaf> declared(List<Fact.Leaf> leaves) {
    return leaves.stream()
        .map(
            leaf ->
                DeclaredLeaf.newBuilder().setUserId(leaf.user()).setDeviceId(leaf.device()).build())
        .toList();
  }

  static CommitDeclaration declaration(List<Fact.Leaf> adds, List<Fact.Leaf> removes) {
    return CommitDeclaration.newBuilder()
        .addAllAdds(declared(adds))
        .addAllRemoves(declared(removes))
        .build();
  }

  /** From JSON. */
  static Fact.Entry entry(Map<?, ?> json) {
    var blob = text(json, "mls_message");
    var commit = json.get("commit") instanceof Map<?, ?> map ? map : Map.of();
    return new Fact.Entry(
        text(json, "room_id"),
        number(json, "seq"),
        switch (text(json, "kind").toLowerCase(Locale.ROOT)) {
          case "application" -> Fact.Entry.APPLICATION;
          case "proposal" -> Fact.Entry.PROPOSAL;
          case "commit" -> Fact.Entry.COMMIT;
          case "event" -> Fact.Entry.EVENT;
          default -> 0;
        },
        text(json, "sender_user_id"),
        text(json, "sender_device_id"),
        bytes(json, "client_message_id"),
        number(json, "accepted_at_ms"),
        number(json, "epoch"),
        blob.isEmpty() ? "" : digest(Base64.getDecoder().decode(blob)),
        json.get("event") instanceof Map<?, ?> event ? event(event) : List.of(),
        leaves(commit.get("adds")),
        leaves(commit.get("removes")),
        bytes(json, "blob_hash"),
        bytes(json, "chain_hash"));
  }

  private static List<String> event(Map<?, ?> event) {
    return List.of(
        text(event, "type"),
        text(event, "subject_user_id"),
        text(event, "role"),
        text(event, "name"),
        text(event, "join_rule"),
        text(event, "classification"),
        text(event, "group_id"),
        number(number(event, "retention_seconds")),
        number(number(event, "redacted_seq")),
        text(event, "device_id"));
  }

  private static List<Fact.Leaf> leaves(@Nullable Object json) {
    return json instanceof List<?> list
        ? list.stream()
            .map(one -> (Map<?, ?>) Objects.requireNonNull(one))
            .map(leaf -> new Fact.Leaf(text(leaf, "user_id"), text(leaf, "device_id")))
            .toList()
        : List.of();
  }

  static String text(Map<?, ?> json, String member) {
    return json.get(member) instanceof String text ? text : "";
  }

  static long number(Map<?, ?> json, String member) {
    return json.get(member) instanceof Number number ? number.longValue() : 0;
  }

  /** Base64 to hexadecimal. */
  static String bytes(Map<?, ?> json, String member) {
    return HEX.formatHex(Base64.getDecoder().decode(text(json, member)));
  }
}

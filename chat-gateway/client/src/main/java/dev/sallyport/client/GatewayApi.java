package dev.sallyport.client;

import com.google.protobuf.ByteString;
import com.nimbusds.jose.util.Base64;
import dev.sallyport.gateway.protocol.Accepted;
import dev.sallyport.gateway.protocol.CommitDeclaration;
import dev.sallyport.gateway.protocol.DeclaredLeaf;
import dev.sallyport.gateway.protocol.Durability;
import dev.sallyport.gateway.protocol.EntryKind;
import dev.sallyport.gateway.protocol.RoomEntry;
import dev.sallyport.gateway.protocol.RoomEvent;
import java.net.http.HttpClient;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The gateway's HTTP API: rooms and their members, the log, devices and key packages. Every method
 * is one request, and throws {@link ProblemException} where it is refused and {@link
 * java.io.UncheckedIOException} where nobody answers. Thread-safe.
 */
public final class GatewayApi {

  private final Api api;

  public GatewayApi(String gatewayUrl, DpopKey dpop, Supplier<String> token) {
    this(HttpClients.shared(), GatewayAddress.of(gatewayUrl), dpop, token);
  }

  public GatewayApi(HttpClient http, GatewayAddress address, DpopKey dpop, Supplier<String> token) {
    this.api = new Api(http, address, dpop, token);
  }

  /** For what has no method here. */
  public Api raw() {
    return api;
  }

  /**
   * A room as the caller sees it.
   *
   * @param lastSeq the newest entry; empty in answers to changes
   * @param epoch the group's epoch; empty in answers to changes
   * @param membership {@code invited}, {@code joined}, …; empty for whoever is none
   * @param members empty for those who have not joined
   * @param removals the leaves that a Commit has to remove first
   */
  public record Room(
      String id,
      String name,
      String joinRule,
      String groupId,
      boolean archived,
      OptionalLong lastSeq,
      OptionalLong epoch,
      Optional<String> membership,
      Optional<String> role,
      List<Member> members,
      boolean removalPending,
      List<DeclaredLeaf> removals) {}

  /**
   * One of a room's members.
   *
   * @param role {@code owner}, {@code moderator}, {@code member} or {@code guest}; empty where the
   *     state has none
   */
  public record Member(String userId, String state, Optional<String> role, boolean muted) {}

  /**
   * @param nextAfter for the next page; empty where this is the last
   */
  public record Rooms(List<Room> rooms, Optional<String> nextAfter) {}

  /**
   * A page of a room's log.
   *
   * @param end whether it reaches the newest entry
   * @param complete false where something after the cursor was withheld
   * @param chainBefore the hash chain before the first entry
   */
  public record LogPage(
      List<RoomEntry> entries,
      boolean end,
      boolean complete,
      ByteString chainBefore,
      List<DeclaredLeaf> removals) {}

  /** A key package that was claimed: good for one Add. */
  public record KeyPackage(String userId, String deviceId, byte[] bytes) {}

  /** A device without a key package left. */
  public record Missing(String userId, String deviceId) {}

  public record Claim(List<KeyPackage> keyPackages, List<Missing> missing) {}

  public record Device(String id, String userId, Optional<String> name, String credential) {}

  /** What the directory holds of a device. */
  public record Stock(int count, boolean low, int lowBelow, boolean lastResort) {}

  public record GroupInfo(String groupId, long epoch, byte[] bytes) {}

  // ---------------------------------------------------------------------------------------- rooms

  public Room createRoom(String name) {
    return createRoom(name, "invite");
  }

  /**
   * @param joinRule {@code invite} or {@code open}
   */
  public Room createRoom(String name, String joinRule) {
    return room(api.post("/v1/rooms", Map.of("name", name, "join_rule", joinRule)));
  }

  /** The one conversation with that user. */
  public Room directRoom(String userId) {
    return room(api.post("/v1/direct-rooms", Map.of("user_id", userId)));
  }

  public Room room(String roomId) {
    return room(api.get(path(roomId, "")));
  }

  /**
   * Rooms joined or invited to.
   *
   * @param after {@link Rooms#nextAfter} of the page before; empty: the first
   */
  public Rooms rooms(Optional<String> after) {
    var answer = api.get("/v1/rooms" + after.map(id -> "?after=" + safe(id)).orElse("")).orThrow();
    return new Rooms(
        answer.list("rooms").stream().map(GatewayApi::room).toList(),
        Optional.ofNullable((String) answer.json().get("next_after")));
  }

  public Room invite(String roomId, String userId, String role) {
    return change(roomId, "/invitations", Map.of("user_id", userId, "role", role));
  }

  public Room join(String roomId) {
    return change(roomId, "/join", Map.of());
  }

  public void leave(String roomId) {
    var _ = api.post(path(roomId, "/leave"), Map.of()).orThrow();
  }

  public Room kick(String roomId, String userId) {
    return change(roomId, "/kicks", Map.of("user_id", userId));
  }

  public Room ban(String roomId, String userId) {
    return change(roomId, "/bans", Map.of("user_id", userId));
  }

  public Room unban(String roomId, String userId) {
    return room(api.call("DELETE", path(roomId, "/bans/" + safe(userId)), null));
  }

  public Room mute(String roomId, String userId) {
    return change(roomId, "/mutes", Map.of("user_id", userId));
  }

  public Room unmute(String roomId, String userId) {
    return room(api.call("DELETE", path(roomId, "/mutes/" + safe(userId)), null));
  }

  public Room setRole(String roomId, String userId, String role) {
    return room(
        api.call("PUT", path(roomId, "/members/" + safe(userId) + "/role"), Map.of("role", role)));
  }

  public Room transfer(String roomId, String userId) {
    return change(roomId, "/transfer", Map.of("user_id", userId));
  }

  /**
   * @param seconds 0: messages are kept for ever
   */
  public Room setRetention(String roomId, long seconds) {
    return room(api.call("PUT", path(roomId, "/retention"), Map.of("seconds", seconds)));
  }

  public Room resetGroup(String roomId) {
    return change(roomId, "/group-resets", Map.of());
  }

  public Room archive(String roomId) {
    return change(roomId, "/archive", Map.of());
  }

  private Room change(String roomId, String what, Map<String, ?> body) {
    return room(api.post(path(roomId, what), body));
  }

  // ------------------------------------------------------------------------------------ messages

  /** At most 100 entries after that one; 0: from the beginning that is open to the caller. */
  public LogPage log(String roomId, long afterSeq, int limit) {
    var answer = api.get(path(roomId, "/log?after_seq=" + afterSeq + "&limit=" + limit)).orThrow();
    var json = answer.json();
    return new LogPage(
        answer.list("entries").stream().map(GatewayApi::entry).toList(),
        Boolean.TRUE.equals(json.get("end")),
        Boolean.TRUE.equals(json.get("complete")),
        bytes(json.get("chain_before")),
        leaves(answer.list("removals")));
  }

  /** Sends an MLS message; repeated with the same id it gets the first answer again. */
  public Accepted send(
      String roomId, byte[] messageId, byte[] mlsMessage, @Nullable CommitDeclaration commit) {
    var body = new LinkedHashMap<String, Object>();
    body.put("client_message_id", base64(messageId));
    body.put("mls_message", base64(mlsMessage));
    if (commit != null) {
      body.put("commit", declaration(commit));
    }
    var answer = api.post(path(roomId, "/messages"), body).orThrow();
    return Accepted.newBuilder()
        .setSeq(number(answer.json(), "seq").orElseThrow())
        .setChainHash(bytes(answer.json().get("chain_hash")))
        .setDurability(Durability.valueOf(answer.text("durability").toUpperCase(Locale.ROOT)))
        .setAcceptedAtMs(number(answer.json(), "accepted_at_ms").orElseThrow())
        .setEpoch(number(answer.json(), "epoch").orElseThrow())
        .build();
  }

  /** Erases that entry's message, for everyone; its tombstone stays. */
  public void redact(String roomId, long seq) {
    var _ = api.call("DELETE", path(roomId, "/messages/" + seq), null).orThrow();
  }

  // ------------------------------------------------------------------------- devices and MLS keys

  /** Registers the caller's own device, or takes a renewed credential. */
  public Device registerDevice(String deviceId, String credential) {
    return device(
        api.call("PUT", "/v1/devices/" + safe(deviceId), Map.of("credential", credential))
            .orThrow()
            .json());
  }

  public List<Device> devices() {
    return devices(api.get("/v1/devices"));
  }

  public List<Device> devicesOf(String userId) {
    return devices(api.get("/v1/devices?user_id=" + safe(userId)));
  }

  private static List<Device> devices(Api.Answer answer) {
    return answer.orThrow().list("devices").stream().map(GatewayApi::device).toList();
  }

  public Device renameDevice(String deviceId, String name) {
    return device(
        api.call("PATCH", "/v1/devices/" + safe(deviceId), Map.of("name", name)).orThrow().json());
  }

  /**
   * Puts key packages into the directory, all or none.
   *
   * @param lastResort served once no other is left; null: as before
   */
  public Stock publish(String deviceId, List<byte[]> keyPackages, byte @Nullable [] lastResort) {
    var body = new LinkedHashMap<String, Object>();
    body.put("key_packages", keyPackages.stream().map(GatewayApi::base64).toList());
    if (lastResort != null) {
      body.put("last_resort", base64(lastResort));
    }
    return stock(api.post("/v1/devices/" + safe(deviceId) + "/key-packages", body));
  }

  public Stock stock(String deviceId) {
    return stock(api.get("/v1/devices/" + safe(deviceId) + "/key-packages/count"));
  }

  private static Stock stock(Api.Answer answer) {
    var json = answer.orThrow().json();
    return new Stock(
        (int) number(json, "count").orElseThrow(),
        Boolean.TRUE.equals(json.get("low")),
        (int) number(json, "low_below").orElseThrow(),
        Boolean.TRUE.equals(json.get("last_resort")));
  }

  /**
   * One key package of each live device of these users (100 at most), for a Commit in that room.
   */
  public Claim claim(String roomId, List<String> userIds) {
    var answer =
        api.post(path(roomId, "/key-package-claims"), Map.of("user_ids", userIds)).orThrow();
    return new Claim(
        answer.list("key_packages").stream()
            .map(
                one ->
                    new KeyPackage(
                        text(one, "user_id"),
                        text(one, "device_id"),
                        bytes(one.get("key_package")).toByteArray()))
            .toList(),
        answer.list("missing").stream()
            .map(one -> new Missing(text(one, "user_id"), text(one, "device_id")))
            .toList());
  }

  /** What an external Commit begins with. */
  public GroupInfo groupInfo(String roomId) {
    var json = api.get(path(roomId, "/group-info")).orThrow().json();
    return new GroupInfo(
        text(json, "group_id"),
        number(json, "epoch").orElseThrow(),
        bytes(json.get("group_info")).toByteArray());
  }

  /** The keys by which the gateway proposes Removes, the one to use first: a JWK set. */
  public Map<String, Object> externalSenderKeys() {
    return api.get("/v1/keys/external-sender").orThrow().json();
  }

  // ---------------------------------------------------------------------------------------- JSON

  private static String path(String roomId, String rest) {
    return "/v1/rooms/" + safe(roomId) + rest;
  }

  /** Ids are UUIDs: whatever else stands there must not change the path. */
  private static String safe(String id) {
    if (!id.matches("[0-9A-Za-z-]{1,64}")) {
      throw new IllegalArgumentException("`" + id + "` is no id");
    }
    return id;
  }

  private static Room room(Api.Answer answer) {
    return room(answer.orThrow().json());
  }

  private static Room room(Map<String, Object> json) {
    return new Room(
        text(json, "room_id"),
        text(json, "name"),
        text(json, "join_rule"),
        text(json, "group_id"),
        Boolean.TRUE.equals(json.get("archived")),
        number(json, "last_seq"),
        number(json, "epoch"),
        Optional.ofNullable((String) json.get("membership")),
        Optional.ofNullable((String) json.get("role")),
        objects(json.get("members")).stream()
            .map(
                one ->
                    new Member(
                        text(one, "user_id"),
                        text(one, "state"),
                        Optional.ofNullable((String) one.get("role")),
                        Boolean.TRUE.equals(one.get("muted"))))
            .toList(),
        Boolean.TRUE.equals(json.get("removal_pending")),
        leaves(objects(json.get("removals"))));
  }

  private static Device device(Map<String, Object> json) {
    return new Device(
        text(json, "device_id"),
        text(json, "user_id"),
        Optional.ofNullable((String) json.get("name")),
        text(json, "credential"));
  }

  /** As the socket would have brought it. */
  static RoomEntry entry(Map<String, Object> json) {
    var entry =
        RoomEntry.newBuilder()
            .setRoomId(text(json, "room_id"))
            .setSeq(number(json, "seq").orElseThrow())
            .setKind(EntryKind.valueOf(text(json, "kind").toUpperCase(Locale.ROOT)))
            .setSenderUserId(text(json, "sender_user_id"))
            .setSenderDeviceId(text(json, "sender_device_id"))
            .setClientMessageId(bytes(json.get("client_message_id")))
            .setAcceptedAtMs(number(json, "accepted_at_ms").orElseThrow())
            .setEpoch(number(json, "epoch").orElse(0))
            .setMlsMessage(bytes(json.get("mls_message")))
            .setBlobHash(bytes(json.get("blob_hash")))
            .setChainHash(bytes(json.get("chain_hash")));
    if (json.get("event") instanceof Map<?, ?> event) {
      entry.setEvent(event(cast(event)));
    }
    if (json.get("commit") instanceof Map<?, ?> commit) {
      entry.setCommit(
          CommitDeclaration.newBuilder()
              .addAllAdds(leaves(objects(commit.get("adds"))))
              .addAllRemoves(leaves(objects(commit.get("removes")))));
    }
    return entry.build();
  }

  private static RoomEvent event(Map<String, Object> json) {
    return RoomEvent.newBuilder()
        .setType(text(json, "type"))
        .setSubjectUserId(text(json, "subject_user_id"))
        .setRole(text(json, "role"))
        .setName(text(json, "name"))
        .setJoinRule(text(json, "join_rule"))
        .setClassification(text(json, "classification"))
        .setGroupId(text(json, "group_id"))
        .setRetentionSeconds(number(json, "retention_seconds").orElse(0))
        .setRedactedSeq(number(json, "redacted_seq").orElse(0))
        .setDeviceId(text(json, "device_id"))
        .build();
  }

  private static Map<String, Object> declaration(CommitDeclaration commit) {
    var json = new LinkedHashMap<String, Object>();
    json.put("adds", commit.getAddsList().stream().map(GatewayApi::leaf).toList());
    json.put("removes", commit.getRemovesList().stream().map(GatewayApi::leaf).toList());
    json.put(
        "welcomes",
        commit.getWelcomesList().stream()
            .map(
                one ->
                    Map.of(
                        "device_id",
                        one.getDeviceId(),
                        "welcome",
                        base64(one.getWelcome().toByteArray())))
            .toList());
    if (!commit.getGroupInfo().isEmpty()) {
      json.put("group_info", base64(commit.getGroupInfo().toByteArray()));
    }
    if (commit.hasExternalSender()) {
      json.put(
          "external_sender",
          Map.of(
              "index",
              commit.getExternalSender().getIndex(),
              "key_id",
              commit.getExternalSender().getKeyId()));
    }
    return json;
  }

  private static Map<String, Object> leaf(DeclaredLeaf leaf) {
    var json = new LinkedHashMap<String, Object>();
    json.put("user_id", leaf.getUserId());
    json.put("device_id", leaf.getDeviceId());
    if (leaf.hasLeafIndex()) {
      json.put("leaf_index", leaf.getLeafIndex());
    }
    return json;
  }

  private static List<DeclaredLeaf> leaves(List<Map<String, Object>> list) {
    var leaves = new ArrayList<DeclaredLeaf>();
    for (var one : list) {
      var leaf =
          DeclaredLeaf.newBuilder()
              .setUserId(text(one, "user_id"))
              .setDeviceId(text(one, "device_id"));
      number(one, "leaf_index").ifPresent(index -> leaf.setLeafIndex((int) index));
      leaves.add(leaf.build());
    }
    return leaves;
  }

  private static List<Map<String, Object>> objects(@Nullable Object list) {
    return list instanceof List<?> many
        ? many.stream().map(one -> cast((Map<?, ?>) Objects.requireNonNull(one))).toList()
        : List.of();
  }

  @SuppressWarnings("unchecked")
  private static Map<String, Object> cast(Map<?, ?> map) {
    return (Map<String, Object>) map;
  }

  private static String text(Map<String, Object> json, String member) {
    return json.get(member) instanceof String text ? text : "";
  }

  private static OptionalLong number(Map<String, Object> json, String member) {
    return json.get(member) instanceof Number number
        ? OptionalLong.of(number.longValue())
        : OptionalLong.empty();
  }

  private static ByteString bytes(@Nullable Object base64) {
    return base64 instanceof String text
        ? ByteString.copyFrom(new Base64(text).decode())
        : ByteString.EMPTY;
  }

  private static String base64(byte[] bytes) {
    return Base64.encode(bytes).toString();
  }
}

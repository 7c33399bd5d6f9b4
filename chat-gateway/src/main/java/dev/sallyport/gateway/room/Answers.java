package dev.sallyport.gateway.room;

import com.google.protobuf.ByteString;
import dev.sallyport.gateway.door.Admission;
import dev.sallyport.gateway.door.Problems;
import dev.sallyport.gateway.log.Content;
import dev.sallyport.gateway.log.LogEntry;
import dev.sallyport.gateway.log.Page;
import dev.sallyport.gateway.log.RoomEvent;
import dev.sallyport.gateway.log.RoomRecord;
import java.util.Base64;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import org.springframework.http.HttpStatus;
import org.springframework.http.ProblemDetail;
import org.springframework.http.ResponseEntity;

/** Rooms and entries as JSON, and refusals as problems. */
final class Answers {

  private Answers() {}

  static ResponseEntity<Object> problem(Refusal refusal) {
    var status =
        switch (refusal.code()) {
          case POLICY ->
              refusal.codeName().equals("invalid_token")
                      || refusal.codeName().equals(Admission.SECOND_FACTOR_MISSING)
                  ? HttpStatus.UNAUTHORIZED
                  : refusal.retryable() ? HttpStatus.SERVICE_UNAVAILABLE : HttpStatus.FORBIDDEN;
          case NOT_FOUND -> HttpStatus.NOT_FOUND;
          case MALFORMED, UNKNOWN_DEVICE -> HttpStatus.BAD_REQUEST;
          case TOO_LARGE -> HttpStatus.CONTENT_TOO_LARGE;
          case DEVICE_REQUIRED -> HttpStatus.FORBIDDEN;
          case CONFLICT, STALE_EPOCH, FUTURE_EPOCH, ID_REUSED -> HttpStatus.CONFLICT;
          case RATE_LIMITED -> HttpStatus.TOO_MANY_REQUESTS;
          case UNAVAILABLE -> HttpStatus.SERVICE_UNAVAILABLE;
        };
    var problem = Problems.of(status, refusal.codeName(), refusal.message());
    if (refusal.codeName().equals(Admission.SECOND_FACTOR_MISSING)) {
      problem.setProperty(Problems.ACR_VALUES, Problems.SECOND_FACTOR);
    }
    if (refusal.retryable()) {
      problem.setProperty(Problems.RETRY_AFTER_MILLIS, refusal.retryAfterMillis());
    }
    if (!refusal.decisionId().isEmpty()) {
      problem.setProperty("decision_id", refusal.decisionId());
    }
    if (refusal.winner() != null) {
      problem.setProperty("winner", entry(refusal.winner()));
    }
    if (!refusal.removals().isEmpty()) {
      problem.setProperty("removals", leaves(refusal.removals()));
    }
    return problem(problem);
  }

  static ResponseEntity<Object> problem(ProblemDetail problem) {
    return Problems.answer(problem);
  }

  /** What anyone who may read the room may know; bans are for members. */
  static Map<String, Object> room(Room room, String userId, Optional<RoomRecord> record) {
    var json = new LinkedHashMap<String, Object>();
    json.put("room_id", room.id());
    json.put("name", room.name());
    json.put("join_rule", room.joinRule());
    if (!room.classification().isEmpty()) {
      json.put("classification", room.classification());
    }
    json.put("archived", room.archived());
    if (room.retentionSeconds() > 0) {
      json.put("retention_seconds", room.retentionSeconds());
    }
    json.put("group_id", room.groupId());
    json.put("version", room.version());
    record.ifPresent(
        found -> {
          json.put("epoch", found.epoch());
          json.put("last_seq", found.lastSeq());
        });
    room.member(userId)
        .ifPresent(
            own -> {
              json.put("membership", own.state().name().toLowerCase(Locale.ROOT));
              if (own.role() != null) {
                json.put("role", own.role().wireName());
              }
            });
    if (room.joined(userId)) {
      record
          .map(RoomRecord::removals)
          .ifPresent(
              removals -> {
                json.put("removal_pending", !removals.isEmpty());
                json.put("removals", leaves(removals));
              });
      json.put(
          "members",
          room.members().stream()
              .sorted(Comparator.comparing(Room.Member::userId))
              .map(member -> member(room, member))
              .toList());
    }
    return json;
  }

  private static Map<String, Object> member(Room room, Room.Member member) {
    var json = new LinkedHashMap<String, Object>();
    json.put("user_id", member.userId());
    json.put("state", member.state().name().toLowerCase(Locale.ROOT));
    if (member.role() != null) {
      json.put("role", member.role().wireName());
    }
    if (room.muted().contains(member.userId())) {
      json.put("muted", true);
    }
    return json;
  }

  static Map<String, Object> page(Page page, boolean complete) {
    var json = new LinkedHashMap<String, Object>();
    json.put("entries", page.entries().stream().map(Answers::entry).toList());
    json.put("end", page.end());
    json.put("complete", complete && page.complete());
    json.put("chain_before", base64(page.chainBefore()));
    if (!page.removals().isEmpty()) {
      json.put("removals", leaves(page.removals()));
    }
    return json;
  }

  static Map<String, Object> entry(LogEntry entry) {
    var json = new LinkedHashMap<String, Object>();
    json.put("room_id", entry.roomId());
    json.put("seq", entry.seq());
    json.put("kind", entry.kind().name().toLowerCase(Locale.ROOT));
    json.put("sender_user_id", entry.author().userId());
    json.put("sender_device_id", entry.author().deviceId());
    json.put("client_message_id", base64(entry.author().clientMessageId()));
    json.put("accepted_at_ms", entry.acceptedAtMillis());
    json.put("epoch", entry.epoch());
    if (entry.blob() != null) {
      json.put("mls_message", base64(entry.blob()));
    }
    var event = entry.event();
    if (event != null) {
      var inner = new LinkedHashMap<String, Object>();
      inner.put("type", event.type().wireName());
      putUnlessEmpty(inner, "subject_user_id", event.subject());
      putUnlessEmpty(inner, "role", event.role());
      putUnlessEmpty(inner, "name", event.name());
      putUnlessEmpty(inner, "join_rule", event.joinRule());
      putUnlessEmpty(inner, "classification", event.classification());
      putUnlessEmpty(inner, "group_id", event.groupId());
      if (event.type() == RoomEvent.Type.RETENTION_CHANGED) {
        inner.put("retention_seconds", event.retentionSeconds());
      }
      if (event.redactedSeq() > 0) {
        inner.put("redacted_seq", event.redactedSeq());
      }
      putUnlessEmpty(inner, "device_id", event.deviceId());
      json.put("event", inner);
    }
    if (entry.declaration() != null) {
      json.put(
          "commit",
          Map.of(
              "adds", leaves(entry.declaration().adds()),
              "removes", leaves(entry.declaration().removes())));
    }
    json.put("blob_hash", base64(entry.blobHash()));
    json.put("chain_hash", base64(entry.chainHash()));
    return json;
  }

  private static void putUnlessEmpty(Map<String, Object> json, String name, String value) {
    if (!value.isEmpty()) {
      json.put(name, value);
    }
  }

  private static List<Map<String, Object>> leaves(List<Content.Leaf> leaves) {
    return leaves.stream()
        .map(
            leaf -> {
              var json = new LinkedHashMap<String, Object>();
              json.put("user_id", leaf.userId());
              json.put("device_id", leaf.deviceId());
              if (leaf.leafIndex() != null) {
                json.put("leaf_index", leaf.leafIndex());
              }
              return (Map<String, Object>) json;
            })
        .toList();
  }

  static String base64(ByteString bytes) {
    return Base64.getEncoder().encodeToString(bytes.toByteArray());
  }
}

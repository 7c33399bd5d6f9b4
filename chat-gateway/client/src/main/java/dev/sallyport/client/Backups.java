package dev.sallyport.client;

import com.nimbusds.jose.util.Base64;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The account's encrypted backups at the gateway. What is sealed, and how, is the caller's: {@link
 * BackupKey} is our way. Every method but {@link #list} is one request, and throws {@link
 * ProblemException} where it is refused and {@link java.io.UncheckedIOException} where nobody
 * answers. Thread-safe.
 */
public final class Backups {

  private final Api api;

  public Backups(Api api) {
    this.api = api;
  }

  /**
   * One version.
   *
   * @param keyInfo what is needed beside the recovery key
   */
  public record Version(
      long number, String algorithm, byte[] keyInfo, String deviceId, int parts, long bytes) {}

  /**
   * A device that was there, with times as the gateway writes them (RFC 3339).
   *
   * @param readAt empty: it never read a part
   */
  public record Visitor(
      String deviceId, String firstAt, Optional<String> readAt, Optional<String> writtenAt) {}

  /**
   * @param versions the current one first
   * @param visitors the last to come first: to be shown to the user where one is unknown
   */
  public record Overview(List<Version> versions, List<Visitor> visitors) {}

  /** A part, without its bytes. */
  public record PartInfo(String id, String etag, int bytes, String deviceId) {}

  /** A part, whose bytes are those of its tag. */
  public record Part(String etag, byte[] bytes) {}

  /** What came of a write. */
  public sealed interface Put {
    /** The tag to name at the next write. */
    record Written(String etag) implements Put {}

    /** Another device wrote it since: read it, merge, and write again. */
    record Changed(Optional<String> etag) implements Put {}
  }

  public Overview overview() {
    var answer = api.get("/v1/backups").orThrow();
    return new Overview(
        answer.list("versions").stream().map(Backups::version).toList(),
        answer.list("devices").stream()
            .map(
                one ->
                    new Visitor(
                        text(one, "device_id"),
                        text(one, "first_at"),
                        Optional.ofNullable((String) one.get("read_at")),
                        Optional.ofNullable((String) one.get("written_at"))))
            .toList());
  }

  /**
   * Makes a new version the current one.
   *
   * @param replaces the one that is current; 0: there is none. {@code not_current} where another
   *     device was faster
   */
  public Version make(long replaces, String algorithm, byte[] keyInfo) {
    return version(
        api.post(
                "/v1/backups",
                Map.of(
                    "replaces",
                    replaces,
                    "algorithm",
                    algorithm,
                    "key_info",
                    Base64.encode(keyInfo).toString()))
            .orThrow()
            .json());
  }

  /** Deletes a version with its parts. */
  public void delete(long version) {
    var _ = api.call("DELETE", "/v1/backups/" + version, null).orThrow();
  }

  /** All parts of a version, in as many requests as it takes. */
  public List<PartInfo> list(long version) {
    var parts = new ArrayList<PartInfo>();
    String after = "";
    do {
      var answer =
          api.get("/v1/backups/" + version + "/parts" + (after.isEmpty() ? "" : "?after=" + after))
              .orThrow();
      for (var one : answer.list("parts")) {
        parts.add(
            new PartInfo(
                safe(text(one, "id")),
                text(one, "etag"),
                ((Number) one.getOrDefault("bytes", 0)).intValue(),
                text(one, "device_id")));
      }
      after = answer.json().get("next_after") instanceof String next ? safe(next) : "";
    } while (!after.isEmpty());
    return parts;
  }

  /**
   * Reads a part; empty if there is none.
   *
   * @throws IllegalStateException where the bytes are not those of the tag
   */
  public Optional<Part> get(long version, String id) {
    var answer = api.exchange("GET", path(version, id), null, Map.of());
    if (answer.status() == 404) {
      return Optional.empty();
    }
    if (!answer.ok()) {
      throw ProblemException.of(answer.text());
    }
    var etag = answer.header("ETag").orElse("");
    if (!etag.equals(etag(answer.body()))) {
      throw new IllegalStateException("the bytes of a part are not those of its tag");
    }
    return Optional.of(new Part(etag, answer.body()));
  }

  /**
   * Writes a part. Repeated with the same bytes, it is written already.
   *
   * @param replaces the tag of what it replaces; null: nothing is there
   */
  public Put put(long version, String id, byte[] bytes, @Nullable String replaces) {
    var answer =
        api.exchange(
            "PUT",
            path(version, id),
            bytes,
            Map.of(
                "Content-Type",
                "application/octet-stream",
                "Content-Digest",
                "sha-256=:" + Base64.encode(sha256(bytes)) + ":",
                replaces == null ? "If-None-Match" : "If-Match",
                replaces == null ? "*" : replaces));
    if (answer.status() == 412) {
      return new Put.Changed(answer.header("ETag"));
    }
    if (!answer.ok()) {
      throw ProblemException.of(answer.text());
    }
    return new Put.Written(answer.header("ETag").orElseGet(() -> etag(bytes)));
  }

  /** Deletes a part, whatever it holds. */
  public void delete(long version, String id) {
    var _ = api.call("DELETE", path(version, id), null).orThrow();
  }

  private static String path(long version, String id) {
    return "/v1/backups/" + version + "/parts/" + safe(id);
  }

  private static String safe(String id) {
    if (!id.matches("[0-9A-Za-z_-]{1,64}")) {
      throw new IllegalArgumentException("`" + id + "` is no id of a part");
    }
    return id;
  }

  private static Version version(Map<String, Object> json) {
    return new Version(
        ((Number) json.getOrDefault("version", 0)).longValue(),
        text(json, "algorithm"),
        new Base64(text(json, "key_info")).decode(),
        text(json, "device_id"),
        ((Number) json.getOrDefault("parts", 0)).intValue(),
        ((Number) json.getOrDefault("bytes", 0)).longValue());
  }

  private static String text(Map<String, Object> json, String member) {
    return json.get(member) instanceof String text ? text : "";
  }

  private static String etag(byte[] bytes) {
    return '"'
        + java.util.Base64.getUrlEncoder().withoutPadding().encodeToString(sha256(bytes))
        + '"';
  }

  private static byte[] sha256(byte[] bytes) {
    try {
      return MessageDigest.getInstance("SHA-256").digest(bytes);
    } catch (NoSuchAlgorithmException e) {
      throw new AssertionError("every Java platform has SHA-256", e);
    }
  }
}

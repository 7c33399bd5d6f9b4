package dev.sallyport.gateway.backup;

import com.fasterxml.jackson.annotation.JsonProperty;
import com.google.protobuf.ByteString;
import dev.sallyport.gateway.backup.Backups.Asker;
import dev.sallyport.gateway.backup.Backups.Change;
import dev.sallyport.gateway.door.Admission;
import dev.sallyport.gateway.door.Caller;
import dev.sallyport.gateway.door.PolicyDoor;
import dev.sallyport.gateway.door.Problems;
import dev.sallyport.gateway.log.UnavailableException;
import dev.sallyport.gateway.mls.Base64Bytes;
import dev.sallyport.gateway.quota.SharedQuota;
import dev.sallyport.policy.value.RecordValue;
import java.net.URI;
import java.time.Instant;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.CompletableFuture;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.springframework.http.HttpHeaders;
import org.springframework.http.HttpStatus;
import org.springframework.http.MediaType;
import org.springframework.http.ResponseEntity;
import org.springframework.web.bind.annotation.DeleteMapping;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.PutMapping;
import org.springframework.web.bind.annotation.RequestBody;
import org.springframework.web.bind.annotation.RequestMapping;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.bind.annotation.RestController;
import org.springframework.web.server.ServerWebExchange;
import reactor.core.publisher.Mono;

/** A caller's own backups over HTTP; no path names another's. */
@RestController
@RequestMapping("/v1/backups")
final class BackupController {

  private static final String READ = "backup.read";
  private static final String WRITE = "backup.write";

  /** As others have them: a hash in hex or base64url, a UUID, a name. */
  private static final Pattern PART_ID = Pattern.compile("[A-Za-z0-9_-]{1,64}");

  private static final Pattern ALGORITHM = Pattern.compile("[A-Za-z0-9._-]{1,64}");

  private static final Pattern NUMBER = Pattern.compile("[1-9][0-9]{0,17}");

  private static final String REPR_DIGEST = "Repr-Digest";
  private static final String CONTENT_DIGEST = "Content-Digest";

  private final Backups backups;
  private final PolicyDoor door;
  private final SharedQuota quota;
  private final PartsInHand inHand;

  BackupController(Backups backups, PolicyDoor door, SharedQuota quota, PartsInHand inHand) {
    this.backups = backups;
    this.door = door;
    this.quota = quota;
    this.inHand = inHand;
  }

  /**
   * @param replaces the version that is current now; absent or 0: there is none
   */
  record NewVersion(
      @Nullable Long replaces,
      @Nullable String algorithm,
      @JsonProperty("key_info") @Nullable String keyInfo) {}

  @GetMapping
  Mono<ResponseEntity<Object>> overview(Caller caller) {
    return permitted(
        caller,
        READ,
        asker -> answer(backups.overview(asker.userId()).thenApply(BackupController::json)));
  }

  @PostMapping
  Mono<ResponseEntity<Object>> make(Caller caller, @RequestBody NewVersion body) {
    return permitted(
        caller,
        WRITE,
        asker -> {
          var algorithm = body.algorithm() == null ? "" : body.algorithm();
          var keyInfo = Base64Bytes.read(body.keyInfo() == null ? "" : body.keyInfo());
          if (!ALGORITHM.matcher(algorithm).matches()
              || keyInfo.isEmpty()
              || keyInfo.get().size() > Backups.KEY_INFO_BYTES_MAX) {
            return Mono.just(BAD_VERSION.answer());
          }
          long replaces = body.replaces() == null ? 0 : body.replaces();
          return counted(
              asker,
              SharedQuota.Kind.BACKUP_WRITES,
              () ->
                  backups.make(asker, replaces, algorithm, keyInfo.get()).thenApply(this::answer));
        });
  }

  @DeleteMapping
  Mono<ResponseEntity<Object>> deleteAll(Caller caller) {
    return permitted(
        caller, WRITE, asker -> answer(backups.deleteAll(asker).thenApply(this::answer)));
  }

  @DeleteMapping("/{version}")
  Mono<ResponseEntity<Object>> delete(Caller caller, @PathVariable String version) {
    return permitted(
        caller,
        WRITE,
        asker -> {
          var number = number(version);
          return number.isEmpty()
              ? Mono.just(NOT_FOUND.answer())
              : answer(backups.delete(asker, number.getAsLong()).thenApply(this::answer));
        });
  }

  @GetMapping("/{version}/parts")
  Mono<ResponseEntity<Object>> list(
      Caller caller,
      @PathVariable String version,
      @RequestParam(defaultValue = "") String after,
      @RequestParam(defaultValue = "100") int limit) {
    return permitted(
        caller,
        READ,
        asker -> {
          var number = number(version);
          if (number.isEmpty()) {
            return Mono.just(NOT_FOUND.answer());
          }
          if (!after.isEmpty() && !PART_ID.matcher(after).matches()) {
            return Mono.just(BAD_PART_ID.answer());
          }
          int partsMax = Math.clamp(limit, 1, Backups.PAGE_PARTS_MAX);
          return answer(
              backups
                  .parts(asker.userId(), number.getAsLong(), after, partsMax)
                  .thenApply(
                      found ->
                          found
                              .map(parts -> ResponseEntity.ok(json(parts, partsMax)))
                              .orElseGet(NOT_FOUND::answer)));
        });
  }

  @GetMapping("/{version}/parts/{id}")
  Mono<ResponseEntity<Object>> read(
      Caller caller,
      @PathVariable String version,
      @PathVariable String id,
      ServerWebExchange http) {
    return permitted(
        caller,
        READ,
        asker -> {
          var number = number(version);
          if (number.isEmpty() || !PART_ID.matcher(id).matches()) {
            return Mono.just(NOT_FOUND.answer());
          }
          var ifNoneMatch = Preconditions.read(header(http, HttpHeaders.IF_NONE_MATCH));
          if (ifNoneMatch.isEmpty()) {
            return Mono.just(BAD_TAGS.answer());
          }
          if (!inHand.admit(http, asker.userId())) {
            return Mono.just(Problems.answer(Problems.limited(PartsInHand.WAIT_MILLIS)));
          }
          return counted(
              asker,
              SharedQuota.Kind.BACKUP_READS,
              () ->
                  backups
                      .read(asker, number.getAsLong(), id)
                      .thenApply(
                          found ->
                              found
                                  .map(part -> answer(part, ifNoneMatch.get()))
                                  .orElseGet(NOT_FOUND::answer)));
        });
  }

  private static ResponseEntity<Object> answer(Backups.Part part, Preconditions.Tags ifNoneMatch) {
    var digest = part.digest();
    return Preconditions.names(ifNoneMatch, digest)
        ? ResponseEntity.status(HttpStatus.NOT_MODIFIED).eTag(Preconditions.etag(digest)).build()
        : ResponseEntity.ok()
            .eTag(Preconditions.etag(digest))
            .header(REPR_DIGEST, Digests.field(digest))
            .contentType(MediaType.APPLICATION_OCTET_STREAM)
            .body(part.blob());
  }

  /** The body is read only once there is room for it. */
  @PutMapping(path = "/{version}/parts/{id}", consumes = MediaType.APPLICATION_OCTET_STREAM_VALUE)
  Mono<ResponseEntity<Object>> write(
      Caller caller,
      @PathVariable String version,
      @PathVariable String id,
      ServerWebExchange http,
      @RequestBody(required = false) Mono<byte[]> body) {
    return permitted(
        caller,
        WRITE,
        asker -> {
          var number = number(version);
          if (number.isEmpty()) {
            return Mono.just(NOT_FOUND.answer());
          }
          if (!PART_ID.matcher(id).matches()) {
            return Mono.just(BAD_PART_ID.answer());
          }
          var ifMatch = Preconditions.read(header(http, HttpHeaders.IF_MATCH));
          var ifNoneMatch = Preconditions.read(header(http, HttpHeaders.IF_NONE_MATCH));
          if (ifMatch.isEmpty() || ifNoneMatch.isEmpty()) {
            return Mono.just(BAD_TAGS.answer());
          }
          if (ifMatch.get() instanceof Preconditions.Tags.Absent
              && ifNoneMatch.get() instanceof Preconditions.Tags.Absent) {
            return Mono.just(UNCONDITIONAL.answer());
          }
          if (!header(http, HttpHeaders.CONTENT_ENCODING).isEmpty()) {
            return Mono.just(CODED.answer());
          }
          if (!inHand.admit(http, asker.userId())) {
            return Mono.just(Problems.answer(Problems.limited(PartsInHand.WAIT_MILLIS)));
          }
          return counted(
              asker,
              SharedQuota.Kind.BACKUP_WRITES,
              () ->
                  body.defaultIfEmpty(new byte[0])
                      .toFuture()
                      .thenCompose(
                          blob -> {
                            var refused = refusal(http, blob);
                            return refused != null
                                ? CompletableFuture.completedFuture(refused)
                                : backups
                                    .write(
                                        asker,
                                        number.getAsLong(),
                                        id,
                                        blob,
                                        ifMatch.get(),
                                        ifNoneMatch.get())
                                    .thenApply(this::answer);
                          }));
        });
  }

  @DeleteMapping("/{version}/parts/{id}")
  Mono<ResponseEntity<Object>> delete(
      Caller caller,
      @PathVariable String version,
      @PathVariable String id,
      ServerWebExchange http) {
    return permitted(
        caller,
        WRITE,
        asker -> {
          var number = number(version);
          if (number.isEmpty() || !PART_ID.matcher(id).matches()) {
            return Mono.just(NOT_FOUND.answer());
          }
          return Preconditions.read(header(http, HttpHeaders.IF_MATCH))
              .map(
                  tags ->
                      answer(
                          backups
                              .delete(asker, number.getAsLong(), id, tags)
                              .thenApply(this::answer)))
              .orElseGet(() -> Mono.just(BAD_TAGS.answer()));
        });
  }

  // ----------------------------------------------------------------------------------------- doors

  private Mono<ResponseEntity<Object>> permitted(
      Caller caller, String action, Function<Asker, Mono<ResponseEntity<Object>>> then) {
    return switch (door.decide(
        caller, action, BackupEntity.ofUser(caller.userId()), RecordValue.EMPTY)) {
      case Admission.Refused refused -> Mono.just(Problems.answer(Problems.of(refused)));
      case Admission.Admitted() -> {
        var device = caller.deviceId();
        // Whoever comes is to be seen by the others.
        yield device == null
            ? Mono.just(NO_DEVICE.answer())
            : then.apply(new Asker(caller.userId(), device));
      }
    };
  }

  /** Takes one part from what all gateways give the user in an hour. */
  private Mono<ResponseEntity<Object>> counted(
      Asker asker,
      SharedQuota.Kind kind,
      Supplier<CompletableFuture<ResponseEntity<Object>>> then) {
    return answer(
        quota
            .take(kind, asker.userId(), 1)
            .thenCompose(
                wait ->
                    wait > 0
                        ? CompletableFuture.completedFuture(Problems.answer(Problems.limited(wait)))
                        : then.get()));
  }

  /** Null: it is what the headers say. */
  private static @Nullable ResponseEntity<Object> refusal(ServerWebExchange http, byte[] blob) {
    if (blob.length == 0) {
      return EMPTY.answer();
    }
    for (String name : List.of(CONTENT_DIGEST, REPR_DIGEST)) {
      switch (Digests.read(header(http, name))) {
        case Digests.Said.Nothing() -> {}
        case Digests.Said.Bad() -> {
          return BAD_DIGEST.answer();
        }
        case Digests.Said.Sha256(ByteString digest) -> {
          if (!digest.equals(Digests.sha256(blob))) {
            return OTHER_DIGEST.answer();
          }
        }
      }
    }
    return null;
  }

  private static List<String> header(ServerWebExchange http, String name) {
    return http.getRequest().getHeaders().getOrEmpty(name);
  }

  private static OptionalLong number(String version) {
    return NUMBER.matcher(version).matches()
        ? OptionalLong.of(Long.parseLong(version))
        : OptionalLong.empty();
  }

  // --------------------------------------------------------------------------------------- answers

  private ResponseEntity<Object> answer(Change change) {
    return switch (change) {
      case Change.Made(Backups.Version version) ->
          ResponseEntity.created(URI.create("/v1/backups/" + version.number())).body(json(version));
      case Change.Written(ByteString digest, boolean fresh) ->
          ResponseEntity.status(fresh ? HttpStatus.CREATED : HttpStatus.NO_CONTENT)
              .eTag(Preconditions.etag(digest))
              .build();
      case Change.Deleted() -> ResponseEntity.noContent().build();
      case Change.NotFound() -> NOT_FOUND.answer();
      case Change.NotCurrent(long current) -> {
        var problem =
            Problems.of(HttpStatus.CONFLICT, "not_current", "another version is the current one");
        problem.setProperty("current", current);
        yield Problems.answer(problem);
      }
      case Change.TooManyVersions() -> TOO_MANY_VERSIONS.answer();
      case Change.Changed(@Nullable ByteString digest) -> {
        var answer = Problems.answer(CHANGED.problem());
        yield digest == null
            ? answer
            : ResponseEntity.status(answer.getStatusCode())
                .eTag(Preconditions.etag(digest))
                .body(answer.getBody());
      }
      case Change.Full(int partsMax, long bytesMax) -> {
        var problem =
            Problems.of(
                HttpStatus.INSUFFICIENT_STORAGE,
                "backup_full",
                "the account's backups would be larger than they may be");
        problem.setProperty("parts_max", partsMax);
        problem.setProperty("bytes_max", bytesMax);
        yield Problems.answer(problem);
      }
      case Change.Closed() -> CLOSED.answer();
    };
  }

  private static ResponseEntity<Object> json(Backups.Overview overview) {
    var json = new LinkedHashMap<String, Object>();
    json.put("versions", overview.versions().stream().map(BackupController::json).toList());
    json.put("devices", overview.devices().stream().map(BackupController::json).toList());
    json.put("parts", overview.parts());
    json.put("bytes", overview.bytes());
    json.put("parts_max", overview.partsMax());
    json.put("bytes_max", overview.bytesMax());
    json.put("part_bytes_max", Backups.PART_BYTES_MAX);
    return ResponseEntity.ok(json);
  }

  private static Object json(Backups.Version version) {
    var json = new LinkedHashMap<String, Object>();
    json.put("version", version.number());
    json.put("algorithm", version.algorithm());
    json.put("key_info", Base64.getEncoder().encodeToString(version.keyInfo().toByteArray()));
    json.put("device_id", version.deviceId());
    json.put("created_at", time(version.createdAt()));
    json.put("parts", version.parts());
    json.put("bytes", version.bytes());
    return json;
  }

  private static Object json(Backups.Access access) {
    var json = new LinkedHashMap<String, Object>();
    json.put("device_id", access.deviceId());
    json.put("first_at", time(access.firstAt()));
    if (access.readAt() != null) {
      json.put("read_at", time(access.readAt()));
    }
    if (access.writtenAt() != null) {
      json.put("written_at", time(access.writtenAt()));
    }
    return json;
  }

  private static Object json(List<Backups.PartInfo> parts, int partsMax) {
    var json = new LinkedHashMap<String, Object>();
    json.put(
        "parts",
        parts.stream()
            .map(
                part ->
                    Map.of(
                        "id", part.id(),
                        "etag", Preconditions.etag(part.digest()),
                        "bytes", part.size(),
                        "device_id", part.deviceId(),
                        "written_at", time(part.writtenAt())))
            .toList());
    if (parts.size() == partsMax) {
      json.put("next_after", parts.getLast().id());
    }
    return json;
  }

  private static String time(long millis) {
    return Instant.ofEpochMilli(millis).toString();
  }

  private static Mono<ResponseEntity<Object>> answer(
      CompletableFuture<ResponseEntity<Object>> answer) {
    return Mono.fromFuture(answer)
        .onErrorResume(
            failure ->
                failure instanceof UnavailableException
                    || failure.getCause() instanceof UnavailableException,
            failure -> Mono.just(UNAVAILABLE.answer()))
        .onErrorMap(
            java.util.concurrent.CompletionException.class,
            failure -> Optional.ofNullable(failure.getCause()).orElse(failure));
  }

  private record Fixed(HttpStatus status, String code, String message) {
    org.springframework.http.ProblemDetail problem() {
      return Problems.of(status, code, message);
    }

    ResponseEntity<Object> answer() {
      return Problems.answer(problem());
    }
  }

  private static final Fixed NO_DEVICE =
      new Fixed(HttpStatus.FORBIDDEN, "device_missing", "the token names no device");

  private static final Fixed NOT_FOUND =
      new Fixed(HttpStatus.NOT_FOUND, "not_found", "you have no such backup");

  private static final Fixed BAD_VERSION =
      new Fixed(
          HttpStatus.BAD_REQUEST,
          "malformed",
          "`algorithm` is 1 to 64 letters, digits, `.`, `_` or `-`, and `key_info` base64 of at"
              + " most "
              + Backups.KEY_INFO_BYTES_MAX
              + " bytes");

  private static final Fixed BAD_PART_ID =
      new Fixed(
          HttpStatus.BAD_REQUEST,
          "malformed",
          "the id of a part is 1 to 64 letters, digits, `_` or `-`");

  private static final Fixed BAD_TAGS =
      new Fixed(
          HttpStatus.BAD_REQUEST,
          "malformed",
          "`If-Match` or `If-None-Match` cannot be understood");

  private static final Fixed EMPTY =
      new Fixed(HttpStatus.BAD_REQUEST, "malformed", "a part has at least one byte");

  private static final Fixed BAD_DIGEST =
      new Fixed(HttpStatus.BAD_REQUEST, "malformed", "`Content-Digest` or `Repr-Digest` is none");

  private static final Fixed OTHER_DIGEST =
      new Fixed(HttpStatus.BAD_REQUEST, "digest_mismatch", "the body is not the one that was sent");

  private static final Fixed UNCONDITIONAL =
      new Fixed(
          HttpStatus.PRECONDITION_REQUIRED,
          "precondition_required",
          "say what is replaced: `If-Match` with its tag, or `If-None-Match: *`");

  private static final Fixed CHANGED =
      new Fixed(
          HttpStatus.PRECONDITION_FAILED,
          "precondition_failed",
          "another device wrote this part: `ETag` is what is there now, if anything is");

  private static final Fixed CODED =
      new Fixed(
          HttpStatus.UNSUPPORTED_MEDIA_TYPE,
          "unsupported_media_type",
          "a part has no content coding");

  private static final Fixed TOO_MANY_VERSIONS =
      new Fixed(
          HttpStatus.CONFLICT,
          "too_many",
          "the version before the current one is still here: delete it first");

  private static final Fixed CLOSED =
      new Fixed(HttpStatus.FORBIDDEN, "account_closed", "the account was closed");

  private static final Fixed UNAVAILABLE =
      new Fixed(HttpStatus.SERVICE_UNAVAILABLE, "unavailable", "backups cannot be reached now");
}

package dev.sallyport.gateway.device;

import com.fasterxml.jackson.annotation.JsonProperty;
import com.google.protobuf.ByteString;
import dev.sallyport.gateway.door.Admission;
import dev.sallyport.gateway.door.Caller;
import dev.sallyport.gateway.door.PolicyDoor;
import dev.sallyport.gateway.door.Problems;
import dev.sallyport.gateway.log.UnavailableException;
import dev.sallyport.gateway.mls.Base64Bytes;
import dev.sallyport.policy.value.BooleanValue;
import dev.sallyport.policy.value.RecordValue;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.springframework.http.HttpStatus;
import org.springframework.http.ProblemDetail;
import org.springframework.http.ResponseEntity;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PatchMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.PutMapping;
import org.springframework.web.bind.annotation.RequestBody;
import org.springframework.web.bind.annotation.RequestMapping;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.bind.annotation.RestController;
import reactor.core.publisher.Mono;
import reactor.util.retry.Retry;

/** A caller's own devices and their key packages over HTTP; the README has the same with curl. */
@RestController
@RequestMapping("/v1/devices")
final class DeviceController {

  private static final int UUID_CHARS = 36;

  /** The issuer rotated its key a moment ago: the look-up takes about that long. */
  private static final int KEY_TRIES = 5;

  private static final Duration KEY_WAIT = Duration.ofMillis(200);

  private final Devices devices;
  private final KeyPackages keyPackages;
  private final PolicyDoor door;

  DeviceController(Devices devices, KeyPackages keyPackages, PolicyDoor door) {
    this.devices = devices;
    this.keyPackages = keyPackages;
    this.door = door;
  }

  /** As long as the issuer lets one be. */
  private static final int NAME_CHARS_MAX = 100;

  private static final Pattern PRINTABLE = Pattern.compile("[\\P{C}]*");

  record Name(@Nullable String name) {}

  /** Names a device of the caller's, this one or another. */
  @PatchMapping("/{deviceId}")
  Mono<ResponseEntity<Object>> rename(
      Caller caller, @PathVariable String deviceId, @RequestBody Name body) {
    var refused = refusal(caller, "key.publish");
    if (refused != null) {
      return Mono.just(problem(refused));
    }
    var name = body.name() == null ? null : body.name().strip();
    if (name == null || name.length() > NAME_CHARS_MAX || !PRINTABLE.matcher(name).matches()) {
      return Mono.just(BAD_NAME.answer());
    }
    return deviceId.length() != UUID_CHARS
        ? Mono.just(NO_SUCH_DEVICE.answer())
        : answer(
            devices
                .rename(caller.userId(), deviceId, name)
                .thenApply(
                    device ->
                        device
                            .map(found -> ResponseEntity.ok(json(found, true)))
                            .orElseGet(NO_SUCH_DEVICE::answer)));
  }

  record Credential(@Nullable String credential) {}

  record NewKeyPackages(
      @JsonProperty("key_packages") @Nullable List<@Nullable String> keyPackages,
      @JsonProperty("last_resort") @Nullable String lastResort) {}

  @PutMapping("/{deviceId}")
  Mono<ResponseEntity<Object>> register(
      Caller caller, @PathVariable String deviceId, @RequestBody Credential body) {
    var refused = refusal(caller, "key.publish");
    if (refused != null) {
      return Mono.just(problem(refused));
    }
    var credential = body.credential() == null ? "" : body.credential();
    return Mono.defer(() -> Mono.fromFuture(devices.register(caller, deviceId, credential)))
        .filter(registration -> !(registration instanceof Devices.Registration.KeyUnknown))
        .switchIfEmpty(Mono.error(KeyMissing::new))
        .retryWhen(Retry.fixedDelay(KEY_TRIES, KEY_WAIT).filter(KeyMissing.class::isInstance))
        .onErrorResume(
            failure -> failure.getCause() instanceof KeyMissing,
            failure -> Mono.just(new Devices.Registration.KeyUnknown()))
        .map(DeviceController::answer)
        .onErrorResume(DeviceController::unavailable, failure -> Mono.just(UNAVAILABLE.answer()));
  }

  /** Only to try again. */
  private static final class KeyMissing extends RuntimeException {
    @java.io.Serial private static final long serialVersionUID = 1;

    KeyMissing() {
      super("the issuer's key is not here yet", null, false, false);
    }
  }

  private static ResponseEntity<Object> answer(Devices.Registration registration) {
    return switch (registration) {
      case Devices.Registration.Registered(Device device) -> ResponseEntity.ok(json(device, true));
      case Devices.Registration.Rejected(String reason) ->
          problem(Problems.of(HttpStatus.BAD_REQUEST, "invalid_credential", reason));
      case Devices.Registration.KeyUnknown() ->
          problem(
              Problems.of(
                  HttpStatus.BAD_REQUEST,
                  "invalid_credential",
                  "the issuer publishes no such key for device credentials"));
      case Devices.Registration.TooMany() ->
          problem(
              Problems.of(
                  HttpStatus.CONFLICT,
                  "too_many",
                  "a user has at most " + Devices.DEVICES_PER_USER_MAX + " devices"));
    };
  }

  /** One's own devices; those of others come with a claim, to whoever shares a room. */
  @GetMapping
  Mono<ResponseEntity<Object>> list(
      Caller caller, @RequestParam(name = "user_id", defaultValue = "") String userId) {
    if (!userId.isEmpty() && !userId.equals(caller.userId())) {
      var refused = refusal(caller, "key.claim", userId);
      if (refused != null) {
        return Mono.just(problem(refused));
      }
    }
    var of = userId.isEmpty() ? caller.userId() : userId;
    boolean own = of.equals(caller.userId());
    return answer(
        devices
            .ofUser(of)
            .thenApply(
                found ->
                    ResponseEntity.ok(
                        (Object)
                            Map.of(
                                "devices",
                                found.stream().map(device -> json(device, own)).toList()))));
  }

  @PostMapping("/{deviceId}/key-packages")
  Mono<ResponseEntity<Object>> publish(
      Caller caller, @PathVariable String deviceId, @RequestBody NewKeyPackages body) {
    var refused = refusal(caller, "key.publish");
    if (refused != null) {
      return Mono.just(problem(refused));
    }
    if (!own(caller, deviceId)) {
      return Mono.just(NO_SUCH_DEVICE.answer());
    }
    var texts = body.keyPackages() == null ? List.<@Nullable String>of() : body.keyPackages();
    if (texts.size() > KeyPackages.BATCH_MAX) {
      return Mono.just(
          problem(
              Problems.of(
                  HttpStatus.BAD_REQUEST,
                  "malformed",
                  "at most " + KeyPackages.BATCH_MAX + " key packages at once")));
    }
    var blobs = new ArrayList<ByteString>();
    for (var text : texts) {
      var blob = Base64Bytes.read(text == null ? "" : text);
      if (blob.isEmpty()) {
        return Mono.just(NOT_BASE64.answer());
      }
      blobs.add(blob.get());
    }
    ByteString lastResort = null;
    if (body.lastResort() != null) {
      lastResort = Base64Bytes.read(body.lastResort()).orElse(null);
      if (lastResort == null) {
        return Mono.just(NOT_BASE64.answer());
      }
    }
    return answer(
        keyPackages
            .publish(caller.userId(), deviceId, blobs, lastResort)
            .thenApply(
                publication ->
                    switch (publication) {
                      case KeyPackages.Publication.Published(KeyPackages.Stock stock) ->
                          ResponseEntity.ok(json(stock));
                      case KeyPackages.Publication.NoSuchDevice() -> NO_SUCH_DEVICE.answer();
                      case KeyPackages.Publication.Rejected(int index, String reason) -> {
                        var problem =
                            Problems.of(HttpStatus.BAD_REQUEST, "invalid_key_package", reason);
                        problem.setProperty("index", index);
                        yield problem(problem);
                      }
                      case KeyPackages.Publication.TooMany() ->
                          problem(
                              Problems.of(
                                  HttpStatus.CONFLICT,
                                  "too_many",
                                  "the directory holds enough of this device's key packages"));
                    }));
  }

  @GetMapping("/{deviceId}/key-packages/count")
  Mono<ResponseEntity<Object>> count(Caller caller, @PathVariable String deviceId) {
    if (deviceId.length() != UUID_CHARS) {
      return Mono.just(NO_SUCH_DEVICE.answer());
    }
    return answer(
        keyPackages
            .stock(caller.userId(), deviceId)
            .thenApply(
                stock ->
                    stock
                        .map(found -> ResponseEntity.ok(json(found)))
                        .orElseGet(NO_SUCH_DEVICE::answer)));
  }

  private static boolean own(Caller caller, String deviceId) {
    return deviceId.equals(caller.deviceId());
  }

  private @Nullable ProblemDetail refusal(Caller caller, String action) {
    return refusal(caller, action, caller.userId());
  }

  private @Nullable ProblemDetail refusal(Caller caller, String action, String owner) {
    return switch (door.decide(
        caller,
        action,
        KeyPackageEntity.ofUser(owner),
        RecordValue.of("sharesRoom", BooleanValue.of(false)))) {
      case Admission.Admitted() -> null;
      case Admission.Refused refused -> Problems.of(refused);
    };
  }

  private record Fixed(HttpStatus status, String code, String message) {
    ResponseEntity<Object> answer() {
      return problem(Problems.of(status, code, message));
    }
  }

  private static final Fixed NO_SUCH_DEVICE =
      new Fixed(HttpStatus.NOT_FOUND, "not_found", "you have no such device: register it first");

  private static final Fixed BAD_NAME =
      new Fixed(
          HttpStatus.BAD_REQUEST,
          "malformed",
          "`name` is text of at most " + NAME_CHARS_MAX + " printable characters");

  private static final Fixed NOT_BASE64 =
      new Fixed(HttpStatus.BAD_REQUEST, "malformed", "a key package is not base64");

  private static final Fixed UNAVAILABLE =
      new Fixed(HttpStatus.SERVICE_UNAVAILABLE, "unavailable", "the directory cannot be reached");

  private static ResponseEntity<Object> problem(ProblemDetail problem) {
    return ResponseEntity.status(problem.getStatus()).body(problem);
  }

  private static boolean unavailable(Throwable failure) {
    return failure instanceof UnavailableException
        || failure.getCause() instanceof UnavailableException;
  }

  private static Mono<ResponseEntity<Object>> answer(
      CompletableFuture<ResponseEntity<Object>> answer) {
    return Mono.fromFuture(answer)
        .onErrorResume(DeviceController::unavailable, failure -> Mono.just(UNAVAILABLE.answer()));
  }

  /**
   * @param own whether the one who asks owns it: others do not see what it is called
   */
  private static Object json(Device device, boolean own) {
    var json = new LinkedHashMap<String, Object>();
    json.put("device_id", device.id());
    json.put("user_id", device.userId());
    if (own && !device.name().isEmpty()) {
      json.put("name", device.name());
    }
    json.put("credential", device.credential());
    json.put(
        "credential_expires_at", Instant.ofEpochMilli(device.credentialExpiresAt()).toString());
    json.put("registered_at", Instant.ofEpochMilli(device.registeredAt()).toString());
    return json;
  }

  private static Object json(KeyPackages.Stock stock) {
    var json = new LinkedHashMap<String, Object>();
    json.put("count", stock.count());
    json.put("low", stock.low());
    json.put("low_below", KeyPackages.LOW);
    json.put("last_resort", stock.lastResort());
    return json;
  }
}

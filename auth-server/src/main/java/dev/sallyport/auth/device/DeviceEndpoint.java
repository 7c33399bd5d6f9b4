package dev.sallyport.auth.device;

import dev.sallyport.auth.signal.Actor;
import dev.sallyport.auth.token.ApiCaller;
import dev.sallyport.auth.token.ApiRule;
import dev.sallyport.auth.token.ApiRules;
import java.net.URI;
import java.util.List;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.springframework.http.CacheControl;
import org.springframework.http.HttpMethod;
import org.springframework.http.HttpStatus;
import org.springframework.http.MediaType;
import org.springframework.http.ProblemDetail;
import org.springframework.http.ResponseEntity;
import org.springframework.security.core.annotation.AuthenticationPrincipal;
import org.springframework.web.bind.annotation.DeleteMapping;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestBody;
import org.springframework.web.bind.annotation.RestController;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** A person's own devices ({@code ops/decisions/0002}). */
@RestController
class DeviceEndpoint implements ApiRules {

  private static final String SCOPE = "chat.write";
  private static final int NAME_LENGTH_MAX = 100;

  /** What a name is shown as: no control characters, no direction marks, no halves of pairs. */
  private static final Pattern NAME = Pattern.compile("[\\P{C}]+");

  record DeviceDocument(
      String device_id, String name, String created_at, String credential_expires_at) {

    static DeviceDocument of(Device device) {
      return new DeviceDocument(
          device.deviceId(),
          device.name(),
          device.createdAt().toString(),
          device.credentialExpiresAt().toString());
    }
  }

  /** As JSON. */
  record DeviceList(List<DeviceDocument> devices) {}

  private record CredentialDocument(String device_id, String credential, String expires_at) {
    @Override
    public String toString() {
      return "CredentialDocument[" + device_id + "]";
    }
  }

  private final Devices devices;
  private final DeviceProofs proofs;
  private final JsonMapper json;

  DeviceEndpoint(Devices devices, DeviceProofs proofs, JsonMapper json) {
    this.devices = devices;
    this.proofs = proofs;
    this.json = json;
  }

  @Override
  public List<ApiRule> rules() {
    return List.of(
        ApiRule.person(HttpMethod.GET, "/v1/devices", SCOPE),
        ApiRule.person(HttpMethod.POST, "/v1/devices", SCOPE),
        ApiRule.person(HttpMethod.POST, "/v1/devices/{device_id}/credential", SCOPE),
        ApiRule.person(HttpMethod.DELETE, "/v1/devices/{device_id}", SCOPE));
  }

  @GetMapping("/v1/devices")
  DeviceList list(@AuthenticationPrincipal ApiCaller caller) {
    return new DeviceList(
        devices.ofAccount(caller.sub()).stream().map(DeviceDocument::of).toList());
  }

  @PostMapping("/v1/devices")
  ResponseEntity<?> enrol(
      @AuthenticationPrincipal ApiCaller caller,
      @RequestBody(required = false) byte @Nullable [] body) {
    @Nullable JsonNode document = object(body);
    @Nullable String name = text(document, "name");
    @Nullable String proof = text(document, "proof");
    if (name == null || proof == null) {
      return problem(
          HttpStatus.BAD_REQUEST, "invalid_request", "the body needs `name` and `proof`");
    }
    if (name.length() > NAME_LENGTH_MAX || !NAME.matcher(name).matches()) {
      return problem(
          HttpStatus.BAD_REQUEST,
          "invalid_request",
          "`name` has 1 to " + NAME_LENGTH_MAX + " printable characters");
    }
    @Nullable String jkt = caller.jkt();
    if (jkt == null) {
      return unbound();
    }
    return answer(
        HttpStatus.CREATED,
        switch (proofs.check(proof, caller.tokenHash())) {
          case DeviceProofs.Check.Proven(var key) -> devices.enrol(caller.sub(), jkt, name, key);
          case DeviceProofs.Check.Refused(String detail) -> new Enrolment.ProofRefused(detail);
        });
  }

  @PostMapping("/v1/devices/{device_id}/credential")
  ResponseEntity<?> renew(
      @AuthenticationPrincipal ApiCaller caller,
      @PathVariable("device_id") String deviceId,
      @RequestBody(required = false) byte @Nullable [] body) {
    @Nullable String proof = text(object(body), "proof");
    if (proof == null) {
      return problem(HttpStatus.BAD_REQUEST, "invalid_request", "the body needs `proof`");
    }
    @Nullable String jkt = caller.jkt();
    if (jkt == null) {
      return unbound();
    }
    return answer(
        HttpStatus.OK,
        switch (proofs.check(proof, caller.tokenHash())) {
          case DeviceProofs.Check.Proven(var key) ->
              devices.renew(caller.sub(), jkt, deviceId, key);
          case DeviceProofs.Check.Refused(String detail) -> new Enrolment.ProofRefused(detail);
        });
  }

  @DeleteMapping("/v1/devices/{device_id}")
  ResponseEntity<?> revoke(
      @AuthenticationPrincipal ApiCaller caller, @PathVariable("device_id") String deviceId) {
    return devices.revoke(caller.sub(), deviceId, Actor.user(caller.sub()))
        ? ResponseEntity.noContent().build()
        : answer(HttpStatus.OK, new Enrolment.Unknown());
  }

  private static ResponseEntity<?> answer(HttpStatus success, Enrolment outcome) {
    return switch (outcome) {
      case Enrolment.Issued issued ->
          ResponseEntity.status(success)
              .cacheControl(CacheControl.noStore())
              .contentType(MediaType.APPLICATION_JSON)
              .body(
                  new CredentialDocument(
                      issued.deviceId(), issued.credential(), issued.expiresAt().toString()));
      case Enrolment.ProofRefused(String detail) ->
          problem(HttpStatus.BAD_REQUEST, "invalid_proof", detail);
      case Enrolment.TooMany(int max) ->
          problem(
              HttpStatus.CONFLICT,
              "too_many_devices",
              "the account has " + max + " devices: revoke one first");
      case Enrolment.KeyInUse _ ->
          problem(
              HttpStatus.CONFLICT,
              "key_in_use",
              "a device has this signature key: renew its credential, or make another key");
      case Enrolment.Unknown _ ->
          problem(HttpStatus.NOT_FOUND, "not_found", "the account has no such device");
      case Enrolment.OtherKey _ ->
          problem(
              HttpStatus.CONFLICT,
              "other_key",
              "the device was enrolled with another signature key: enrol a new device");
    };
  }

  private static ResponseEntity<?> unbound() {
    return problem(
        HttpStatus.FORBIDDEN,
        "token_unbound",
        "devices need an access token that is bound to a DPoP key");
  }

  private static ResponseEntity<ProblemDetail> problem(
      HttpStatus status, String code, String detail) {
    ProblemDetail problem = ProblemDetail.forStatusAndDetail(status, detail);
    problem.setType(URI.create("https://sallyport.dev/problems/" + code));
    problem.setProperty("code", code);
    return ResponseEntity.status(status)
        .contentType(MediaType.APPLICATION_PROBLEM_JSON)
        .body(problem);
  }

  private @Nullable JsonNode object(byte @Nullable [] body) {
    if (body == null) {
      return null;
    }
    try {
      JsonNode node = json.readTree(body);
      return node.isObject() ? node : null;
    } catch (JacksonException malformed) {
      return null;
    }
  }

  private static @Nullable String text(@Nullable JsonNode document, String member) {
    @Nullable JsonNode node = document == null ? null : document.get(member);
    return node != null && node.isString() ? node.stringValue() : null;
  }
}

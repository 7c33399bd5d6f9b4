package dev.sallyport.auth.admin;

import dev.sallyport.auth.policy.Inquiry.Resource;
import dev.sallyport.auth.signal.Actor;
import dev.sallyport.auth.token.ApiCaller;
import dev.sallyport.auth.token.KeyPurpose;
import dev.sallyport.auth.token.KeyRing;
import jakarta.servlet.http.HttpServletRequest;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.springframework.http.HttpHeaders;
import org.springframework.http.HttpStatus;
import org.springframework.http.MediaType;
import org.springframework.http.ResponseEntity;
import org.springframework.security.core.annotation.AuthenticationPrincipal;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestBody;
import org.springframework.web.bind.annotation.RequestHeader;
import org.springframework.web.bind.annotation.RequestMapping;
import org.springframework.web.bind.annotation.RestController;

/** {@code /v1/admin/keys}: this server's own signing keys. None ever leaves it. */
@RestController
@RequestMapping("/v1/admin/keys")
class KeyEndpoint {

  private static final String KID = "/{kid:[A-Za-z0-9_-]{1,64}}";

  private final KeyRing keys;
  private final AdminDoor door;

  KeyEndpoint(KeyRing keys, AdminDoor door) {
    this.keys = keys;
    this.door = door;
  }

  /** All that are kept; the state of them all together as {@code ETag}. */
  @GetMapping
  ResponseEntity<?> list(HttpServletRequest request, @AuthenticationPrincipal ApiCaller caller) {
    door.pass(request, caller, "signingKey.read", Resource.signingKeys());
    return shown();
  }

  /**
   * The next key of a purpose is made now, and signs once every cache of the keys has run out. The
   * old one stays published until what it signed has expired.
   */
  @PostMapping(path = "/rotate", consumes = MediaType.APPLICATION_JSON_VALUE)
  ResponseEntity<?> rotate(
      HttpServletRequest request,
      @AuthenticationPrincipal ApiCaller caller,
      @RequestHeader(name = HttpHeaders.IF_MATCH, required = false) @Nullable String ifMatch,
      @RequestBody(required = false) byte @Nullable [] body) {
    door.pass(request, caller, "signingKey.rotate", Resource.signingKeys());
    @Nullable Long expected = Precondition.expected(ifMatch);
    String purpose = JsonBody.read(body, Set.of("purpose")).requiredText("purpose");
    KeyPurpose named =
        Arrays.stream(KeyPurpose.values())
            .filter(one -> one.text().equals(purpose))
            .findAny()
            .orElseThrow(
                () ->
                    RequestRefused.badRequest(
                        "`purpose` is one of "
                            + Arrays.stream(KeyPurpose.values())
                                .map(one -> '`' + one.text() + '`')
                                .collect(Collectors.joining(", "))));
    return done(keys.rotate(named, expected, Actor.admin(caller.sub())));
  }

  /** One that signs no longer is published no longer, before its time. */
  @PostMapping(KID + "/retire")
  ResponseEntity<?> retire(
      HttpServletRequest request,
      @AuthenticationPrincipal ApiCaller caller,
      @PathVariable("kid") String kid,
      @RequestHeader(name = HttpHeaders.IF_MATCH, required = false) @Nullable String ifMatch) {
    door.pass(request, caller, "signingKey.rotate", Resource.signingKeys());
    return done(keys.retire(kid, Precondition.expected(ifMatch), Actor.admin(caller.sub())));
  }

  /**
   * For one that may be in other hands: whatever it signed is refused from now on, and where it was
   * the one that signs, another takes over at once.
   */
  @PostMapping(KID + "/revoke")
  ResponseEntity<?> revoke(
      HttpServletRequest request,
      @AuthenticationPrincipal ApiCaller caller,
      @PathVariable("kid") String kid,
      @RequestHeader(name = HttpHeaders.IF_MATCH, required = false) @Nullable String ifMatch) {
    door.pass(request, caller, "signingKey.revoke", Resource.signingKeys());
    return done(keys.revoke(kid, Precondition.expected(ifMatch), Actor.admin(caller.sub())));
  }

  private ResponseEntity<?> done(KeyRing.Change change) {
    return switch (change) {
      case KeyRing.Change.Done() -> shown();
      case KeyRing.Change.Stale() -> throw Precondition.stale("the keys were changed meanwhile");
      case KeyRing.Change.NoSuchKey() -> throw RequestRefused.notFound("key that is in use");
      case KeyRing.Change.Signing() ->
          throw new RequestRefused(
              HttpStatus.CONFLICT,
              "key_in_use",
              "this key signs, or is about to: rotate first, or revoke it");
      case KeyRing.Change.UnderWay() ->
          throw new RequestRefused(
              HttpStatus.CONFLICT, "rotation_under_way", "the next key is made already");
    };
  }

  private ResponseEntity<?> shown() {
    KeyRing.Ring ring = keys.ring();
    List<Map<String, Object>> documents = ring.keys().stream().map(KeyEndpoint::document).toList();
    return ResponseEntity.ok()
        .eTag(Precondition.tag(ring.version()))
        .body(Map.of("keys", documents));
  }

  private static Map<String, Object> document(KeyRing.Entry key) {
    Map<String, Object> document = new LinkedHashMap<>();
    document.put("kid", key.kid());
    document.put("purpose", key.purpose().text());
    document.put("alg", key.alg());
    document.put("generation", key.generation());
    document.put("state", key.state().text());
    document.put("active_from", key.activeFrom());
    document.put("published_until", key.publishedUntil());
    document.put("revoked_at", key.revokedAt());
    return document;
  }
}

package dev.sallyport.auth.admin;

import dev.sallyport.auth.client.SecurityProfile;
import dev.sallyport.auth.policy.Inquiry.Resource;
import dev.sallyport.auth.registration.InitialAccessTokens;
import dev.sallyport.auth.signal.Actor;
import dev.sallyport.auth.token.ApiCaller;
import jakarta.servlet.http.HttpServletRequest;
import java.net.URI;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.springframework.http.CacheControl;
import org.springframework.http.MediaType;
import org.springframework.http.ResponseEntity;
import org.springframework.security.core.annotation.AuthenticationPrincipal;
import org.springframework.web.bind.annotation.DeleteMapping;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestBody;
import org.springframework.web.bind.annotation.RequestMapping;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.bind.annotation.RestController;

/**
 * {@code /v1/admin/registration-tokens}: tokens with which clients may register themselves. They do
 * not change: one is made, and revoked.
 */
@RestController
@RequestMapping("/v1/admin/registration-tokens")
class RegistrationTokenEndpoint {

  private static final int PAGE_MAX = 200;

  private final InitialAccessTokens tokens;
  private final AdminDoor door;

  RegistrationTokenEndpoint(InitialAccessTokens tokens, AdminDoor door) {
    this.tokens = tokens;
    this.door = door;
  }

  /** One page, the oldest first. */
  @GetMapping
  Map<String, Object> list(
      HttpServletRequest request,
      @AuthenticationPrincipal ApiCaller caller,
      @RequestParam(name = "after", defaultValue = "") String after,
      @RequestParam(name = "limit", defaultValue = "50") String limit) {
    door.pass(request, caller, "client.list", Resource.directory());
    int count = (int) Texts.number("limit", limit, 1, PAGE_MAX);
    List<InitialAccessTokens.Entry> page = tokens.page(Texts.parameter("after", after), count);
    Map<String, Object> document = new LinkedHashMap<>();
    document.put("tokens", page.stream().map(RegistrationTokenEndpoint::document).toList());
    document.put("next", page.size() < count ? null : page.getLast().id());
    return document;
  }

  /** The answer holds the token: shown nowhere else and never again. */
  @PostMapping(consumes = MediaType.APPLICATION_JSON_VALUE)
  ResponseEntity<?> make(
      HttpServletRequest request,
      @AuthenticationPrincipal ApiCaller caller,
      @RequestBody(required = false) byte @Nullable [] body) {
    door.pass(request, caller, "client.create", Resource.directory());
    JsonBody json = JsonBody.read(body, Set.of("note", "profiles", "uses_max", "expires_in"));
    Set<SecurityProfile> profiles =
        json.names("profiles").orElse(Set.of(SecurityProfile.WEB.text())).stream()
            .map(
                name ->
                    SecurityProfile.named(name)
                        .orElseThrow(
                            () ->
                                RequestRefused.badRequest(
                                    "`profiles` are of `chat`, `fapi2`, `web`")))
            .collect(Collectors.toSet());
    if (profiles.isEmpty()) {
      throw RequestRefused.badRequest("`profiles` must name one");
    }
    InitialAccessTokens.Made made =
        tokens.make(
            json.textUpTo("note", InitialAccessTokens.NOTE_LENGTH_MAX),
            profiles,
            (int) json.number("uses_max", 1, 1, InitialAccessTokens.USES_MAX),
            Duration.ofSeconds(
                json.number(
                    "expires_in",
                    Duration.ofDays(1).toSeconds(),
                    1,
                    InitialAccessTokens.LIFE_MAX.toSeconds())),
            Actor.admin(caller.sub()));
    Map<String, Object> document = document(made.entry());
    document.put("initial_access_token", made.token());
    return ResponseEntity.created(URI.create("/v1/admin/registration-tokens/" + made.entry().id()))
        .cacheControl(CacheControl.noStore())
        .body(document);
  }

  /** Clients that registered with it stay. */
  @DeleteMapping("/{id:" + Texts.UUID + "}")
  ResponseEntity<?> revoke(
      HttpServletRequest request,
      @AuthenticationPrincipal ApiCaller caller,
      @PathVariable("id") String id) {
    door.pass(request, caller, "client.create", Resource.directory());
    if (!tokens.revoke(id, Actor.admin(caller.sub()))) {
      throw RequestRefused.notFound("live registration token");
    }
    return ResponseEntity.noContent().build();
  }

  private static Map<String, Object> document(InitialAccessTokens.Entry entry) {
    Map<String, Object> document = new LinkedHashMap<>();
    document.put("id", entry.id());
    document.put("note", entry.note());
    document.put(
        "profiles",
        entry.profiles().stream()
            .map(SecurityProfile::text)
            .collect(Collectors.toCollection(TreeSet::new)));
    document.put("uses_max", entry.usesMax());
    document.put("uses", entry.uses());
    document.put("created_at", entry.createdAt());
    document.put("expires_at", entry.expiresAt());
    document.put("revoked_at", entry.revokedAt());
    return document;
  }
}

package dev.sallyport.auth.admin;

import dev.sallyport.auth.client.Client;
import dev.sallyport.auth.client.ClientDocument;
import dev.sallyport.auth.client.ClientDocument.Author;
import dev.sallyport.auth.client.ClientOrigin;
import dev.sallyport.auth.client.ClientRegistry;
import dev.sallyport.auth.client.Registration;
import dev.sallyport.auth.policy.Inquiry.Resource;
import dev.sallyport.auth.registration.SectorIdentifiers;
import dev.sallyport.auth.signal.Actor;
import dev.sallyport.auth.token.ApiCaller;
import dev.sallyport.auth.vault.RandomIds;
import jakarta.servlet.http.HttpServletRequest;
import java.net.URI;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.springframework.http.CacheControl;
import org.springframework.http.HttpHeaders;
import org.springframework.http.HttpStatus;
import org.springframework.http.MediaType;
import org.springframework.http.ResponseEntity;
import org.springframework.security.core.annotation.AuthenticationPrincipal;
import org.springframework.web.bind.annotation.DeleteMapping;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.PutMapping;
import org.springframework.web.bind.annotation.RequestBody;
import org.springframework.web.bind.annotation.RequestHeader;
import org.springframework.web.bind.annotation.RequestMapping;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.bind.annotation.RestController;

/**
 * {@code /v1/admin/clients}: OAuth clients. Those of this server's own and of its settings are
 * shown and not changed.
 */
@RestController
@RequestMapping("/v1/admin/clients")
class ClientEndpoint {

  private static final String ID = "/{id:[A-Za-z0-9._~-]{1,100}}";
  private static final String METADATA = "metadata";
  private static final int PAGE_MAX = 200;

  private final ClientRegistry registry;
  private final SectorIdentifiers sectors;
  private final RandomIds ids;
  private final AdminDoor door;

  ClientEndpoint(
      ClientRegistry registry, SectorIdentifiers sectors, RandomIds ids, AdminDoor door) {
    this.registry = registry;
    this.sectors = sectors;
    this.ids = ids;
    this.door = door;
  }

  /** One page by id. */
  @GetMapping
  Map<String, Object> list(
      HttpServletRequest request,
      @AuthenticationPrincipal ApiCaller caller,
      @RequestParam(name = "after", defaultValue = "") String after,
      @RequestParam(name = "limit", defaultValue = "50") String limit) {
    door.pass(request, caller, "client.list", Resource.directory());
    int count = (int) Texts.number("limit", limit, 1, PAGE_MAX);
    List<ClientRegistry.Entry> page = registry.page(Texts.parameter("after", after), count);
    Map<String, Object> document = new LinkedHashMap<>();
    document.put("clients", page.stream().map(ClientEndpoint::document).toList());
    document.put("next", page.size() < count ? null : page.getLast().client().clientId());
    return document;
  }

  /** The answer holds the secret, where there is one: shown nowhere else and never again. */
  @PostMapping(consumes = MediaType.APPLICATION_JSON_VALUE)
  ResponseEntity<?> create(
      HttpServletRequest request,
      @AuthenticationPrincipal ApiCaller caller,
      @RequestBody(required = false) byte @Nullable [] body) {
    door.pass(request, caller, "client.create", Resource.directory());
    JsonBody json = JsonBody.read(body, Set.of("client_id", METADATA));
    Client client = read(json.text("client_id").orElseGet(ids::uuid7), json);
    return switch (registry.register(
        client, ClientOrigin.REGISTERED, Actor.admin(caller.sub()), null)) {
      case Registration.Rejected(List<Registration.Problem> problems) -> throw rejected(problems);
      case Registration.Registered(Client made, String secret) -> {
        ClientRegistry.Entry entry = registry.entry(made.clientId()).orElseThrow();
        yield ResponseEntity.created(URI.create("/v1/admin/clients/" + made.clientId()))
            .eTag(Precondition.tag(entry.version()))
            .cacheControl(CacheControl.noStore())
            .body(document(entry, secret));
      }
    };
  }

  @GetMapping(ID)
  ResponseEntity<?> client(
      HttpServletRequest request,
      @AuthenticationPrincipal ApiCaller caller,
      @PathVariable("id") String id) {
    return shown(passed(request, caller, "client.read", id), null);
  }

  /** Replaces all that is said of it; the secret stays while it is needed. */
  @PutMapping(path = ID, consumes = MediaType.APPLICATION_JSON_VALUE)
  ResponseEntity<?> change(
      HttpServletRequest request,
      @AuthenticationPrincipal ApiCaller caller,
      @PathVariable("id") String id,
      @RequestHeader(name = HttpHeaders.IF_MATCH, required = false) @Nullable String ifMatch,
      @RequestBody(required = false) byte @Nullable [] body) {
    passed(request, caller, "client.write", id);
    @Nullable Long expected = Precondition.expected(ifMatch);
    Client client = read(id, JsonBody.read(body, Set.of(METADATA)));
    return outcome(registry.change(client, expected, Actor.admin(caller.sub()), null));
  }

  /** The old secret opens nothing from now on. */
  @PostMapping(ID + "/secret")
  ResponseEntity<?> rotateSecret(
      HttpServletRequest request,
      @AuthenticationPrincipal ApiCaller caller,
      @PathVariable("id") String id,
      @RequestHeader(name = HttpHeaders.IF_MATCH, required = false) @Nullable String ifMatch) {
    passed(request, caller, "client.write", id);
    @Nullable Long expected = Precondition.expected(ifMatch);
    return outcome(registry.rotateSecret(id, expected, Actor.admin(caller.sub())));
  }

  /** With all that it was given. */
  @DeleteMapping(ID)
  ResponseEntity<?> remove(
      HttpServletRequest request,
      @AuthenticationPrincipal ApiCaller caller,
      @PathVariable("id") String id,
      @RequestHeader(name = HttpHeaders.IF_MATCH, required = false) @Nullable String ifMatch) {
    passed(request, caller, "client.write", id);
    @Nullable Long expected = Precondition.expected(ifMatch);
    outcome(registry.remove(id, expected, Actor.admin(caller.sub())));
    return ResponseEntity.noContent().build();
  }

  private ClientRegistry.Entry passed(
      HttpServletRequest request, ApiCaller caller, String action, String id) {
    Optional<ClientRegistry.Entry> entry = registry.entry(id);
    String profile = entry.map(found -> found.client().profile().text()).orElse("");
    door.pass(request, caller, action, Resource.client(id, profile));
    return entry.orElseThrow(() -> RequestRefused.notFound("client"));
  }

  private Client read(String id, JsonBody json) {
    Map<String, Object> metadata = json.object(METADATA, ClientDocument.members());
    return switch (ClientDocument.read(id, metadata, Author.ADMIN)) {
      case ClientDocument.Reading.Malformed(List<Registration.Problem> problems) ->
          throw rejected(problems);
      case ClientDocument.Reading.Read(Client client) -> {
        List<Registration.Problem> problems = registry.check(client);
        if (problems.isEmpty()) {
          problems = sectors.check(client).stream().toList();
        }
        if (!problems.isEmpty()) {
          throw rejected(problems);
        }
        yield client;
      }
    };
  }

  private static ResponseEntity<?> outcome(ClientRegistry.Change change) {
    return switch (change) {
      case ClientRegistry.Change.Changed(ClientRegistry.Entry entry, String secret) ->
          shown(entry, secret);
      case ClientRegistry.Change.Rejected(List<Registration.Problem> problems) ->
          throw rejected(problems);
      case ClientRegistry.Change.Gone _ -> throw RequestRefused.notFound("client");
      case ClientRegistry.Change.Stale _ ->
          throw Precondition.stale("the client was changed meanwhile");
      case ClientRegistry.Change.Fixed _ ->
          throw new RequestRefused(
              HttpStatus.CONFLICT,
              "configured_client",
              "the settings are the truth for this client, or the server itself is");
    };
  }

  private static RequestRefused rejected(List<Registration.Problem> problems) {
    Registration.Problem first = problems.getFirst();
    return new RequestRefused(
            HttpStatus.BAD_REQUEST,
            "invalid_client_metadata",
            "`" + first.field() + "` " + first.message())
        .with(
            "problems",
            problems.stream()
                .map(problem -> Map.of("code", problem.field(), "message", problem.message()))
                .toList());
  }

  private static ResponseEntity<?> shown(ClientRegistry.Entry entry, @Nullable String secret) {
    return ResponseEntity.ok()
        .eTag(Precondition.tag(entry.version()))
        .cacheControl(CacheControl.noStore())
        .body(document(entry, secret));
  }

  private static Map<String, Object> document(ClientRegistry.Entry entry) {
    return document(entry, null);
  }

  private static Map<String, Object> document(ClientRegistry.Entry entry, @Nullable String secret) {
    Map<String, Object> document = new LinkedHashMap<>();
    document.put("client_id", entry.client().clientId());
    document.put("origin", entry.origin().text());
    document.put("version", entry.version());
    document.put("created_at", entry.createdAt());
    if (secret != null) {
      document.put("client_secret", secret);
    }
    document.put(METADATA, ClientDocument.write(entry.client(), Author.ADMIN));
    return document;
  }
}

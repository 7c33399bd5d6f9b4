package dev.sallyport.auth.registration;

import dev.sallyport.auth.client.Client;
import dev.sallyport.auth.client.ClientDocument;
import dev.sallyport.auth.client.ClientDocument.Author;
import dev.sallyport.auth.client.ClientOrigin;
import dev.sallyport.auth.client.ClientRegistry;
import dev.sallyport.auth.client.Clients;
import dev.sallyport.auth.client.Registration;
import dev.sallyport.auth.limit.Buckets;
import dev.sallyport.auth.limit.Network;
import dev.sallyport.auth.limit.RateLimits;
import dev.sallyport.auth.signal.Actor;
import dev.sallyport.auth.token.ApiRule;
import dev.sallyport.auth.token.ApiRules;
import dev.sallyport.auth.token.IssuerSettings;
import dev.sallyport.auth.vault.RandomIds;
import jakarta.servlet.http.HttpServletRequest;
import java.time.Duration;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.springframework.http.CacheControl;
import org.springframework.http.HttpHeaders;
import org.springframework.http.HttpMethod;
import org.springframework.http.HttpStatus;
import org.springframework.http.MediaType;
import org.springframework.http.ResponseEntity;
import org.springframework.transaction.support.TransactionTemplate;
import org.springframework.web.bind.annotation.DeleteMapping;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.PutMapping;
import org.springframework.web.bind.annotation.RequestBody;
import org.springframework.web.bind.annotation.RestController;

/**
 * The client registration endpoint (RFC 7591 §3, OpenID Connect Dynamic Client Registration 1.0 §3)
 * and the client configuration endpoint (RFC 7592 §2). Whatever it is told that it does not know,
 * it ignores; what it registered, the answer says.
 */
@RestController
class RegistrationEndpoint implements ApiRules {

  /** As Spring's part has it. */
  static final String PATH = "/connect/register";

  /** A JWK set of its greatest length, and the rest. */
  private static final int BODY_BYTES_MAX = 128 * 1024;

  private static final String ONE = PATH + "/{client_id}";
  private static final String TOKEN_PREFIX = "sallyport-rat-";
  private static final int TOKEN_BYTES = 32;
  private static final int TOKEN_LENGTH_MAX = 256;

  private final ClientRegistry registry;
  private final Clients clients;
  private final InitialAccessTokens tokens;
  private final SectorIdentifiers sectors;
  private final RegistrationSettings settings;
  private final IssuerSettings issuer;
  private final RandomIds ids;
  private final TransactionTemplate transaction;
  private final Buckets buckets;

  RegistrationEndpoint(
      ClientRegistry registry,
      Clients clients,
      InitialAccessTokens tokens,
      SectorIdentifiers sectors,
      RegistrationSettings settings,
      IssuerSettings issuer,
      RandomIds ids,
      TransactionTemplate transaction,
      RateLimits limits) {
    this.registry = registry;
    this.clients = clients;
    this.tokens = tokens;
    this.sectors = sectors;
    this.settings = settings;
    this.issuer = issuer;
    this.ids = ids;
    this.transaction = transaction;
    this.buckets = limits.buckets("registration", settings.burst(), settings.perMinute());
  }

  /** Who may do it is looked at here: their tokens are of another kind than those of the API. */
  @Override
  public List<ApiRule> rules() {
    return List.of(
        ApiRule.open(HttpMethod.POST, PATH).bodyUpTo(BODY_BYTES_MAX),
        ApiRule.open(HttpMethod.GET, ONE),
        ApiRule.open(HttpMethod.PUT, ONE).bodyUpTo(BODY_BYTES_MAX),
        ApiRule.open(HttpMethod.DELETE, ONE));
  }

  /** Ends a request, and rolls back what it did. */
  private static final class Refused extends RuntimeException {
    private static final long serialVersionUID = 1;
    private final transient ResponseEntity<?> answer;

    private Refused(ResponseEntity<?> answer) {
      super(null, null, false, false);
      this.answer = answer;
    }
  }

  @PostMapping(PATH)
  ResponseEntity<?> register(
      HttpServletRequest request, @RequestBody(required = false) byte @Nullable [] body) {
    try {
      admit(request);
      InitialAccessTokens.@Nullable Entry token = initialToken(request);
      String clientId = ids.uuid7();
      Client client = read(clientId, json(body));
      if (token != null && !token.profiles().contains(client.profile())) {
        throw metadata(
            ClientDocument.PROFILE,
            "`" + client.profile().text() + "` is not for this initial access token");
      }
      String registrationToken = TOKEN_PREFIX + ids.base64url(TOKEN_BYTES);
      Registration.Registered registered =
          Objects.requireNonNull(
              transaction.execute(_ -> register(client, token, registrationToken)));
      return answer(
          HttpStatus.CREATED,
          registry.entry(clientId).orElseThrow(),
          registered.secret(),
          registrationToken);
    } catch (Refused refused) {
      return refused.answer;
    }
  }

  private Registration.Registered register(
      Client client, InitialAccessTokens.@Nullable Entry token, String registrationToken) {
    if (token != null && !tokens.take(token.id())) {
      throw unauthorized();
    }
    if (registry.count(ClientOrigin.DYNAMIC) >= settings.clientsMax()) {
      throw new Refused(
          error(
              HttpStatus.SERVICE_UNAVAILABLE,
              "temporarily_unavailable",
              "there are as many clients as this server takes"));
    }
    return switch (registry.register(
        client, ClientOrigin.DYNAMIC, Actor.policy(client.clientId()), registrationToken)) {
      case Registration.Registered registered -> registered;
      case Registration.Rejected(List<Registration.Problem> problems) -> throw rejected(problems);
    };
  }

  @GetMapping(ONE)
  ResponseEntity<?> read(HttpServletRequest request, @PathVariable("client_id") String clientId) {
    try {
      admit(request);
      String token = presented(request);
      return answer(HttpStatus.OK, own(clientId, token), null, token);
    } catch (Refused refused) {
      return refused.answer;
    }
  }

  /** Replaces all of it: what is not said is as if it had never been (RFC 7592 §2.2). */
  @PutMapping(ONE)
  ResponseEntity<?> change(
      HttpServletRequest request,
      @PathVariable("client_id") String clientId,
      @RequestBody(required = false) byte @Nullable [] body) {
    try {
      admit(request);
      ClientRegistry.Entry before = own(clientId, presented(request));
      Map<String, Object> json = json(body);
      checkIdentity(json, before.client());
      json.putIfAbsent(ClientDocument.PROFILE, before.client().profile().text());
      Client client = read(clientId, json);
      if (client.profile() != before.client().profile()) {
        throw metadata(ClientDocument.PROFILE, "is for good");
      }
      String registrationToken = TOKEN_PREFIX + ids.base64url(TOKEN_BYTES);
      return switch (registry.change(
          client, before.version(), Actor.policy(clientId), registrationToken)) {
        case ClientRegistry.Change.Changed(ClientRegistry.Entry entry, String secret) ->
            answer(HttpStatus.OK, entry, secret, registrationToken);
        case ClientRegistry.Change.Rejected(List<Registration.Problem> problems) ->
            throw rejected(problems);
        // with the token of before, which is none any more
        case ClientRegistry.Change.Stale _,
            ClientRegistry.Change.Gone _,
            ClientRegistry.Change.Fixed _ ->
            throw unauthorized();
      };
    } catch (Refused refused) {
      return refused.answer;
    }
  }

  /** RFC 7592 §2.2: who it is must be said, and what this server gave must not be. */
  private void checkIdentity(Map<String, Object> json, Client client) {
    for (String name :
        List.of(
            "registration_access_token",
            "registration_client_uri",
            "client_secret_expires_at",
            "client_id_issued_at")) {
      if (json.containsKey(name)) {
        throw invalid("`" + name + "` is not to be sent");
      }
    }
    if (!client.clientId().equals(json.get("client_id"))) {
      throw invalid("`client_id` must be the client's");
    }
    Object secret = json.get("client_secret");
    if (secret != null
        && !(secret instanceof String text && clients.secretMatches(client.clientId(), text))) {
      throw invalid("`client_secret` must be the client's, or left out");
    }
  }

  @DeleteMapping(ONE)
  ResponseEntity<?> remove(HttpServletRequest request, @PathVariable("client_id") String clientId) {
    try {
      admit(request);
      ClientRegistry.Entry own = own(clientId, presented(request));
      return switch (registry.remove(clientId, own.version(), Actor.policy(clientId))) {
        case ClientRegistry.Change.Changed _ ->
            ResponseEntity.noContent().cacheControl(CacheControl.noStore()).build();
        case ClientRegistry.Change.Stale _,
            ClientRegistry.Change.Gone _,
            ClientRegistry.Change.Fixed _,
            ClientRegistry.Change.Rejected _ ->
            throw unauthorized();
      };
    } catch (Refused refused) {
      return refused.answer;
    }
  }

  private void admit(HttpServletRequest request) {
    Optional<Duration> wait = buckets.take(Network.of(request.getRemoteAddr()));
    if (wait.isPresent()) {
      throw new Refused(
          ResponseEntity.status(HttpStatus.TOO_MANY_REQUESTS)
              .header(
                  HttpHeaders.RETRY_AFTER, Long.toString(wait.get().plusMillis(999).toSeconds()))
              .contentType(MediaType.APPLICATION_JSON)
              .cacheControl(CacheControl.noStore())
              .body(
                  Map.of(
                      "error", "temporarily_unavailable",
                      "error_description", "too many requests")));
    }
  }

  /** Null where none is needed, and none was sent. */
  private InitialAccessTokens.@Nullable Entry initialToken(HttpServletRequest request) {
    if (settings.open() && request.getHeader(HttpHeaders.AUTHORIZATION) == null) {
      return null;
    }
    return tokens.live(presented(request)).orElseThrow(RegistrationEndpoint::unauthorized);
  }

  private ClientRegistry.Entry own(String clientId, String token) {
    return registry
        .byRegistrationToken(clientId, token)
        .orElseThrow(RegistrationEndpoint::unauthorized);
  }

  /** A bearer token (RFC 6750 §2.1). */
  private static String presented(HttpServletRequest request) {
    List<String> headers = Collections.list(request.getHeaders(HttpHeaders.AUTHORIZATION));
    if (headers.size() != 1
        || !headers.getFirst().regionMatches(true, 0, "Bearer ", 0, 7)
        || headers.getFirst().length() > TOKEN_LENGTH_MAX) {
      throw unauthorized();
    }
    return headers.getFirst().substring(7).strip();
  }

  private static Map<String, Object> json(byte @Nullable [] body) {
    return Json.object(body)
        .orElseThrow(
            () ->
                new Refused(
                    error(
                        HttpStatus.BAD_REQUEST,
                        "invalid_client_metadata",
                        "the body must be a JSON object, each name once")));
  }

  private Client read(String clientId, Map<String, Object> json) {
    return switch (ClientDocument.read(clientId, json, Author.CLIENT)) {
      case ClientDocument.Reading.Malformed(List<Registration.Problem> problems) ->
          throw rejected(problems);
      case ClientDocument.Reading.Read(Client client) -> {
        // before anything of it is called
        List<Registration.Problem> problems = registry.check(client);
        if (!problems.isEmpty()) {
          throw rejected(problems);
        }
        sectors
            .check(client)
            .ifPresent(
                problem -> {
                  throw rejected(List.of(problem));
                });
        yield client;
      }
    };
  }

  private ResponseEntity<?> answer(
      HttpStatus status,
      ClientRegistry.Entry entry,
      @Nullable String secret,
      String registrationToken) {
    Client client = entry.client();
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("client_id", client.clientId());
    json.put("client_id_issued_at", entry.createdAt().getEpochSecond());
    if (secret != null) {
      json.put("client_secret", secret);
    }
    if (client.authentication().secret()) {
      // never
      json.put("client_secret_expires_at", 0);
    }
    json.put("registration_access_token", registrationToken);
    json.put("registration_client_uri", issuer.url(PATH + "/" + client.clientId()));
    json.putAll(ClientDocument.write(client, Author.CLIENT));
    return ResponseEntity.status(status)
        .contentType(MediaType.APPLICATION_JSON)
        .cacheControl(CacheControl.noStore())
        .body(json);
  }

  private static Refused metadata(String field, String message) {
    return rejected(List.of(new Registration.Problem(field, message)));
  }

  private static Refused rejected(List<Registration.Problem> problems) {
    Registration.Problem first = problems.getFirst();
    return new Refused(
        error(
            HttpStatus.BAD_REQUEST,
            first.field().equals("redirect_uris")
                ? "invalid_redirect_uri"
                : "invalid_client_metadata",
            "`" + first.field() + "` " + first.message()));
  }

  private static Refused invalid(String description) {
    return new Refused(error(HttpStatus.BAD_REQUEST, "invalid_request", description));
  }

  private static Refused unauthorized() {
    return new Refused(
        ResponseEntity.status(HttpStatus.UNAUTHORIZED)
            .header(HttpHeaders.WWW_AUTHENTICATE, "Bearer error=\"invalid_token\"")
            .contentType(MediaType.APPLICATION_JSON)
            .cacheControl(CacheControl.noStore())
            .body(
                Map.of(
                    "error",
                    "invalid_token",
                    "error_description",
                    "this needs the token that an administrator or this endpoint gave for it")));
  }

  private static ResponseEntity<?> error(HttpStatus status, String error, String description) {
    Map<String, Object> body = new LinkedHashMap<>();
    body.put("error", error);
    body.put("error_description", description);
    return ResponseEntity.status(status)
        .contentType(MediaType.APPLICATION_JSON)
        .cacheControl(CacheControl.noStore())
        .body(body);
  }
}

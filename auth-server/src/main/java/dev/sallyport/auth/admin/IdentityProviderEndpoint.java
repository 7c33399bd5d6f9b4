package dev.sallyport.auth.admin;

import dev.sallyport.auth.federation.IdentityProvider;
import dev.sallyport.auth.federation.ProviderDocument;
import dev.sallyport.auth.federation.ProviderTrial;
import dev.sallyport.auth.federation.Providers;
import dev.sallyport.auth.policy.Inquiry.Resource;
import dev.sallyport.auth.signal.Actor;
import dev.sallyport.auth.token.ApiCaller;
import jakarta.servlet.http.HttpServletRequest;
import java.net.URI;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
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

/** {@code /v1/admin/identity-providers}: with whom people may sign in, and what that is worth. */
@RestController
@RequestMapping("/v1/admin/identity-providers")
class IdentityProviderEndpoint {

  private static final String ID = "/{id:[a-z0-9][a-z0-9-]{0,63}}";

  private final Providers providers;
  private final ProviderTrial trial;
  private final AdminDoor door;

  IdentityProviderEndpoint(Providers providers, ProviderTrial trial, AdminDoor door) {
    this.providers = providers;
    this.trial = trial;
    this.door = door;
  }

  @GetMapping
  Map<String, Object> list(
      HttpServletRequest request,
      @AuthenticationPrincipal ApiCaller caller,
      @RequestParam(name = "after", defaultValue = "") String after,
      @RequestParam(name = "limit", defaultValue = "50") String limit) {
    door.pass(request, caller, "idp.read", Resource.identityProviders());
    int count = (int) Texts.number("limit", limit, 1, Providers.PAGE_MAX);
    List<IdentityProvider> page = providers.page(Texts.parameter("after", after), count);
    Map<String, Object> document = new LinkedHashMap<>();
    document.put("identity_providers", page.stream().map(this::document).toList());
    document.put("next", page.size() < count ? null : page.getLast().id());
    return document;
  }

  @PostMapping(consumes = MediaType.APPLICATION_JSON_VALUE)
  ResponseEntity<?> create(
      HttpServletRequest request,
      @AuthenticationPrincipal ApiCaller caller,
      @RequestBody(required = false) byte @Nullable [] body) {
    door.pass(request, caller, "idp.write", Resource.identityProviders());
    IdentityProvider made =
        done(providers.create(read(body).provider(), Actor.admin(caller.sub())));
    return ResponseEntity.created(URI.create("/v1/admin/identity-providers/" + made.id()))
        .eTag(Precondition.tag(made.version()))
        .body(document(made));
  }

  @GetMapping(ID)
  ResponseEntity<?> provider(
      HttpServletRequest request,
      @AuthenticationPrincipal ApiCaller caller,
      @PathVariable("id") String id) {
    door.pass(request, caller, "idp.read", Resource.identityProviders());
    return shown(found(id));
  }

  /** Describes it anew, whole; a secret that is not named stays as it is. */
  @PutMapping(path = ID, consumes = MediaType.APPLICATION_JSON_VALUE)
  ResponseEntity<?> replace(
      HttpServletRequest request,
      @AuthenticationPrincipal ApiCaller caller,
      @PathVariable("id") String id,
      @RequestHeader(name = HttpHeaders.IF_MATCH, required = false) @Nullable String ifMatch,
      @RequestBody(required = false) byte @Nullable [] body) {
    door.pass(request, caller, "idp.write", Resource.identityProviders());
    @Nullable Long expected = Precondition.expected(ifMatch);
    ProviderDocument.Reading.Read wanted = read(body);
    if (!wanted.provider().id().equals(id)) {
      throw RequestRefused.badRequest("`id` is not the one of the URL: it never changes");
    }
    return shown(
        done(
            providers.replace(
                wanted.provider(), wanted.secretNamed(), expected, Actor.admin(caller.sub()))));
  }

  /** Whoever signed in with it is signed out; its links are gone. */
  @DeleteMapping(ID)
  ResponseEntity<?> remove(
      HttpServletRequest request,
      @AuthenticationPrincipal ApiCaller caller,
      @PathVariable("id") String id,
      @RequestHeader(name = HttpHeaders.IF_MATCH, required = false) @Nullable String ifMatch) {
    door.pass(request, caller, "idp.write", Resource.identityProviders());
    done(providers.remove(id, Precondition.expected(ifMatch), Actor.admin(caller.sub())));
    return ResponseEntity.noContent().build();
  }

  /** Asks the provider for its metadata now: does what is described here fit? */
  @PostMapping(ID + "/check")
  Map<String, Object> check(
      HttpServletRequest request,
      @AuthenticationPrincipal ApiCaller caller,
      @PathVariable("id") String id) {
    door.pass(request, caller, "idp.write", Resource.identityProviders());
    Map<String, Object> document = new LinkedHashMap<>();
    String problem = trial.problem(found(id)).orElse(null);
    document.put("usable", problem == null);
    document.put("problem", problem);
    return document;
  }

  private IdentityProvider found(String id) {
    return providers.find(id).orElseThrow(() -> RequestRefused.notFound("identity provider"));
  }

  private static ProviderDocument.Reading.Read read(byte @Nullable [] body) {
    return switch (ProviderDocument.read(JsonBody.read(body, ProviderDocument.MEMBERS).node())) {
      case ProviderDocument.Reading.Read read -> read;
      case ProviderDocument.Reading.Faulty(String message) ->
          throw RequestRefused.badRequest(message);
    };
  }

  private ResponseEntity<?> shown(IdentityProvider provider) {
    return ResponseEntity.ok().eTag(Precondition.tag(provider.version())).body(document(provider));
  }

  /** With what is to be registered at the provider. */
  private Map<String, Object> document(IdentityProvider provider) {
    Map<String, Object> document = ProviderDocument.shown(provider);
    document.put("redirect_uri", trial.redirectUri(provider));
    document.put("backchannel_logout_uri", trial.backchannelLogoutUri(provider));
    return document;
  }

  private static IdentityProvider done(Providers.Change change) {
    return switch (change) {
      case Providers.Change.Done(IdentityProvider provider) -> provider;
      case Providers.Change.NoSuchProvider() -> throw RequestRefused.notFound("identity provider");
      case Providers.Change.Stale() ->
          throw Precondition.stale("the identity provider was changed meanwhile");
      case Providers.Change.IdTaken() ->
          throw new RequestRefused(
              HttpStatus.CONFLICT, "id_taken", "there is an identity provider of that id");
      case Providers.Change.ReadOnly() ->
          throw new RequestRefused(
              HttpStatus.CONFLICT,
              "read_only",
              "this identity provider is one of the settings, `sallyport.idps`: change it there");
      case Providers.Change.TooMany(int max) ->
          throw new RequestRefused(
              HttpStatus.CONFLICT, "too_many", "there are at most " + max + " identity providers");
      case Providers.Change.SecretMissing() ->
          throw RequestRefused.badRequest(
              "`client_secret` is missing: the one that is kept is not sent elsewhere than it was"
                  + " given for");
    };
  }
}

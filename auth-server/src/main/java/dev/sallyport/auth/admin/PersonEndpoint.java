package dev.sallyport.auth.admin;

import dev.sallyport.auth.account.Accounts;
import dev.sallyport.auth.person.CardChange;
import dev.sallyport.auth.person.PersonCard;
import dev.sallyport.auth.person.PersonCards;
import dev.sallyport.auth.policy.Inquiry.Resource;
import dev.sallyport.auth.signal.Actor;
import dev.sallyport.auth.token.ApiCaller;
import jakarta.servlet.http.HttpServletRequest;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.springframework.http.HttpHeaders;
import org.springframework.http.MediaType;
import org.springframework.http.ResponseEntity;
import org.springframework.security.core.annotation.AuthenticationPrincipal;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PutMapping;
import org.springframework.web.bind.annotation.RequestBody;
import org.springframework.web.bind.annotation.RequestHeader;
import org.springframework.web.bind.annotation.RequestMapping;
import org.springframework.web.bind.annotation.RestController;

/** {@code /v1/admin/accounts/{id}/person}: what applications may be told of someone. */
@RestController
@RequestMapping("/v1/admin/accounts" + AccountEndpoint.ID + "/person")
class PersonEndpoint {

  private final PersonCards cards;
  private final Accounts accounts;
  private final AdminDoor door;

  PersonEndpoint(PersonCards cards, Accounts accounts, AdminDoor door) {
    this.cards = cards;
    this.accounts = accounts;
    this.door = door;
  }

  @GetMapping
  ResponseEntity<?> card(
      HttpServletRequest request,
      @AuthenticationPrincipal ApiCaller caller,
      @PathVariable("id") String id) {
    door.pass(request, caller, "account.read", Resource.account(id));
    if (accounts.byId(id).isEmpty()) {
      throw RequestRefused.notFound("account");
    }
    return shown(cards.of(id));
  }

  /** Replaces it, whole. */
  @PutMapping(consumes = MediaType.APPLICATION_JSON_VALUE)
  ResponseEntity<?> replace(
      HttpServletRequest request,
      @AuthenticationPrincipal ApiCaller caller,
      @PathVariable("id") String id,
      @RequestHeader(name = HttpHeaders.IF_MATCH, required = false) @Nullable String ifMatch,
      @RequestBody(required = false) byte @Nullable [] body) {
    door.mayChange(door.pass(request, caller, "account.write", Resource.account(id)), id);
    Long expected = Precondition.expected(ifMatch);
    Map<String, Object> claims = JsonBody.read(body, PersonCards.CLAIMS).values();
    return switch (cards.replace(id, claims, expected, Actor.admin(caller.sub()))) {
      case CardChange.Changed(PersonCard card) -> shown(card);
      case CardChange.NoSuchAccount() -> throw RequestRefused.notFound("account");
      case CardChange.Stale() -> throw Precondition.stale("it was changed meanwhile");
      case CardChange.NotPermitted(String message) -> throw RequestRefused.badRequest(message);
    };
  }

  private static ResponseEntity<?> shown(PersonCard card) {
    Map<String, Object> document = new LinkedHashMap<>(new TreeMap<>(card.claims()));
    return ResponseEntity.ok().eTag(Precondition.tag(card.version())).body(document);
  }
}

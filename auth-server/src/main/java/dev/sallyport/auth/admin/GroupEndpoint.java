package dev.sallyport.auth.admin;

import dev.sallyport.auth.account.Memberships;
import dev.sallyport.auth.account.Memberships.Regrouping;
import dev.sallyport.auth.policy.Inquiry;
import dev.sallyport.auth.policy.Inquiry.Resource;
import dev.sallyport.auth.policy.Policies;
import dev.sallyport.auth.signal.Actor;
import dev.sallyport.auth.token.ApiCaller;
import jakarta.servlet.http.HttpServletRequest;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.springframework.http.HttpHeaders;
import org.springframework.http.HttpStatus;
import org.springframework.http.MediaType;
import org.springframework.http.ResponseEntity;
import org.springframework.security.core.annotation.AuthenticationPrincipal;
import org.springframework.transaction.PlatformTransactionManager;
import org.springframework.transaction.support.TransactionTemplate;
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

/** {@code /v1/admin/groups}: which there are, who is in them; another name for one, or its end. */
@RestController
@RequestMapping("/v1/admin/groups")
class GroupEndpoint {

  private static final String ID = "/{id:" + Texts.NAME_ID + "}";
  private static final String MEMBER = ID + "/members/{account_id:" + Texts.UUID + "}";

  private final MembershipEndpoint groups;
  private final Memberships memberships;
  private final AdminDoor door;
  private final TransactionTemplate transaction;

  GroupEndpoint(
      Memberships memberships,
      Policies policies,
      AdminDoor door,
      PlatformTransactionManager transactions) {
    this.groups =
        new MembershipEndpoint(Memberships.Kind.GROUP, memberships, policies, door, transactions);
    this.memberships = memberships;
    this.door = door;
    this.transaction = new TransactionTemplate(transactions);
  }

  @GetMapping
  Map<String, Object> list(
      HttpServletRequest request,
      @AuthenticationPrincipal ApiCaller caller,
      @RequestParam(name = "after", defaultValue = "") String after,
      @RequestParam(name = "limit", defaultValue = "50") String limit) {
    return groups.list(request, caller, after, limit);
  }

  @GetMapping(ID)
  ResponseEntity<?> group(
      HttpServletRequest request,
      @AuthenticationPrincipal ApiCaller caller,
      @PathVariable("id") String id) {
    return groups.one(request, caller, id);
  }

  @GetMapping(ID + "/members")
  Map<String, Object> members(
      HttpServletRequest request,
      @AuthenticationPrincipal ApiCaller caller,
      @PathVariable("id") String id,
      @RequestParam(name = "after", defaultValue = "") String after,
      @RequestParam(name = "limit", defaultValue = "50") String limit) {
    return groups.members(request, caller, id, after, limit);
  }

  @PutMapping(MEMBER)
  ResponseEntity<?> add(
      HttpServletRequest request,
      @AuthenticationPrincipal ApiCaller caller,
      @PathVariable("id") String id,
      @PathVariable("account_id") String accountId,
      @RequestHeader(name = HttpHeaders.IF_MATCH, required = false) @Nullable String ifMatch) {
    return groups.change(request, caller, id, accountId, ifMatch, true);
  }

  @DeleteMapping(MEMBER)
  ResponseEntity<?> remove(
      HttpServletRequest request,
      @AuthenticationPrincipal ApiCaller caller,
      @PathVariable("id") String id,
      @PathVariable("account_id") String accountId,
      @RequestHeader(name = HttpHeaders.IF_MATCH, required = false) @Nullable String ifMatch) {
    return groups.change(request, caller, id, accountId, ifMatch, false);
  }

  /**
   * All members are in a group of another name instead. Policies that name the old one say nothing
   * about them any longer.
   */
  @PostMapping(path = ID + "/rename", consumes = MediaType.APPLICATION_JSON_VALUE)
  ResponseEntity<?> rename(
      HttpServletRequest request,
      @AuthenticationPrincipal ApiCaller caller,
      @PathVariable("id") String id,
      @RequestHeader(name = HttpHeaders.IF_MATCH, required = false) @Nullable String ifMatch,
      @RequestBody(required = false) byte @Nullable [] body) {
    String from = Texts.nameOfId("id", id);
    Inquiry asking = door.pass(request, caller, "group.write", Resource.group(from));
    @Nullable String expected = Precondition.expectedState(ifMatch);
    String to = Texts.parameter("name", JsonBody.read(body, Set.of("name")).requiredText("name"));
    door.pass(request, caller, "group.write", Resource.group(to));
    transaction.executeWithoutResult(
        _ ->
            done(
                memberships.rename(
                    from,
                    to,
                    expected,
                    Actor.admin(caller.sub()),
                    (before, after) -> door.changed(asking, before, after))));
    return groups.one(request, caller, Texts.idOfName(to));
  }

  /** Nobody is in it any longer; the accounts stay. */
  @DeleteMapping(ID)
  ResponseEntity<?> end(
      HttpServletRequest request,
      @AuthenticationPrincipal ApiCaller caller,
      @PathVariable("id") String id,
      @RequestHeader(name = HttpHeaders.IF_MATCH, required = false) @Nullable String ifMatch) {
    String name = Texts.nameOfId("id", id);
    Inquiry asking = door.pass(request, caller, "group.write", Resource.group(name));
    @Nullable String expected = Precondition.expectedState(ifMatch);
    transaction.executeWithoutResult(
        _ ->
            done(
                memberships.end(
                    name,
                    expected,
                    Actor.admin(caller.sub()),
                    (before, after) -> door.changed(asking, before, after))));
    return ResponseEntity.noContent().build();
  }

  /** Thrown within the transaction, so that nothing of it stays. */
  private void done(Regrouping regrouping) {
    switch (regrouping) {
      case Regrouping.Done _ -> {}
      case Regrouping.Stale() -> throw Precondition.stale("its members were changed meanwhile");
      case Regrouping.NoSuchGroup() -> throw groups.notFound();
      case Regrouping.NameTaken() ->
          throw new RequestRefused(
              HttpStatus.CONFLICT, "name_taken", "there is a group of that name");
      case Regrouping.TooMany() ->
          throw new RequestRefused(
              HttpStatus.CONFLICT,
              "too_many",
              "more than "
                  + Memberships.CHANGED_AT_ONCE_MAX
                  + " accounts are in it: change them one by one");
      case Regrouping.NotPermitted(String message) -> throw RequestRefused.badRequest(message);
    }
  }
}

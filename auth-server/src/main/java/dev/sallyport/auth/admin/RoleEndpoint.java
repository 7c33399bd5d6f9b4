package dev.sallyport.auth.admin;

import dev.sallyport.auth.account.Memberships;
import dev.sallyport.auth.policy.Policies;
import dev.sallyport.auth.token.ApiCaller;
import jakarta.servlet.http.HttpServletRequest;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.springframework.http.HttpHeaders;
import org.springframework.http.ResponseEntity;
import org.springframework.security.core.annotation.AuthenticationPrincipal;
import org.springframework.transaction.PlatformTransactionManager;
import org.springframework.web.bind.annotation.DeleteMapping;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PutMapping;
import org.springframework.web.bind.annotation.RequestHeader;
import org.springframework.web.bind.annotation.RequestMapping;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.bind.annotation.RestController;

/** {@code /v1/admin/roles}: which there are, who has them. */
@RestController
@RequestMapping("/v1/admin/roles")
class RoleEndpoint {

  private static final String ID = "/{id:" + Texts.NAME_ID + "}";
  private static final String MEMBER = ID + "/members/{account_id:" + Texts.UUID + "}";

  private final MembershipEndpoint roles;

  RoleEndpoint(
      Memberships memberships,
      Policies policies,
      AdminDoor door,
      PlatformTransactionManager transactions) {
    this.roles =
        new MembershipEndpoint(Memberships.Kind.ROLE, memberships, policies, door, transactions);
  }

  @GetMapping
  Map<String, Object> list(
      HttpServletRequest request,
      @AuthenticationPrincipal ApiCaller caller,
      @RequestParam(name = "after", defaultValue = "") String after,
      @RequestParam(name = "limit", defaultValue = "50") String limit) {
    return roles.list(request, caller, after, limit);
  }

  @GetMapping(ID)
  ResponseEntity<?> role(
      HttpServletRequest request,
      @AuthenticationPrincipal ApiCaller caller,
      @PathVariable("id") String id) {
    return roles.one(request, caller, id);
  }

  @GetMapping(ID + "/members")
  Map<String, Object> members(
      HttpServletRequest request,
      @AuthenticationPrincipal ApiCaller caller,
      @PathVariable("id") String id,
      @RequestParam(name = "after", defaultValue = "") String after,
      @RequestParam(name = "limit", defaultValue = "50") String limit) {
    return roles.members(request, caller, id, after, limit);
  }

  @PutMapping(MEMBER)
  ResponseEntity<?> assign(
      HttpServletRequest request,
      @AuthenticationPrincipal ApiCaller caller,
      @PathVariable("id") String id,
      @PathVariable("account_id") String accountId,
      @RequestHeader(name = HttpHeaders.IF_MATCH, required = false) @Nullable String ifMatch) {
    return roles.change(request, caller, id, accountId, ifMatch, true);
  }

  @DeleteMapping(MEMBER)
  ResponseEntity<?> revoke(
      HttpServletRequest request,
      @AuthenticationPrincipal ApiCaller caller,
      @PathVariable("id") String id,
      @PathVariable("account_id") String accountId,
      @RequestHeader(name = HttpHeaders.IF_MATCH, required = false) @Nullable String ifMatch) {
    return roles.change(request, caller, id, accountId, ifMatch, false);
  }
}

package dev.sallyport.auth.admin;

import dev.sallyport.auth.account.Accounts;
import dev.sallyport.auth.policy.Inquiry.Resource;
import dev.sallyport.auth.session.Sessions;
import dev.sallyport.auth.signal.Actor;
import dev.sallyport.auth.token.ApiCaller;
import jakarta.servlet.http.HttpServletRequest;
import java.util.Map;
import org.springframework.http.ResponseEntity;
import org.springframework.security.core.annotation.AuthenticationPrincipal;
import org.springframework.web.bind.annotation.DeleteMapping;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.RequestMapping;
import org.springframework.web.bind.annotation.RestController;

/** The sign-in sessions of an account. */
@RestController
@RequestMapping("/v1/admin/accounts" + AccountEndpoint.ID + "/sessions")
class SessionEndpoint {

  private final Accounts accounts;
  private final Sessions sessions;
  private final AdminDoor door;

  SessionEndpoint(Accounts accounts, Sessions sessions, AdminDoor door) {
    this.accounts = accounts;
    this.sessions = sessions;
    this.door = door;
  }

  @GetMapping
  Map<String, Object> list(
      HttpServletRequest request,
      @AuthenticationPrincipal ApiCaller caller,
      @PathVariable("id") String id) {
    door.pass(request, caller, "account.read", Resource.account(id));
    requireAccount(id);
    return Map.of(
        "sessions", sessions.ofAccount(id).stream().map(AccountDocuments::session).toList());
  }

  /** Open sockets of the session close within a second. */
  @DeleteMapping("/{sid:" + Texts.SID + "}")
  ResponseEntity<?> revoke(
      HttpServletRequest request,
      @AuthenticationPrincipal ApiCaller caller,
      @PathVariable("id") String id,
      @PathVariable("sid") String sid) {
    door.pass(request, caller, "session.revoke", Resource.account(id));
    boolean ofAccount =
        sessions.live(sid).filter(session -> session.accountId().equals(id)).isPresent();
    if (!ofAccount || !sessions.revoke(sid, Actor.admin(caller.sub()))) {
      throw RequestRefused.notFound("live session of this account");
    }
    return ResponseEntity.noContent().build();
  }

  /** All of them, and with them every token issued so far. */
  @DeleteMapping
  ResponseEntity<?> revokeAll(
      HttpServletRequest request,
      @AuthenticationPrincipal ApiCaller caller,
      @PathVariable("id") String id) {
    door.pass(request, caller, "session.revoke", Resource.account(id));
    requireAccount(id);
    sessions.revokeAll(id, Actor.admin(caller.sub()));
    return ResponseEntity.noContent().build();
  }

  private void requireAccount(String id) {
    if (accounts.byId(id).isEmpty()) {
      throw RequestRefused.notFound("account");
    }
  }
}

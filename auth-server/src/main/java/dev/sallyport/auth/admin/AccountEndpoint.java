package dev.sallyport.auth.admin;

import dev.sallyport.auth.account.Account;
import dev.sallyport.auth.account.Accounts;
import dev.sallyport.auth.account.ClaimsChange;
import dev.sallyport.auth.account.Creation;
import dev.sallyport.auth.account.NewAccount;
import dev.sallyport.auth.passkey.Passkeys;
import dev.sallyport.auth.password.Passwords;
import dev.sallyport.auth.policy.Inquiry;
import dev.sallyport.auth.policy.Inquiry.Resource;
import dev.sallyport.auth.recovery.Recovery;
import dev.sallyport.auth.sentcode.SentCodes;
import dev.sallyport.auth.signal.Actor;
import dev.sallyport.auth.token.ApiCaller;
import dev.sallyport.auth.totp.SecondFactor;
import jakarta.servlet.http.HttpServletRequest;
import java.net.URI;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.springframework.dao.DataIntegrityViolationException;
import org.springframework.http.CacheControl;
import org.springframework.http.HttpHeaders;
import org.springframework.http.HttpStatus;
import org.springframework.http.MediaType;
import org.springframework.http.ResponseEntity;
import org.springframework.security.core.annotation.AuthenticationPrincipal;
import org.springframework.transaction.PlatformTransactionManager;
import org.springframework.transaction.support.TransactionTemplate;
import org.springframework.web.bind.annotation.DeleteMapping;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PatchMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestBody;
import org.springframework.web.bind.annotation.RequestHeader;
import org.springframework.web.bind.annotation.RequestMapping;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.bind.annotation.RestController;

/** {@code /v1/admin/accounts}: people, and what admins say about them. */
@RestController
@RequestMapping("/v1/admin/accounts")
class AccountEndpoint {

  static final String ID = "/{id:" + Texts.UUID + "}";

  private static final Set<String> NEW =
      Set.of("username", "display_name", "email", "roles", "groups", "attributes", "invite");
  private static final Set<String> CLAIMS = Set.of("roles", "groups", "attributes");
  private static final int TEXT_CHARS_MAX = 255;

  /** More than an account can have; each is asked about. */
  private static final int NAMES_MAX = 64;

  private final Accounts accounts;
  private final Passwords passwords;
  private final SecondFactor secondFactor;
  private final Passkeys passkeys;
  private final SentCodes sentCodes;
  private final Recovery recovery;
  private final AdminDoor door;
  private final TransactionTemplate transaction;

  AccountEndpoint(
      Accounts accounts,
      Passwords passwords,
      SecondFactor secondFactor,
      Passkeys passkeys,
      SentCodes sentCodes,
      Recovery recovery,
      AdminDoor door,
      PlatformTransactionManager transactions) {
    this.accounts = accounts;
    this.passwords = passwords;
    this.secondFactor = secondFactor;
    this.passkeys = passkeys;
    this.sentCodes = sentCodes;
    this.recovery = recovery;
    this.door = door;
    this.transaction = new TransactionTemplate(transactions);
  }

  /** One page by username, or the one account of {@code username}. */
  @GetMapping
  Map<String, Object> list(
      HttpServletRequest request,
      @AuthenticationPrincipal ApiCaller caller,
      @RequestParam(name = "username", required = false) @Nullable String username,
      @RequestParam(name = "after", defaultValue = "") String after,
      @RequestParam(name = "limit", defaultValue = "50") String limit) {
    door.pass(request, caller, "account.list", Resource.directory());
    int count = (int) Texts.number("limit", limit, 1, Accounts.PAGE_MAX);
    List<Account> page =
        username != null
            ? accounts.byUsername(Texts.parameter("username", username)).stream().toList()
            : accounts.page(Texts.parameter("after", after), count);
    Map<String, Object> document = new LinkedHashMap<>();
    document.put("accounts", page.stream().map(AccountDocuments::account).toList());
    document.put(
        "next", username != null || page.size() < count ? null : page.getLast().username());
    return document;
  }

  /**
   * The answer holds a one-time password, shown nowhere else and never again; or the new owner is
   * sent a link to choose the first one.
   */
  @PostMapping(consumes = MediaType.APPLICATION_JSON_VALUE)
  ResponseEntity<?> create(
      HttpServletRequest request,
      @AuthenticationPrincipal ApiCaller caller,
      @RequestBody(required = false) byte @Nullable [] body) {
    Inquiry asking = door.pass(request, caller, "account.create", Resource.directory());
    JsonBody json = JsonBody.read(body, NEW);
    String username = json.requiredText("username");
    boolean invite = json.flag("invite");
    if (invite) {
      requireMail(json.text("email").orElse(null));
    }
    String displayName = json.textUpTo("display_name", TEXT_CHARS_MAX);
    Set<String> roles = json.names("roles").orElse(Set.of());
    Set<String> groups = json.names("groups").orElse(Set.of());
    passEach(request, caller, "role.assign", roles, Resource::role);
    passEach(request, caller, "group.add", groups, Resource::group);
    Account made =
        create(
            new NewAccount(
                username,
                displayName.isBlank() ? username : displayName,
                json.text("email").orElse(null),
                roles,
                groups,
                json.attributes("attributes").orElse(Map.of())),
            asking);
    // in a transaction of its own: hashing takes long. Cut off here, the account has no password,
    // and the admin asks for another one, or another invitation.
    Map<String, Object> document = AccountDocuments.account(made);
    if (invite) {
      recovery.invite(made, Actor.admin(caller.sub()));
    } else {
      document.put("one_time_password", passwords.giveOneTime(made.id()));
    }
    return ResponseEntity.created(URI.create("/v1/admin/accounts/" + made.id()))
        .eTag(Precondition.tag(made.version()))
        .cacheControl(CacheControl.noStore())
        .body(document);
  }

  /** For someone whose invitation was lost or is too old. */
  @PostMapping(ID + "/invitation")
  ResponseEntity<?> inviteAgain(
      HttpServletRequest request,
      @AuthenticationPrincipal ApiCaller caller,
      @PathVariable("id") String id) {
    door.mayChange(door.pass(request, caller, "account.write", Resource.account(id)), id);
    Account account = found(accounts.byId(id));
    requireMail(account.email());
    if (passwords.changedAt(id).isPresent()) {
      throw new RequestRefused(
          HttpStatus.CONFLICT, "has_password", "there is a password already: nobody to invite");
    }
    recovery.invite(account, Actor.admin(caller.sub()));
    return ResponseEntity.noContent().build();
  }

  private void requireMail(@Nullable String email) {
    if (!recovery.on()) {
      throw new RequestRefused(
          HttpStatus.CONFLICT, "mail_off", "this installation sends no mail: see `sallyport.mail`");
    }
    if (email == null) {
      throw RequestRefused.badRequest("an invitation needs an `email`");
    }
  }

  private Account create(NewAccount wanted, Inquiry asking) {
    try {
      return Objects.requireNonNull(
          transaction.execute(
              _ ->
                  switch (accounts.create(wanted, Actor.admin(asking.accountId()))) {
                    case Creation.Created(Account account) -> {
                      door.changed(asking, account, account);
                      yield account;
                    }
                    case Creation.UsernameTaken() -> throw taken();
                    case Creation.NotPermitted(String message) ->
                        throw RequestRefused.badRequest(message);
                  }));
    } catch (DataIntegrityViolationException e) {
      // two asked for the same username at the same time
      throw taken();
    }
  }

  private void passEach(
      HttpServletRequest request,
      ApiCaller caller,
      String action,
      Set<String> names,
      Function<String, Resource> resource) {
    if (names.size() > NAMES_MAX) {
      throw RequestRefused.badRequest("at most " + NAMES_MAX + " roles and groups each");
    }
    for (String name : names) {
      door.pass(request, caller, action, resource.apply(Texts.parameter("name", name)));
    }
  }

  private static RequestRefused taken() {
    return new RequestRefused(
        HttpStatus.CONFLICT, "username_taken", "there is an account of that username");
  }

  @GetMapping(ID)
  ResponseEntity<?> account(
      HttpServletRequest request,
      @AuthenticationPrincipal ApiCaller caller,
      @PathVariable("id") String id) {
    door.pass(request, caller, "account.read", Resource.account(id));
    return shown(accounts.byId(id));
  }

  /** Replaces what is named, each whole; what is not named stays. */
  @PatchMapping(path = ID, consumes = MediaType.APPLICATION_JSON_VALUE)
  ResponseEntity<?> changeClaims(
      HttpServletRequest request,
      @AuthenticationPrincipal ApiCaller caller,
      @PathVariable("id") String id,
      @RequestHeader(name = HttpHeaders.IF_MATCH, required = false) @Nullable String ifMatch,
      @RequestBody(required = false) byte @Nullable [] body) {
    Inquiry asking = door.pass(request, caller, "account.write", Resource.account(id));
    @Nullable Long expected = Precondition.expected(ifMatch);
    JsonBody json = JsonBody.read(body, CLAIMS);
    // asked before the transaction, so that refusals are recorded: of the account as it is by then
    Account before = door.mayChange(asking, id);
    if (expected != null && expected != before.version()) {
      throw stale();
    }
    Set<String> roles = json.names("roles").orElse(before.roles());
    Set<String> groups = json.names("groups").orElse(before.groups());
    passEach(request, caller, "role.assign", without(roles, before.roles()), Resource::role);
    passEach(request, caller, "role.revoke", without(before.roles(), roles), Resource::role);
    passEach(request, caller, "group.add", without(groups, before.groups()), Resource::group);
    passEach(request, caller, "group.remove", without(before.groups(), groups), Resource::group);
    Map<String, Object> attributes = json.attributes("attributes").orElse(before.attributes());
    Account after =
        Objects.requireNonNull(
            transaction.execute(_ -> changeClaims(before, roles, groups, attributes, asking)));
    return shown(Optional.of(after));
  }

  private Account changeClaims(
      Account before,
      Set<String> roles,
      Set<String> groups,
      Map<String, Object> attributes,
      Inquiry asking) {
    if (found(accounts.lock(before.id())).version() != before.version()) {
      throw stale();
    }
    ClaimsChange change =
        accounts.changeClaims(before.id(), roles, groups, attributes, asking.accountId());
    return switch (change) {
      case ClaimsChange.Changed(Account account) -> {
        door.changed(asking, before, account);
        yield account;
      }
      case ClaimsChange.Unchanged(Account account) -> account;
      case ClaimsChange.NoSuchAccount() -> throw RequestRefused.notFound("account");
      case ClaimsChange.NotPermitted(String message) -> throw RequestRefused.badRequest(message);
    };
  }

  private static RequestRefused stale() {
    return Precondition.stale("the account was changed meanwhile");
  }

  private static Set<String> without(Set<String> names, Set<String> others) {
    Set<String> left = new TreeSet<>(names);
    left.removeAll(others);
    return left;
  }

  /** For good: what is known of its owner is erased. */
  @DeleteMapping(ID)
  ResponseEntity<?> close(
      HttpServletRequest request,
      @AuthenticationPrincipal ApiCaller caller,
      @PathVariable("id") String id) {
    door.mayChange(door.pass(request, caller, "account.write", Resource.account(id)), id);
    if (id.equals(caller.sub())) {
      throw new RequestRefused(
          HttpStatus.CONFLICT, "locks_out_admin", "nobody closes their own account here");
    }
    if (!accounts.close(id, Actor.admin(caller.sub()))) {
      throw RequestRefused.notFound("account that is not closed");
    }
    return ResponseEntity.noContent().build();
  }

  /** Ends all its sessions, too. */
  @PostMapping(ID + "/suspend")
  ResponseEntity<?> suspend(
      HttpServletRequest request,
      @AuthenticationPrincipal ApiCaller caller,
      @PathVariable("id") String id) {
    door.mayChange(door.pass(request, caller, "account.write", Resource.account(id)), id);
    if (id.equals(caller.sub())) {
      throw new RequestRefused(
          HttpStatus.CONFLICT, "locks_out_admin", "nobody suspends their own account");
    }
    return shown(accounts.suspend(id, caller.sub()));
  }

  @PostMapping(ID + "/restore")
  ResponseEntity<?> restore(
      HttpServletRequest request,
      @AuthenticationPrincipal ApiCaller caller,
      @PathVariable("id") String id) {
    door.mayChange(door.pass(request, caller, "account.write", Resource.account(id)), id);
    return shown(accounts.restore(id, caller.sub()));
  }

  /**
   * For someone who lost theirs, or has it shared with a thief: what they had before opens nothing
   * any longer, and whoever is signed in is signed out.
   */
  @PostMapping(ID + "/one-time-password")
  ResponseEntity<?> oneTimePassword(
      HttpServletRequest request,
      @AuthenticationPrincipal ApiCaller caller,
      @PathVariable("id") String id) {
    door.mayChange(door.pass(request, caller, "account.write", Resource.account(id)), id);
    Account account = found(accounts.byId(id));
    return ResponseEntity.ok()
        .cacheControl(CacheControl.noStore())
        .body(
            Map.of("one_time_password", passwords.reset(account.id(), Actor.admin(caller.sub()))));
  }

  /**
   * For someone who lost authenticator, recovery codes, passkeys and phone: the next sign-in sets
   * up a new one. Whoever is signed in is signed out, and the owner is told.
   */
  @PostMapping(ID + "/second-factor-reset")
  ResponseEntity<?> resetSecondFactor(
      HttpServletRequest request,
      @AuthenticationPrincipal ApiCaller caller,
      @PathVariable("id") String id) {
    door.mayChange(door.pass(request, caller, "account.write", Resource.account(id)), id);
    if (id.equals(caller.sub())) {
      throw new RequestRefused(
          HttpStatus.CONFLICT,
          "locks_out_admin",
          "nobody resets their own second factor here: the account page replaces it");
    }
    Account account = found(accounts.byId(id));
    Actor actor = Actor.admin(caller.sub());
    boolean reset =
        Boolean.TRUE.equals(
            transaction.execute(
                _ -> {
                  accounts.lock(account.id());
                  boolean keys = passkeys.removeAll(account.id(), actor);
                  boolean others = sentCodes.removeAll(account.id(), actor) || keys;
                  if (secondFactor.reset(account.id(), actor)) {
                    return true;
                  }
                  if (others) {
                    secondFactor.forgetRecoveryCodes(account.id(), actor);
                    accounts.endSessions(account.id(), actor);
                  }
                  return others;
                }));
    if (!reset) {
      throw new RequestRefused(
          HttpStatus.CONFLICT, "no_second_factor", "there is none to be reset");
    }
    return shown(accounts.byId(id));
  }

  private static ResponseEntity<?> shown(Optional<Account> account) {
    Account found = found(account);
    return ResponseEntity.ok()
        .eTag(Precondition.tag(found.version()))
        .body(AccountDocuments.account(found));
  }

  private static Account found(Optional<Account> account) {
    return account.orElseThrow(() -> RequestRefused.notFound("account"));
  }
}

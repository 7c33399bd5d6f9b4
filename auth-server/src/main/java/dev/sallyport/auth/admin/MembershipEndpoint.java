package dev.sallyport.auth.admin;

import dev.sallyport.auth.account.Account;
import dev.sallyport.auth.account.ClaimsChange;
import dev.sallyport.auth.account.Memberships;
import dev.sallyport.auth.account.Memberships.Kind;
import dev.sallyport.auth.policy.Inquiry;
import dev.sallyport.auth.policy.Inquiry.Resource;
import dev.sallyport.auth.policy.Policies;
import dev.sallyport.auth.signal.Actor;
import dev.sallyport.auth.token.ApiCaller;
import jakarta.servlet.http.HttpServletRequest;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.springframework.http.ResponseEntity;
import org.springframework.transaction.PlatformTransactionManager;
import org.springframework.transaction.support.TransactionTemplate;

/**
 * What roles and groups have in common: they are names that accounts have, or that the policies in
 * force know, and a name stands in a URL as its base64url.
 */
final class MembershipEndpoint {

  private final Kind kind;
  private final Memberships memberships;
  private final Policies policies;
  private final AdminDoor door;
  private final TransactionTemplate transaction;

  MembershipEndpoint(
      Kind kind,
      Memberships memberships,
      Policies policies,
      AdminDoor door,
      PlatformTransactionManager transactions) {
    this.kind = kind;
    this.memberships = memberships;
    this.policies = policies;
    this.door = door;
    this.transaction = new TransactionTemplate(transactions);
  }

  private record Listed(String name, long members, Policies.@Nullable Managed managed) {}

  private String plural() {
    return kind == Kind.ROLE ? "roles" : "groups";
  }

  private String action(String what) {
    return (kind == Kind.ROLE ? "role." : "group.") + what;
  }

  Resource resource(String name) {
    return kind == Kind.ROLE ? Resource.role(name) : Resource.group(name);
  }

  Map<String, Object> list(
      HttpServletRequest request, ApiCaller caller, String after, String limit) {
    door.pass(request, caller, action("list"), Resource.directory());
    int count = (int) Texts.number("limit", limit, 1, Memberships.PAGE_MAX);
    String last = after.isEmpty() ? "" : Texts.nameOfId("after", after);
    List<Listed> page = all().tailMap(last, last.isEmpty()).values().stream().limit(count).toList();
    Map<String, Object> document = new LinkedHashMap<>();
    document.put(plural(), page.stream().map(MembershipEndpoint::document).toList());
    document.put("next", page.size() < count ? null : Texts.idOfName(page.getLast().name()));
    return document;
  }

  private TreeMap<String, Listed> all() {
    TreeMap<String, Listed> all = new TreeMap<>();
    for (Policies.Managed managed : policies.managed(kind == Kind.ROLE ? "Role" : "Group")) {
      all.put(managed.name(), new Listed(managed.name(), 0, managed));
    }
    for (Memberships.InUse used : memberships.inUse(kind)) {
      Listed known = all.get(used.name());
      all.put(
          used.name(),
          new Listed(used.name(), used.members(), known == null ? null : known.managed()));
    }
    return all;
  }

  /** One, with its state as {@code ETag} where it is a group that someone is in. */
  ResponseEntity<?> one(HttpServletRequest request, ApiCaller caller, String id) {
    String name = Texts.nameOfId("id", id);
    door.pass(request, caller, action("read"), resource(name));
    String state = kind == Kind.GROUP ? memberships.state(name).orElse(null) : null;
    Listed listed = all().get(name);
    if (listed == null) {
      throw notFound();
    }
    ResponseEntity.BodyBuilder answer = ResponseEntity.ok();
    if (state != null) {
      answer.eTag('"' + state + '"');
    }
    return answer.body(document(listed));
  }

  Map<String, Object> members(
      HttpServletRequest request, ApiCaller caller, String id, String after, String limit) {
    String name = Texts.nameOfId("id", id);
    door.pass(request, caller, action("read"), resource(name));
    int count = (int) Texts.number("limit", limit, 1, Memberships.PAGE_MAX);
    List<Account> page = memberships.members(kind, name, Texts.parameter("after", after), count);
    Map<String, Object> document = new LinkedHashMap<>();
    document.put("accounts", page.stream().map(AccountDocuments::account).toList());
    document.put("next", page.size() < count ? null : page.getLast().username());
    return document;
  }

  /**
   * Gives it to an account or takes it away. Needs no {@code If-Match}: it says what is to be, and
   * touches nothing else; where there is one it names the account's version.
   */
  ResponseEntity<?> change(
      HttpServletRequest request,
      ApiCaller caller,
      String id,
      String accountId,
      @Nullable String ifMatch,
      boolean member) {
    String name = Texts.nameOfId("id", id);
    Inquiry asking =
        door.pass(
            request,
            caller,
            kind == Kind.ROLE
                ? (member ? "role.assign" : "role.revoke")
                : (member ? "group.add" : "group.remove"),
            resource(name));
    door.pass(request, caller, "account.write", Resource.account(accountId));
    @Nullable Long expected = ifMatch == null ? null : Precondition.expected(ifMatch);
    Account after =
        Objects.requireNonNull(
            transaction.execute(_ -> change(asking, accountId, name, expected, member)));
    return ResponseEntity.ok()
        .eTag(Precondition.tag(after.version()))
        .body(AccountDocuments.account(after));
  }

  private Account change(
      Inquiry asking, String accountId, String name, @Nullable Long expected, boolean member) {
    Account before = door.mayChangeLocked(asking, accountId);
    if (expected != null && expected != before.version()) {
      throw Precondition.stale("the account was changed meanwhile");
    }
    return switch (memberships.change(
        kind, accountId, name, member, Actor.admin(asking.accountId()))) {
      case ClaimsChange.Changed(Account account) -> {
        door.changed(asking, before, account);
        yield account;
      }
      case ClaimsChange.Unchanged(Account account) -> account;
      case ClaimsChange.NoSuchAccount() -> throw RequestRefused.notFound("account");
      case ClaimsChange.NotPermitted(String message) -> throw RequestRefused.badRequest(message);
    };
  }

  RequestRefused notFound() {
    return RequestRefused.notFound(kind == Kind.ROLE ? "role" : "group");
  }

  private static Map<String, Object> document(Listed listed) {
    Policies.Managed managed = listed.managed();
    Map<String, Object> document = new LinkedHashMap<>();
    document.put("id", Texts.idOfName(listed.name()));
    document.put("name", listed.name());
    document.put("members", listed.members());
    document.put("in_policies", managed != null);
    document.put("parents", managed == null ? List.of() : managed.parents());
    return document;
  }
}

package dev.sallyport.auth.grant;

import com.nimbusds.jose.util.JSONObjectUtils;
import dev.sallyport.auth.account.Account;
import dev.sallyport.auth.account.Accounts;
import dev.sallyport.auth.client.Client;
import dev.sallyport.auth.client.Clients;
import dev.sallyport.auth.client.Scopes;
import dev.sallyport.auth.client.Subjects;
import dev.sallyport.auth.token.ApiCaller;
import dev.sallyport.auth.token.ApiRule;
import dev.sallyport.auth.token.ApiRules;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.springframework.http.CacheControl;
import org.springframework.http.HttpMethod;
import org.springframework.http.MediaType;
import org.springframework.http.ResponseEntity;
import org.springframework.security.core.annotation.AuthenticationPrincipal;
import org.springframework.web.bind.annotation.RequestMapping;
import org.springframework.web.bind.annotation.RequestMethod;
import org.springframework.web.bind.annotation.RestController;

/** UserInfo (OpenID Connect Core §5.3): of the one whose token it is, what its scopes open. */
@RestController
class UserInfo implements ApiRules {

  static final String PATH = "/userinfo";

  private static final MediaType JWT = new MediaType("application", "jwt");

  private final Accounts accounts;
  private final Authorizations authorizations;
  private final Clients clients;
  private final Subjects subjects;
  private final TokenIssuer issuer;
  private final PersonClaims personClaims;

  UserInfo(
      Accounts accounts,
      Authorizations authorizations,
      Clients clients,
      Subjects subjects,
      TokenIssuer issuer,
      PersonClaims personClaims) {
    this.accounts = accounts;
    this.authorizations = authorizations;
    this.clients = clients;
    this.subjects = subjects;
    this.issuer = issuer;
    this.personClaims = personClaims;
  }

  @Override
  public List<ApiRule> rules() {
    return List.of(
        ApiRule.person(HttpMethod.GET, PATH, Scopes.OPENID),
        ApiRule.person(HttpMethod.POST, PATH, Scopes.OPENID));
  }

  /** What was asked for by the parameter `claims`, and granted. */
  private Set<String> byName(ApiCaller caller) {
    String family = caller.grantId();
    return family == null
        ? Set.of()
        : authorizations
            .byId(family)
            // of who was given the family: not of who acts with it
            .filter(found -> found.clientId().equals(caller.clientId()))
            .map(found -> found.granted(found.request().claims().userInfo()))
            .orElse(Set.of());
  }

  /** Signed for clients that registered for that (§5.3.2), whatever they accept. */
  @RequestMapping(
      path = PATH,
      method = {RequestMethod.GET, RequestMethod.POST})
  ResponseEntity<String> userInfo(@AuthenticationPrincipal ApiCaller caller) {
    Client client = clients.find(caller.clientId()).orElseThrow();
    Map<String, Object> claims = new LinkedHashMap<>();
    claims.put("sub", subjects.of(client, caller.sub()));
    Account account = accounts.byId(caller.sub()).orElseThrow();
    Set<String> byName = byName(caller);
    claims.putAll(
        personClaims.of(
            account,
            claim ->
                caller.scopes().contains(PersonClaims.scopeOf(claim)) || byName.contains(claim)));
    String alg = client.metadata().algorithms().userInfo();
    return ResponseEntity.ok()
        .cacheControl(CacheControl.noStore())
        .contentType(alg == null ? MediaType.APPLICATION_JSON : JWT)
        .body(
            alg == null
                ? JSONObjectUtils.toJSONString(claims)
                : issuer.userInfo(client, alg, claims));
  }
}

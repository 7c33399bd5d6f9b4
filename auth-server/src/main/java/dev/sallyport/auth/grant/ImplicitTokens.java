package dev.sallyport.auth.grant;

import com.nimbusds.jose.JWSAlgorithm;
import dev.sallyport.auth.account.Account;
import dev.sallyport.auth.client.Client;
import dev.sallyport.auth.client.Clients;
import dev.sallyport.auth.client.ResponseType;
import dev.sallyport.auth.logout.LogoutSubscriptions;
import dev.sallyport.auth.token.Hashes;
import dev.sallyport.auth.token.IssuerSettings;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import org.springframework.stereotype.Component;
import org.springframework.transaction.support.TransactionTemplate;

/**
 * Tokens of the authorization endpoint itself (OpenID Connect Core §3.2.2.5): the code that Spring
 * made is redeemed at once, by the rules of every code, so that what it gives is a family like any
 * other and ends like one. Bearer tokens, and never one that lasts.
 */
@Component
final class ImplicitTokens {

  private final Authorizations authorizations;
  private final Clients clients;
  private final SignIns signIns;
  private final LogoutSubscriptions logouts;
  private final TokenIssuer issuer;
  private final IssuerSettings settings;
  private final PersonClaims personClaims;
  private final TransactionTemplate transaction;

  ImplicitTokens(
      Authorizations authorizations,
      Clients clients,
      SignIns signIns,
      LogoutSubscriptions logouts,
      TokenIssuer issuer,
      IssuerSettings settings,
      PersonClaims personClaims,
      TransactionTemplate transaction) {
    this.authorizations = authorizations;
    this.clients = clients;
    this.signIns = signIns;
    this.logouts = logouts;
    this.issuer = issuer;
    this.settings = settings;
    this.personClaims = personClaims;
    this.transaction = transaction;
  }

  /** The members of the answer; empty: the sign-in has ended meanwhile, and there is none. */
  Optional<Map<String, String>> redeem(String code) {
    Optional<Map<String, String>> answer = transaction.execute(_ -> redeemed(code));
    if (answer == null) {
      throw new IllegalStateException("a transaction without outcome");
    }
    return answer;
  }

  private Optional<Map<String, String>> redeemed(String code) {
    Authorization family = authorizations.byCode(code).orElseThrow();
    ResponseType type = AskedResponse.of(family.request().parameters());
    Client client = clients.find(family.clientId()).filter(it -> it.may(type)).orElse(null);
    if (!type.implicit() || client == null || !authorizations.redeem(family.id(), null)) {
      throw new IllegalStateException("a code that was not made for this");
    }
    Subject subject = family.subject();
    Optional<Account> account = signIns.live(subject.accountId(), subject.sid());
    if (account.isEmpty() || !logouts.joined(client, subject.accountId(), subject.sid())) {
      return Optional.empty();
    }
    Map<String, String> answer = new LinkedHashMap<>();
    Map<String, Object> more = new LinkedHashMap<>();
    Set<String> scopes = family.tokenScopes();
    Set<String> claims = new HashSet<>(family.granted(family.request().claims().idToken()));
    if (type == ResponseType.ID_TOKEN_TOKEN) {
      TokenIssuer.Issued token =
          issuer.accessToken(
              client,
              subject,
              scopes,
              family.id(),
              new Extent(settings.issuer(), null),
              // which goes with no binding: ClientRules
              new Binding(null, null));
      answer.put("access_token", token.token());
      answer.put("token_type", "Bearer");
      answer.put("expires_in", Long.toString(token.expiresInSeconds()));
      answer.put("scope", String.join(" ", new TreeSet<>(scopes)));
      more.put("at_hash", Hashes.leftHalf(JWSAlgorithm.parse(client.idTokenAlg()), token.token()));
    } else {
      // §5.4: where there is no UserInfo to ask, what the scopes open is here
      claims.addAll(PersonClaims.openedBy(scopes));
    }
    more.putAll(personClaims.of(account.get(), claims::contains));
    answer.put(
        "id_token", issuer.idToken(client, subject, family.request().parameter("nonce"), more));
    return Optional.of(answer);
  }
}

package dev.sallyport.auth.grant;

import dev.sallyport.auth.client.GrantType;
import dev.sallyport.auth.client.Scopes;
import dev.sallyport.auth.grant.GrantOutcome.Denied;
import dev.sallyport.auth.grant.GrantOutcome.Granted;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import org.springframework.stereotype.Component;

/** A token for a client on its own (RFC 6749 §4.4): never with a scope that speaks for people. */
@Component
final class ClientCredentialsGrant implements Grant {

  private final TokenIssuer issuer;

  ClientCredentialsGrant(TokenIssuer issuer) {
    this.issuer = issuer;
  }

  @Override
  public GrantType type() {
    return GrantType.CLIENT_CREDENTIALS;
  }

  @Override
  public GrantOutcome answer(TokenRequest request) {
    Set<String> allowed = new HashSet<>(request.client().scopes());
    allowed.removeAll(Scopes.OF_PERSONS);
    Set<String> scopes = request.scopes().isEmpty() ? allowed : request.scopes();
    if (!allowed.containsAll(scopes)) {
      return new Denied("invalid_scope", "the client may not have this scope on its own");
    }
    return new Granted(
        issuer.clientToken(request.client(), scopes, request.jkt()), scopes, null, Map.of());
  }
}

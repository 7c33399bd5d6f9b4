package dev.sallyport.auth.grant;

import dev.sallyport.auth.client.GrantType;
import dev.sallyport.auth.client.Scopes;
import dev.sallyport.auth.detail.AuthorizationDetails;
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

  private final Extents extents;

  ClientCredentialsGrant(TokenIssuer issuer, Extents extents) {
    this.issuer = issuer;
    this.extents = extents;
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
    if (request.form().one(AuthorizationDetails.NAME).isPresent()) {
      return new Denied(
          "invalid_authorization_details", "a client on its own is limited to no rooms");
    }
    return switch (extents.ofClient(request)) {
      case Extents.Choice.Refused(Denied denied) -> denied;
      case Extents.Choice.Chosen(Extent extent) ->
          new Granted(
              issuer.clientToken(request.client(), scopes, extent.audience(), request.binding()),
              scopes,
              null,
              Map.of());
    };
  }
}

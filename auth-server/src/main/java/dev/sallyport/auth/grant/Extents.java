package dev.sallyport.auth.grant;

import dev.sallyport.auth.client.Client;
import dev.sallyport.auth.client.ClientResources;
import dev.sallyport.auth.client.Scopes;
import dev.sallyport.auth.detail.AuthorizationDetails;
import dev.sallyport.auth.grant.GrantOutcome.Denied;
import dev.sallyport.auth.token.IssuerSettings;
import java.util.Collection;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.springframework.stereotype.Component;

/**
 * Which resources and rooms may be asked for, and which of those granted a token is for (RFC 8707,
 * RFC 9396).
 *
 * <p>One token is for one resource: where several were granted, the token request names one of
 * them. The gateway is none of them: its tokens come by exchange only. Details go from the request
 * to the token and only ever get fewer.
 */
@Component
final class Extents {

  private static final int RESOURCES_MAX = 5;

  private final ClientResources clientResources;

  private final IssuerSettings issuer;

  Extents(ClientResources clientResources, IssuerSettings issuer) {
    this.clientResources = clientResources;
    this.issuer = issuer;
  }

  /** What is wrong with what a client would like; null: nothing. */
  @Nullable Denied fault(
      Client client, Set<String> scopes, Collection<String> resources, @Nullable String details) {
    String target = target(client, resources);
    if (target != null) {
      return new Denied("invalid_target", target);
    }
    if (details == null) {
      return null;
    }
    return switch (AuthorizationDetails.read(details, issuer.gateway().audience())) {
      case AuthorizationDetails.Reading.Rejected(String description) ->
          new Denied("invalid_authorization_details", description);
      case AuthorizationDetails.Reading.Read _
          when !scopes.contains(Scopes.CHAT_READ) && !scopes.contains(Scopes.CHAT_WRITE) ->
          new Denied(
              "invalid_authorization_details",
              "a limit to rooms goes with the scope chat.read or chat.write");
      case AuthorizationDetails.Reading.Read _ -> null;
    };
  }

  private @Nullable String target(Client client, Collection<String> resources) {
    if (resources.size() > RESOURCES_MAX) {
      return "at most " + RESOURCES_MAX + " resources";
    }
    for (String resource : resources) {
      if (!ClientResources.wellFormed(resource)) {
        return "resource must be an absolute URI without a fragment";
      }
      if (resource.equals(issuer.gateway().audience())) {
        return "tokens for the gateway come by token exchange only";
      }
      if (!allowed(client, resource)) {
        return "the client is not registered for this resource";
      }
    }
    return null;
  }

  /** Whether this client may have tokens for it, other than the gateway. */
  boolean allowed(Client client, String resource) {
    return resource.equals(issuer.issuer()) || clientResources.of(client).contains(resource);
  }

  /** What came of choosing. */
  sealed interface Choice {

    record Chosen(Extent extent) implements Choice {}

    record Refused(Denied denied) implements Choice {}
  }

  /** What of a grant this token request is for. */
  Choice choose(TokenRequest request, AuthorizationRequest granted) {
    Set<String> resources = granted.resources();
    List<String> asked = request.form().all("resource");
    if (asked.size() > 1) {
      return refused("invalid_target", "a token is for one resource");
    }
    String audience;
    if (asked.size() == 1) {
      audience = asked.getFirst();
    } else if (resources.size() > 1) {
      return refused("invalid_target", "several resources were granted: name one of them");
    } else {
      audience = resources.isEmpty() ? issuer.issuer() : resources.iterator().next();
    }
    if (!(resources.isEmpty() ? Set.of(issuer.issuer()) : resources).contains(audience)
        || !allowed(request.client(), audience)) {
      return refused("invalid_target", "this resource was not granted");
    }
    return narrowed(request, granted.details(), audience);
  }

  /** What a client's own token is for: this server, or the one resource that it names. */
  Choice ofClient(TokenRequest request) {
    List<String> asked = request.form().all("resource");
    if (asked.size() > 1) {
      return refused("invalid_target", "a token is for one resource");
    }
    String fault = target(request.client(), asked);
    return fault != null
        ? refused("invalid_target", fault)
        : new Choice.Chosen(new Extent(asked.isEmpty() ? issuer.issuer() : asked.getFirst(), null));
  }

  /** The details of a token: those that are there, or fewer if fewer are asked for. */
  Choice narrowed(TokenRequest request, @Nullable AuthorizationDetails there, String audience) {
    String text = request.form().one(AuthorizationDetails.NAME).orElse(null);
    if (text == null) {
      return new Choice.Chosen(new Extent(audience, there));
    }
    return switch (AuthorizationDetails.read(text, issuer.gateway().audience())) {
      case AuthorizationDetails.Reading.Rejected(String description) ->
          refused("invalid_authorization_details", description);
      case AuthorizationDetails.Reading.Read(AuthorizationDetails asked)
          when there != null && !asked.within(there) ->
          refused("invalid_authorization_details", "authorization_details exceed what was granted");
      case AuthorizationDetails.Reading.Read(AuthorizationDetails asked) ->
          new Choice.Chosen(new Extent(audience, asked));
    };
  }

  private static Choice refused(String error, String description) {
    return new Choice.Refused(new Denied(error, description));
  }
}

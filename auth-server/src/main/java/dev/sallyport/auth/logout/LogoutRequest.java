package dev.sallyport.auth.logout;

import dev.sallyport.auth.client.Client;
import dev.sallyport.auth.client.Clients;
import dev.sallyport.auth.token.IdTokenHints;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * What a client asks for at the logout endpoint (RP-Initiated Logout 1.0 §2), looked at.
 *
 * @param client who asks, as far as that is known
 * @param hint whose sign-in is meant
 * @param redirectUri where to go then: registered by this client, letter by letter, but for the
 *     port of a loopback address
 */
record LogoutRequest(
    @Nullable Client client,
    IdTokenHints.@Nullable Hint hint,
    @Nullable String redirectUri,
    @Nullable String state) {

  private static final int STATE_LENGTH_MAX = 2048;

  /** What came of looking at one. */
  sealed interface Reading {
    record Read(LogoutRequest request) implements Reading {}

    /**
     * @param description why it is refused, for the makers of the client
     */
    record Refused(String description) implements Reading {}
  }

  static Reading read(Map<String, String[]> parameters, Clients clients, IdTokenHints hints) {
    for (Map.Entry<String, String[]> parameter : parameters.entrySet()) {
      if (parameter.getValue().length > 1) {
        return new Reading.Refused("a parameter is there twice");
      }
    }
    IdTokenHints.Hint hint = null;
    String idToken = value(parameters, "id_token_hint");
    if (idToken != null) {
      hint = hints.read(idToken).orElse(null);
      if (hint == null) {
        return new Reading.Refused("id_token_hint is no ID token of this server");
      }
    }
    String clientId = value(parameters, "client_id");
    if (hint != null && clientId != null && !clientId.equals(hint.clientId())) {
      return new Reading.Refused("id_token_hint is of another client than client_id");
    }
    if (hint != null) {
      clientId = hint.clientId();
    }
    Optional<Client> client = clientId == null ? Optional.empty() : clients.find(clientId);
    if (clientId != null && client.isEmpty()) {
      return new Reading.Refused("no such client is registered");
    }
    String redirectUri = value(parameters, "post_logout_redirect_uri");
    if (redirectUri != null
        && client.filter(it -> it.logout().redirectsTo(redirectUri)).isEmpty()) {
      return new Reading.Refused(
          client.isEmpty()
              ? "post_logout_redirect_uri needs an id_token_hint or a client_id"
              : "post_logout_redirect_uri is not one that the client registered, letter by letter");
    }
    String state = value(parameters, "state");
    if (state != null && state.length() > STATE_LENGTH_MAX) {
      return new Reading.Refused("state is too long");
    }
    return new Reading.Read(new LogoutRequest(client.orElse(null), hint, redirectUri, state));
  }

  private static @Nullable String value(Map<String, String[]> parameters, String name) {
    String[] values = parameters.get(name);
    return values == null || values.length == 0 || values[0].isEmpty() ? null : values[0];
  }
}

package dev.sallyport.auth.registration;

import dev.sallyport.auth.client.Client;
import dev.sallyport.auth.client.Registration;
import dev.sallyport.auth.fetch.OutgoingHttp;
import java.net.URI;
import java.util.List;
import java.util.Optional;
import org.springframework.stereotype.Component;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;

/**
 * Whether a client belongs to the sector that it names (OpenID Connect Core §8.1): the document at
 * {@code sector_identifier_uri} must list all its redirect URIs. Looked at each time a client is
 * registered or changed.
 */
@Component
public final class SectorIdentifiers {

  private static final String FIELD = "sector_identifier_uri";

  private final OutgoingHttp http;

  SectorIdentifiers(OutgoingHttp http) {
    this.http = http;
  }

  /** What is wrong with it; empty where nothing is, or none is named. Calls the URL. */
  public Optional<Registration.Problem> check(Client client) {
    String uri = client.metadata().sectorIdentifierUri();
    if (uri == null) {
      return Optional.empty();
    }
    return switch (http.get(URI.create(uri), "application/json")) {
      case OutgoingHttp.Answer.Failed _ -> problem("could not be fetched");
      case OutgoingHttp.Answer.Answered answered when answered.status() != 200 ->
          problem("could not be fetched: it answered " + answered.status());
      case OutgoingHttp.Answer.Answered answered -> lists(answered.body(), client);
    };
  }

  private static Optional<Registration.Problem> lists(byte[] body, Client client) {
    List<String> listed;
    try {
      JsonNode json = Json.MAPPER.readTree(body);
      if (!json.isArray()) {
        return problem("holds no JSON array");
      }
      listed = json.valueStream().filter(JsonNode::isString).map(JsonNode::stringValue).toList();
    } catch (JacksonException malformed) {
      return problem("holds no JSON array");
    }
    return listed.containsAll(client.redirectUris())
        ? Optional.empty()
        : problem("does not list every redirect URI of the client");
  }

  private static Optional<Registration.Problem> problem(String message) {
    return Optional.of(new Registration.Problem(FIELD, message));
  }
}

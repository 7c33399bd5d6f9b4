package dev.sallyport.auth.grant;

import dev.sallyport.auth.client.Client;
import dev.sallyport.auth.fetch.OutgoingHttp;
import dev.sallyport.auth.limit.Buckets;
import dev.sallyport.auth.limit.Network;
import dev.sallyport.auth.limit.RateLimits;
import dev.sallyport.auth.token.Hashes;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import org.springframework.stereotype.Component;

/**
 * Request objects by reference (RFC 9101 §5.2, OpenID Connect Core §6.2), from URLs that the client
 * registered and no others: so nobody sends this server anywhere, and not often either, since
 * anyone can name a client.
 *
 * <p>A fragment that was registered with its URL is part of the name and no more: the object is
 * signed, and some who test servers register a fragment that is the hash of nothing. One that was
 * not registered must be the hash of what is there.
 */
@Component
final class RequestObjectFetch {

  /** RFC 9101 §10.8, OpenID Connect Core §6.2. */
  private static final String TYPES = "application/oauth-authz-req+jwt, application/jwt, */*;q=0.5";

  private static final int BURST = 60;
  private static final int PER_MINUTE = 60;

  private final OutgoingHttp http;
  private final Buckets buckets;

  RequestObjectFetch(OutgoingHttp http, RateLimits limits) {
    this.http = http;
    this.buckets = limits.buckets("request_uri", BURST, PER_MINUTE);
  }

  /** What came of fetching one. */
  sealed interface Fetched {
    record Object(String text) implements Fetched {}

    record Refused(String error, String description) implements Fetched {}
  }

  /**
   * @param from the address of whoever sent it
   */
  Fetched fetch(String uri, Client client, String from) {
    return switch (client.metadata().requestUri(uri)) {
      case NONE_REGISTERED ->
          new Fetched.Refused(
              "request_uri_not_supported",
              "request_uri must be one that this server gave for a pushed request (RFC 9126), or"
                  + " that the client registered");
      case UNKNOWN -> invalid("request_uri is not one that the client registered");
      case REGISTERED -> call(uri, client, from, false);
      case REGISTERED_WITH_HASH -> call(uri, client, from, true);
    };
  }

  private Fetched call(String uri, Client client, String from, boolean hashed) {
    // by who sends it, too: nobody keeps the client's people out by sending many
    if (buckets.take(client.clientId() + " " + Network.of(from)).isPresent()) {
      return new Fetched.Refused("temporarily_unavailable", "too many request objects to fetch");
    }
    int fragment = uri.indexOf('#');
    String url = fragment < 0 ? uri : uri.substring(0, fragment);
    return switch (http.get(URI.create(url), TYPES)) {
      case OutgoingHttp.Answer.Failed _ -> invalid("the request object could not be fetched");
      case OutgoingHttp.Answer.Answered answered when answered.status() != 200 ->
          invalid("the request object could not be fetched: status " + answered.status());
      case OutgoingHttp.Answer.Answered answered -> {
        String text = new String(answered.body(), StandardCharsets.UTF_8);
        yield hashed && !Hashes.same(uri.substring(fragment + 1), Hashes.sha256(text))
            ? invalid("the fragment of request_uri is not the hash of what is there")
            : new Fetched.Object(text.strip());
      }
    };
  }

  private static Fetched invalid(String description) {
    return new Fetched.Refused("invalid_request_uri", description);
  }
}

package dev.sallyport.auth.federation;

import com.nimbusds.jose.jwk.JWK;
import com.nimbusds.jose.jwk.JWKSet;
import com.nimbusds.jose.jwk.KeyUse;
import dev.sallyport.auth.fetch.OutgoingHttp;
import java.text.ParseException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;
import org.springframework.stereotype.Component;
import org.springframework.web.client.RestClient;
import org.springframework.web.client.RestClientException;

/**
 * Providers' published keys: kept for a while, and fetched again for a key that is not among them,
 * though not at every call of someone who makes key ids up.
 */
@Component
class ProviderKeys {

  private static final Duration KEPT = Duration.ofMinutes(15);

  /** At most one fetch in so long, however many unknown keys are named. */
  private static final Duration PAUSE = Duration.ofSeconds(10);

  private static final int KEYS_MAX = 64;

  private record Fetched(String uri, List<JWK> keys, Instant at) {}

  private final RestClient http;
  private final Clock clock;

  /** One for each provider. */
  private final Map<String, Fetched> known = new ConcurrentHashMap<>();

  ProviderKeys(OutgoingHttp outgoing, Clock clock) {
    this.clock = clock;
    this.http =
        RestClient.builder()
            .requestFactory(outgoing.requests())
            .requestInterceptor(outgoing)
            .build();
  }

  /** The keys by which a provider may have signed under this key id, if there is one. */
  List<JWK> candidates(String idp, String uri, @Nullable String kid) {
    Fetched before = known.get(idp);
    if (before == null || !before.uri().equals(uri)) {
      return matching(fetch(idp, uri, null), kid);
    }
    Instant now = clock.instant();
    boolean old = before.at().plus(KEPT).isBefore(now);
    boolean unknown =
        matching(before.keys(), kid).isEmpty() && before.at().plus(PAUSE).isBefore(now);
    return matching(old || unknown ? fetch(idp, uri, before) : before.keys(), kid);
  }

  private static List<JWK> matching(List<JWK> keys, @Nullable String kid) {
    return keys.stream()
        .filter(key -> kid == null || key.getKeyID() == null || kid.equals(key.getKeyID()))
        .toList();
  }

  private List<JWK> fetch(String idp, String uri, @Nullable Fetched before) {
    List<JWK> keys = before == null ? List.of() : before.keys();
    try {
      String text = http.get().uri(uri).retrieve().body(String.class);
      keys =
          JWKSet.parse(text == null ? "" : text).toPublicJWKSet().getKeys().stream()
              .filter(key -> key.getKeyUse() == null || KeyUse.SIGNATURE.equals(key.getKeyUse()))
              .limit(KEYS_MAX)
              .toList();
    } catch (RestClientException | ParseException | IllegalArgumentException e) {
      // what it published last still holds: whoever cannot be reached cannot have changed its keys
    }
    known.put(idp, new Fetched(uri, keys, clock.instant()));
    return keys;
  }
}

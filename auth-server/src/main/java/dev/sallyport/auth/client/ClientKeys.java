package dev.sallyport.auth.client;

import com.nimbusds.jose.jwk.JWK;
import com.nimbusds.jose.jwk.JWKSet;
import dev.sallyport.auth.fetch.OutgoingHttp;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.text.ParseException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.stereotype.Component;

/**
 * Public keys that clients keep at a URL ({@code jwks_uri}), fetched when they are needed and kept
 * for a while, in the memory of each node. Whoever asks while they are being fetched waits for the
 * same answer. Anyone can name a client, so nobody causes more than a few calls a minute for each
 * URL: a few, since a client may change its keys just after it was first heard of.
 */
@Component
final class ClientKeys {

  private static final Logger LOG = LoggerFactory.getLogger(ClientKeys.class);

  /** At a few KiB each. */
  static final int URLS_MAX = 1_000;

  static final int KEYS_MAX = 50;

  /** A key that its owner withdraws is good for no longer. */
  static final Duration FRESH = Duration.ofMinutes(10);

  /** Where they cannot be fetched any more, the last ones that could. */
  static final Duration STALE_MAX = Duration.ofHours(1);

  /** From one attempt to the next, where the last keys that could be fetched are old. */
  static final Duration PAUSE = Duration.ofSeconds(15);

  /** So often in {@link #WINDOW} keys are looked for that a signature seems to be made with. */
  static final int LOOKS_MAX = 4;

  static final Duration WINDOW = Duration.ofMinutes(1);

  /**
   * @param fetchedAt when these keys were
   * @param triedAt when somebody last asked for them
   */
  private record Known(JWKSet keys, Instant fetchedAt, Instant triedAt) {}

  private static final class Slot {
    private @Nullable Known known;

    /** When it was looked for new keys, at most {@link #LOOKS_MAX} of them. */
    private final Deque<Instant> looks = new ArrayDeque<>();
  }

  private final Map<String, Slot> slots =
      new LinkedHashMap<>(64, 0.75f, true) {
        @Override
        protected boolean removeEldestEntry(Map.Entry<String, Slot> eldest) {
          return size() > URLS_MAX;
        }
      };

  private final OutgoingHttp http;
  private final InstantSource clock;

  ClientKeys(OutgoingHttp http, java.time.Clock clock) {
    this.http = http;
    this.clock = clock;
  }

  /** The keys that are there, not older than minutes; none where they cannot be fetched. */
  JWKSet at(String url) {
    Slot slot = slot(url);
    synchronized (slot) {
      Known known = slot.known;
      Instant now = clock.instant();
      if (known == null
          || (known.fetchedAt().plus(FRESH).isBefore(now)
              && known.triedAt().plus(PAUSE).isBefore(now))) {
        known = fetch(url, known, now);
        slot.known = known;
      }
      return known.fetchedAt().plus(STALE_MAX).isBefore(now) ? new JWKSet() : known.keys();
    }
  }

  /** The keys that are there now; empty where that was looked at often enough of late. */
  Optional<JWKSet> again(String url) {
    Slot slot = slot(url);
    synchronized (slot) {
      Known known = slot.known;
      Instant now = clock.instant();
      while (!slot.looks.isEmpty() && !slot.looks.getFirst().plus(WINDOW).isAfter(now)) {
        slot.looks.removeFirst();
      }
      if (slot.looks.size() >= LOOKS_MAX) {
        return Optional.empty();
      }
      slot.looks.addLast(now);
      slot.known = fetch(url, known, now);
      return Optional.of(slot.known.keys());
    }
  }

  private Slot slot(String url) {
    synchronized (slots) {
      return slots.computeIfAbsent(url, _ -> new Slot());
    }
  }

  private Known fetch(String url, @Nullable Known before, Instant now) {
    return switch (http.get(URI.create(url), "application/jwk-set+json, application/json")) {
      case OutgoingHttp.Answer.Answered(int status, _, byte[] body) when status == 200 ->
          parse(new String(body, StandardCharsets.UTF_8))
              .map(keys -> new Known(keys, now, now))
              .orElseGet(() -> failed(url, before, now, "it is no set of public keys"));
      case OutgoingHttp.Answer.Answered answered ->
          failed(url, before, now, "it answered " + answered.status());
      case OutgoingHttp.Answer.Failed(String reason) -> failed(url, before, now, reason);
    };
  }

  private static Known failed(String url, @Nullable Known before, Instant now, String reason) {
    LOG.info("the keys at `{}` could not be fetched: {}", url, reason);
    return before == null
        ? new Known(new JWKSet(), now, now)
        : new Known(before.keys(), before.fetchedAt(), now);
  }

  /** Public keys, and not too many; empty for anything else. */
  static Optional<JWKSet> parse(String text) {
    try {
      JWKSet keys = JWKSet.parse(text);
      return keys.size() > KEYS_MAX || keys.getKeys().stream().anyMatch(JWK::isPrivate)
          ? Optional.empty()
          : Optional.of(keys);
    } catch (ParseException | RuntimeException malformed) {
      return Optional.empty();
    }
  }
}

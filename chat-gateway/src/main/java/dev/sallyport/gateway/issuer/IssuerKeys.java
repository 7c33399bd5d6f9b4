package dev.sallyport.gateway.issuer;

import com.nimbusds.jose.jwk.JWK;
import com.nimbusds.jose.jwk.JWKSet;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.text.ParseException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.beans.factory.DisposableBean;
import org.springframework.stereotype.Component;
import reactor.core.publisher.Mono;

/**
 * The issuer's public keys, one set for each purpose: in memory, on disk, fetched again from time
 * to time and when a key id is met that is not among them. Thread-safe; look-ups never block.
 */
@Component
public final class IssuerKeys implements DeviceKeys, DisposableBean {
  private static final Logger log = LoggerFactory.getLogger(IssuerKeys.class);

  /** Unknown key ids come from anyone; they make us ask no more often than this. */
  private static final Duration REFETCH_INTERVAL_MIN = Duration.ofSeconds(10);

  private static final int JWKS_BYTES_MAX = 256 * 1024;

  /** A set holds the current key and those it overlaps with; more is a mistake or an attack. */
  private static final int KEYS_MAX = 64;

  private final AuthServer authServer;
  private final TrustFolder folder;
  private final Clock clock;
  private final Map<KeyPurpose, Held> sets = new EnumMap<>(KeyPurpose.class);
  private final ExecutorService fetchers = Executors.newVirtualThreadPerTaskExecutor();

  private static final class Held {
    volatile Map<String, VerificationKey> keys = Map.of();
    @Nullable CompletableFuture<Boolean> fetching;
    @Nullable Instant askedAt;
  }

  IssuerKeys(AuthServer authServer, TrustFolder folder, Clock clock) {
    this.authServer = authServer;
    this.folder = folder;
    this.clock = clock;
    for (KeyPurpose purpose : KeyPurpose.values()) {
      Held held = new Held();
      sets.put(purpose, held);
      readFromDisk(purpose, held);
    }
  }

  /** The key, after one rate-limited look-up at the issuer if it is not known. */
  Mono<Optional<VerificationKey>> find(KeyPurpose purpose, String kid) {
    VerificationKey known = held(purpose).keys.get(kid);
    if (known != null) {
      return Mono.just(Optional.of(known));
    }
    CompletableFuture<Boolean> fetching = refetchIfDue(purpose);
    if (fetching == null) {
      return Mono.just(Optional.empty());
    }
    return Mono.fromFuture(fetching, true)
        .map(done -> Optional.ofNullable(held(purpose).keys.get(kid)));
  }

  @Override
  public Optional<JWK> byKid(String kid) {
    VerificationKey known = held(KeyPurpose.DEVICE).keys.get(kid);
    if (known == null) {
      var _ = refetchIfDue(KeyPurpose.DEVICE);
      return Optional.empty();
    }
    return Optional.of(known.jwk());
  }

  /** Fetches all sets anew; blocks. What cannot be fetched stays as it was. */
  public void refreshAll() throws InterruptedException {
    for (KeyPurpose purpose : KeyPurpose.values()) {
      fetch(purpose);
    }
  }

  private @Nullable CompletableFuture<Boolean> refetchIfDue(KeyPurpose purpose) {
    Held held = held(purpose);
    synchronized (held) {
      if (held.fetching != null && !held.fetching.isDone()) {
        return held.fetching;
      }
      Instant now = clock.instant();
      if (held.askedAt != null && now.isBefore(held.askedAt.plus(REFETCH_INTERVAL_MIN))) {
        return null;
      }
      held.askedAt = now;
      CompletableFuture<Boolean> fetching =
          CompletableFuture.supplyAsync(() -> fetchUninterrupted(purpose), fetchers);
      held.fetching = fetching;
      return fetching;
    }
  }

  private boolean fetchUninterrupted(KeyPurpose purpose) {
    try {
      return fetch(purpose);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    }
  }

  private boolean fetch(KeyPurpose purpose) throws InterruptedException {
    try {
      AuthServer.Answer answer = authServer.get(purpose.path(), JWKS_BYTES_MAX);
      if (answer.status() != 200) {
        log.warn("keys for {} not fetched: status {}", purpose, answer.status());
        return false;
      }
      Map<String, VerificationKey> keys = parse(answer.body());
      if (keys.isEmpty()) {
        log.warn("keys for {} not taken: the set holds none that can be used", purpose);
        return false;
      }
      held(purpose).keys = keys;
      folder.write(purpose.fileName(), answer.body());
      return true;
    } catch (IOException | ParseException e) {
      log.warn("keys for {} not fetched: {}", purpose, e.getMessage());
      return false;
    }
  }

  private void readFromDisk(KeyPurpose purpose, Held held) {
    try {
      Optional<byte[]> bytes = folder.read(purpose.fileName(), JWKS_BYTES_MAX);
      if (bytes.isPresent()) {
        held.keys = parse(bytes.get());
      }
    } catch (IOException | ParseException e) {
      log.warn(
          "file {} not read, its keys must be fetched: {}", purpose.fileName(), e.getMessage());
    }
  }

  private static Map<String, VerificationKey> parse(byte[] json) throws ParseException {
    JWKSet set = JWKSet.parse(new String(json, StandardCharsets.UTF_8));
    if (set.getKeys().size() > KEYS_MAX) {
      throw new ParseException("more than " + KEYS_MAX + " keys", 0);
    }
    Map<String, VerificationKey> keys = new HashMap<>();
    for (JWK jwk : set.getKeys()) {
      VerificationKey.of(jwk).ifPresent(key -> keys.put(jwk.getKeyID(), key));
    }
    return Map.copyOf(keys);
  }

  private Held held(KeyPurpose purpose) {
    return java.util.Objects.requireNonNull(sets.get(purpose));
  }

  @Override
  public void destroy() {
    fetchers.shutdownNow();
  }
}

package dev.sallyport.auth.policy;

import dev.sallyport.auth.installation.Installation;
import dev.sallyport.auth.token.KeyPurpose;
import dev.sallyport.auth.token.SigningKeys;
import dev.sallyport.auth.vault.RandomIds;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.springframework.beans.factory.annotation.Value;
import org.springframework.context.annotation.Lazy;
import org.springframework.stereotype.Component;
import tools.jackson.databind.json.JsonMapper;

/**
 * The active policies as gateways fetch them: a JWS of type {@code policy-bundle+jwt}, made once
 * for a version and again now and then, so that it is always signed by a key in use.
 */
@Component
class PolicyBundle {

  static final String TYP = "policy-bundle+jwt";

  /** Signed anew after this long: far shorter than a retired key stays published. */
  private static final Duration SIGNED_AGAIN_AFTER = Duration.ofHours(1);

  private static final int JTI_BYTES = 16;
  private static final JsonMapper JSON = JsonMapper.builder().build();

  private final PolicyStore store;
  private final SigningKeys keys;
  private final RandomIds ids;
  private final Clock clock;
  private final String issuer;
  private final String audience;
  private volatile @Nullable Signed latest;

  PolicyBundle(
      PolicyStore store,
      @Lazy SigningKeys keys,
      RandomIds ids,
      Clock clock,
      Installation installation,
      @Value("${sallyport.gateway.audience:http://localhost:9100}") String audience) {
    this.store = store;
    this.keys = keys;
    this.ids = ids;
    this.clock = clock;
    this.issuer = installation.issuer().toString();
    this.audience = audience;
  }

  record Signed(long version, long keys, Instant at, String jws) {}

  /** The active version's number; 0 before the first start has finished. */
  long version() {
    return store.activeVersion();
  }

  /** The bundle of the active version; empty before the first start has finished. */
  Optional<Signed> current() {
    long version = store.activeVersion();
    @Nullable Signed known = latest;
    if (known != null && usable(known, version)) {
      return Optional.of(known);
    }
    return version == 0 ? Optional.empty() : Optional.of(sign(version));
  }

  private synchronized Signed sign(long version) {
    @Nullable Signed known = latest;
    if (known != null && usable(known, version)) {
      return known;
    }
    PolicyVersion active =
        store
            .version(version)
            .orElseThrow(() -> new IllegalStateException("no policy version " + version));
    Instant now = clock.instant();
    long keysVersion = keys.version();
    Map<String, Object> claims = new LinkedHashMap<>();
    claims.put("iss", issuer);
    claims.put("aud", audience);
    claims.put("iat", now.getEpochSecond());
    claims.put("jti", ids.base64url(JTI_BYTES));
    claims.put("version", version);
    claims.put("policies", active.content().policies());
    claims.put("schema", active.content().schema());
    claims.put("entities", JSON.readTree(active.content().entities()));
    Signed signed =
        new Signed(
            version,
            keysVersion,
            now,
            keys.sign(KeyPurpose.BUNDLE, TYP, JSON.writeValueAsString(claims)));
    latest = signed;
    return signed;
  }

  private boolean usable(Signed signed, long version) {
    return signed.version() == version
        && signed.keys() == keys.version()
        && clock.instant().isBefore(signed.at().plus(SIGNED_AGAIN_AFTER));
  }
}

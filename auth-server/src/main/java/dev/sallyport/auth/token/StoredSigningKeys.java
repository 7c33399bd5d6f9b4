package dev.sallyport.auth.token;

import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.JOSEObjectType;
import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.JWSHeader;
import com.nimbusds.jose.JWSObject;
import com.nimbusds.jose.JWSSigner;
import com.nimbusds.jose.Payload;
import com.nimbusds.jose.crypto.ECDSASigner;
import com.nimbusds.jose.crypto.Ed25519Signer;
import com.nimbusds.jose.crypto.RSASSASigner;
import com.nimbusds.jose.jwk.Curve;
import com.nimbusds.jose.jwk.ECKey;
import com.nimbusds.jose.jwk.JWK;
import com.nimbusds.jose.jwk.JWKSet;
import com.nimbusds.jose.jwk.KeyUse;
import com.nimbusds.jose.jwk.OctetKeyPair;
import com.nimbusds.jose.jwk.RSAKey;
import com.nimbusds.jose.jwk.gen.ECKeyGenerator;
import com.nimbusds.jose.jwk.gen.OctetKeyPairGenerator;
import com.nimbusds.jose.jwk.gen.RSAKeyGenerator;
import com.nimbusds.jwt.JWTClaimsSet;
import dev.sallyport.auth.signal.Actor;
import dev.sallyport.auth.signal.SecurityEvent;
import dev.sallyport.auth.signal.SecurityEvents;
import dev.sallyport.auth.vault.Vault;
import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;
import java.text.ParseException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Collectors;
import org.springframework.beans.factory.SmartInitializingSingleton;
import org.springframework.dao.DuplicateKeyException;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.scheduling.annotation.Scheduled;
import org.springframework.stereotype.Component;
import org.springframework.transaction.PlatformTransactionManager;
import org.springframework.transaction.TransactionDefinition;
import org.springframework.transaction.support.TransactionTemplate;

/**
 * Signing keys in the database.
 *
 * <p>Keys of one purpose and algorithm are numbered in generations, unique in the database: nodes
 * that make the same generation at once agree on one of them. The active key is the newest
 * generation whose time has come. Every node looks each second whether there are others now, and a
 * new generation starts to sign only ten minutes after it was made, so that all who cache the JWKS
 * for five know it before they meet it.
 */
@Component
public final class StoredSigningKeys
    implements SigningKeys, KeyRotation, SmartInitializingSingleton {

  /** How long others may cache a JWKS. */
  public static final Duration JWKS_AGE_MAX = Duration.ofMinutes(5);

  private static final Duration LEAD = JWKS_AGE_MAX.multipliedBy(2);

  /** After so long a node asks whether others have made or forgotten any. */
  private static final Duration SNAPSHOT_AGE_MAX = Duration.ofSeconds(1);

  private static final int RSA_BITS = 2048;

  /** By which tokens may be signed, the first unless a client is registered for another. */
  public static final List<String> TOKEN_ALGORITHMS = List.of("ES256", "RS256", "PS256", "EdDSA");

  /**
   * @param late its first key is made when something is first signed with it: most installations
   *     never need one
   */
  private record Slot(KeyPurpose purpose, JWSAlgorithm alg, boolean late) {
    Slot(KeyPurpose purpose, JWSAlgorithm alg) {
      this(
          purpose,
          alg,
          purpose == KeyPurpose.TOKEN
              && (JWSAlgorithm.PS256.equals(alg) || JWSAlgorithm.EdDSA.equals(alg)));
    }
  }

  private static final List<Slot> SLOTS =
      List.of(
          new Slot(KeyPurpose.TOKEN, JWSAlgorithm.ES256),
          // ID tokens of `web` clients
          new Slot(KeyPurpose.TOKEN, JWSAlgorithm.RS256),
          // of clients registered for them
          new Slot(KeyPurpose.TOKEN, JWSAlgorithm.PS256),
          new Slot(KeyPurpose.TOKEN, JWSAlgorithm.EdDSA),
          new Slot(KeyPurpose.DEVICE, JWSAlgorithm.ES256),
          new Slot(KeyPurpose.BUNDLE, JWSAlgorithm.ES256),
          new Slot(KeyPurpose.SIGNAL, JWSAlgorithm.ES256));

  private record Key(
      Slot slot, int generation, Instant activeFrom, JWK publicJwk, JWSSigner signer) {}

  /** Per slot, oldest generation first. */
  private record Snapshot(Map<Slot, List<Key>> keys, Instant takenAt) {}

  private final JdbcClient jdbc;
  private final Vault vault;
  private final Clock clock;
  private final SecureRandom random;
  private final KeySettings settings;
  private final CredentialSettings credentials;
  private final SecurityEvents events;
  private final TransactionTemplate transaction;
  private final AtomicBoolean looking = new AtomicBoolean();
  private volatile Snapshot snapshot = new Snapshot(Map.of(), Instant.MIN);

  StoredSigningKeys(
      JdbcClient jdbc,
      Vault vault,
      Clock clock,
      SecureRandom random,
      KeySettings settings,
      CredentialSettings credentials,
      SecurityEvents events,
      PlatformTransactionManager transactions) {
    this.jdbc = jdbc;
    this.vault = vault;
    this.clock = clock;
    this.random = random;
    this.settings = settings;
    this.credentials = credentials;
    this.events = events;
    this.transaction = new TransactionTemplate(transactions);
    // a key is made where it is first needed, and stays when that is rolled back
    this.transaction.setPropagationBehavior(TransactionDefinition.PROPAGATION_REQUIRES_NEW);
  }

  @Override
  public void afterSingletonsInstantiated() {
    current();
  }

  @Override
  public String sign(KeyPurpose purpose, String typ, JWTClaimsSet claims) {
    return sign(purpose, JWSAlgorithm.ES256, typ, claims);
  }

  @Override
  public String sign(KeyPurpose purpose, String typ, String claims) {
    return sign(
        new Slot(purpose, JWSAlgorithm.ES256),
        typ,
        new Payload(claims.getBytes(StandardCharsets.UTF_8)));
  }

  /** As {@link #sign(KeyPurpose, String, JWTClaimsSet)}, with another algorithm of ours. */
  public String sign(KeyPurpose purpose, JWSAlgorithm alg, String typ, JWTClaimsSet claims) {
    return sign(new Slot(purpose, alg), typ, claims.toPayload());
  }

  @Override
  public JWKSet published(KeyPurpose purpose) {
    return published(complete(purpose), purpose);
  }

  /**
   * Another node may just have made, and used, the first key of an algorithm: whoever fetches the
   * keys now fetches them to verify that.
   */
  private Snapshot complete(KeyPurpose purpose) {
    Snapshot seen = current();
    boolean missing =
        SLOTS.stream()
            .anyMatch(slot -> slot.purpose() == purpose && !seen.keys().containsKey(slot));
    return missing && countOf(seen) != count() ? load() : seen;
  }

  private static int countOf(Snapshot seen) {
    return seen.keys().values().stream().mapToInt(List::size).sum();
  }

  private int count() {
    return jdbc.sql("SELECT count(*) FROM signing_key").query(Integer.class).single();
  }

  private JWKSet published(Snapshot from, KeyPurpose purpose) {
    List<JWK> jwks = new ArrayList<>();
    for (Slot slot : SLOTS) {
      if (slot.purpose() == purpose && from.keys().containsKey(slot)) {
        List<Key> keys = keysOf(from, slot);
        for (int i = 0; i < keys.size(); i++) {
          if (!outlived(keys, i)) {
            jwks.add(keys.get(i).publicJwk());
          }
        }
      }
    }
    return new JWKSet(jwks);
  }

  /** The published key of that id. */
  public Optional<JWK> published(KeyPurpose purpose, String kid) {
    JWK known = published(current(), purpose).getKeyByKeyId(kid);
    return Optional.ofNullable(
        known != null ? known : published(complete(purpose), purpose).getKeyByKeyId(kid));
  }

  @Override
  public void rotate(KeyPurpose purpose) {
    for (Slot slot : SLOTS) {
      if (slot.purpose() == purpose) {
        rotate(slot);
      }
    }
  }

  private void rotate(Slot slot) {
    Snapshot now = load();
    if (!now.keys().containsKey(slot)) {
      return;
    }
    Key newest = keysOf(now, slot).getLast();
    if (!newest.activeFrom().isAfter(clock.instant())) {
      create(slot, newest.generation() + 1, clock.instant().plus(LEAD));
      load();
    }
  }

  /** Rotates what has signed long enough, forgets what nothing alive was signed with. */
  @Scheduled(fixedDelayString = "PT1H", initialDelayString = "PT1M")
  void tend() {
    Snapshot now = load();
    for (Slot slot : SLOTS) {
      if (!now.keys().containsKey(slot)) {
        continue;
      }
      List<Key> keys = keysOf(now, slot);
      if (keys.getLast().activeFrom().plus(settings.rotateAfter()).isBefore(clock.instant())) {
        rotate(slot);
      }
      for (int i = 0; i < keys.size(); i++) {
        if (outlived(keys, i)) {
          jdbc.sql("DELETE FROM signing_key WHERE kid = ?")
              .param(keys.get(i).publicJwk().getKeyID())
              .update();
        }
      }
    }
  }

  private String sign(Slot slot, String typ, Payload payload) {
    Key key = active(keysOf(with(slot), slot));
    JWSObject jws =
        new JWSObject(
            new JWSHeader.Builder(slot.alg())
                .type(new JOSEObjectType(typ))
                .keyID(key.publicJwk().getKeyID())
                .build(),
            payload);
    try {
      jws.sign(key.signer());
    } catch (JOSEException e) {
      throw new IllegalStateException("cannot sign with own key", e);
    }
    return jws.serialize();
  }

  /** With a key for this slot, made now if it is the first. */
  private Snapshot with(Slot slot) {
    Snapshot seen = current();
    if (seen.keys().containsKey(slot)) {
      return seen;
    }
    if (!SLOTS.contains(slot)) {
      throw new IllegalArgumentException("nothing is signed by " + slot.alg());
    }
    synchronized (this) {
      if (!load().keys().containsKey(slot)) {
        create(slot, 1, clock.instant());
      }
      return load();
    }
  }

  private Key active(List<Key> keys) {
    Instant now = clock.instant();
    Key active = keys.getFirst();
    for (Key key : keys) {
      if (!key.activeFrom().isAfter(now)) {
        active = key;
      }
    }
    return active;
  }

  /** Whether everything that the i-th key signed has expired. */
  private boolean outlived(List<Key> keys, int i) {
    return i + 1 < keys.size()
        && keys.get(i + 1)
            .activeFrom()
            .plus(lifeOfSigned(keys.get(i).slot().purpose()))
            .isBefore(clock.instant());
  }

  /** The longest that something signed for this purpose is still verified, with a margin. */
  private Duration lifeOfSigned(KeyPurpose purpose) {
    return switch (purpose) {
      // five minutes for tokens; a day so that an ID token still serves as a hint
      case TOKEN -> Duration.ofDays(1);
      case DEVICE -> credentials.credentialTtl().plusDays(1);
      // a gateway that was away verifies the bundle on its disk, for as long as bundles may age
      case BUNDLE -> Duration.ofDays(7);
      // signals are kept for a day
      case SIGNAL -> Duration.ofDays(2);
    };
  }

  private Snapshot current() {
    Snapshot seen = snapshot;
    if (seen.keys().isEmpty()) {
      return load();
    }
    Instant now = clock.instant();
    // one looks, for all who come meanwhile
    if (!seen.takenAt().plus(SNAPSHOT_AGE_MAX).isBefore(now)
        || !looking.compareAndSet(false, true)) {
      return seen;
    }
    try {
      return look(seen, now);
    } finally {
      looking.set(false);
    }
  }

  private Snapshot look(Snapshot seen, Instant now) {
    Set<String> known =
        seen.keys().values().stream()
            .flatMap(List::stream)
            .map(key -> key.publicJwk().getKeyID())
            .collect(Collectors.toSet());
    if (!known.equals(jdbc.sql("SELECT kid FROM signing_key").query(String.class).set())) {
      return load();
    }
    synchronized (this) {
      if (snapshot == seen) {
        snapshot = new Snapshot(seen.keys(), now);
      }
      return snapshot;
    }
  }

  private synchronized Snapshot load() {
    Map<String, JWSSigner> signers = new HashMap<>();
    snapshot
        .keys()
        .values()
        .forEach(
            keys -> keys.forEach(key -> signers.put(key.publicJwk().getKeyID(), key.signer())));
    Map<Slot, List<Key>> keys = new HashMap<>();
    for (Slot slot : SLOTS) {
      List<Key> found = read(slot, signers);
      if (found.isEmpty() && slot.late()) {
        continue;
      }
      if (found.isEmpty()) {
        create(slot, 1, clock.instant());
        found = read(slot, signers);
      }
      keys.put(slot, found);
    }
    snapshot = new Snapshot(Map.copyOf(keys), clock.instant());
    return snapshot;
  }

  private List<Key> read(Slot slot, Map<String, JWSSigner> signers) {
    return jdbc.sql(
            """
            SELECT kid, generation, active_from_ms, sealed_jwk FROM signing_key
            WHERE purpose = ? AND alg = ? ORDER BY generation
            """)
        .params(slot.purpose().name(), slot.alg().getName())
        .query(
            (row, n) -> {
              String kid = row.getString("kid");
              JWK jwk = open(kid, row.getString("sealed_jwk"));
              JWSSigner signer = signers.get(kid);
              return new Key(
                  slot,
                  row.getInt("generation"),
                  Instant.ofEpochMilli(row.getLong("active_from_ms")),
                  jwk.toPublicJWK(),
                  signer != null ? signer : signer(jwk));
            })
        .list();
  }

  private void create(Slot slot, int generation, Instant activeFrom) {
    JWK jwk = generate(slot.alg());
    byte[] sealed =
        vault.seal(jwk.toJSONString().getBytes(StandardCharsets.UTF_8), purpose(jwk.getKeyID()));
    try {
      transaction.executeWithoutResult(_ -> insert(slot, generation, activeFrom, jwk, sealed));
    } catch (DuplicateKeyException otherNodeWasFirst) {
      // its key is as good as ours
    }
  }

  private void insert(Slot slot, int generation, Instant activeFrom, JWK jwk, byte[] sealed) {
    jdbc.sql(
            """
              INSERT INTO signing_key (kid, purpose, alg, generation, active_from_ms, sealed_jwk)
              VALUES (?, ?, ?, ?, ?, ?)
              """)
        .params(
            jwk.getKeyID(),
            slot.purpose().name(),
            slot.alg().getName(),
            generation,
            activeFrom.toEpochMilli(),
            Base64.getUrlEncoder().encodeToString(sealed))
        .update();
    events.record(
        Actor.system(),
        new SecurityEvent.SigningKeyMade(
            slot.purpose().name().toLowerCase(Locale.ROOT), jwk.getKeyID()));
  }

  private JWK generate(JWSAlgorithm alg) {
    try {
      return switch (alg.getName()) {
        case "RS256", "PS256" ->
            new RSAKeyGenerator(RSA_BITS)
                .keyUse(KeyUse.SIGNATURE)
                .algorithm(alg)
                .keyIDFromThumbprint(true)
                .generate();
        case "EdDSA" ->
            new OctetKeyPairGenerator(Curve.Ed25519)
                .keyUse(KeyUse.SIGNATURE)
                .algorithm(alg)
                .keyIDFromThumbprint(true)
                .generate();
        default ->
            new ECKeyGenerator(Curve.P_256)
                .keyUse(KeyUse.SIGNATURE)
                .algorithm(alg)
                .keyIDFromThumbprint(true)
                .secureRandom(random)
                .generate();
      };
    } catch (JOSEException e) {
      throw new IllegalStateException("cannot make a signing key", e);
    }
  }

  private JWK open(String kid, String sealed) {
    byte[] plain = vault.open(Base64.getUrlDecoder().decode(sealed), purpose(kid));
    try {
      return JWK.parse(new String(plain, StandardCharsets.UTF_8));
    } catch (ParseException e) {
      // Not the cause: its message may quote the key.
      throw new IllegalStateException("signing key `" + kid + "` is unreadable");
    }
  }

  private static JWSSigner signer(JWK jwk) {
    try {
      return switch (jwk) {
        case ECKey ec -> new ECDSASigner(ec);
        case RSAKey rsa -> new RSASSASigner(rsa);
        case OctetKeyPair okp -> new Ed25519Signer(okp);
        default -> throw new IllegalStateException("unexpected kind of key");
      };
    } catch (JOSEException e) {
      throw new IllegalStateException("cannot use own signing key", e);
    }
  }

  private static List<Key> keysOf(Snapshot snapshot, Slot slot) {
    List<Key> keys = snapshot.keys().get(slot);
    if (keys == null || keys.isEmpty()) {
      throw new IllegalStateException("no signing key for " + slot.purpose());
    }
    return keys;
  }

  private static String purpose(String kid) {
    return "signing-key:" + kid;
  }
}

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
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.springframework.beans.factory.SmartInitializingSingleton;
import org.springframework.beans.factory.annotation.Value;
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
 * generation whose time has come. Every node looks each second whether any was made or ended, and a
 * new generation starts to sign only ten minutes after it was made, so that all who cache the JWKS
 * for five know it before they meet it.
 */
@Component
public final class StoredSigningKeys
    implements SigningKeys, KeyRotation, KeyRing, SmartInitializingSingleton {

  /** How long others may cache a JWKS. */
  public static final Duration JWKS_AGE_MAX = Duration.ofMinutes(5);

  private static final Duration LEAD = JWKS_AGE_MAX.multipliedBy(2);

  /** After so long a node asks whether any was made or ended: a revoked key signs no longer. */
  private static final Duration SNAPSHOT_AGE_MAX = Duration.ofSeconds(1);

  private static final int RSA_BITS = 2048;

  /** For those who look for what became of a key. */
  private static final Duration REVOKED_KEPT = Duration.ofDays(180);

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

  /** Per slot, oldest generation first; none that is revoked. */
  private record Snapshot(long version, Map<Slot, List<Key>> keys, Instant takenAt) {}

  private final JdbcClient jdbc;
  private final Vault vault;
  private final Clock clock;
  private final SecureRandom random;
  private final KeySettings settings;
  private final CredentialSettings credentials;
  private final Duration hintsKept;
  private final SecurityEvents events;
  private final TransactionTemplate transaction;
  private final AtomicBoolean looking = new AtomicBoolean();
  private volatile Snapshot snapshot = new Snapshot(0, Map.of(), Instant.MIN);

  StoredSigningKeys(
      JdbcClient jdbc,
      Vault vault,
      Clock clock,
      SecureRandom random,
      KeySettings settings,
      CredentialSettings credentials,
      @Value("${sallyport.session.lifetime:30d}") Duration hintsKept,
      SecurityEvents events,
      PlatformTransactionManager transactions) {
    this.jdbc = jdbc;
    this.vault = vault;
    this.clock = clock;
    this.random = random;
    this.settings = settings;
    this.credentials = credentials;
    this.hintsKept = hintsKept;
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
    return missing && seen.version() != storedVersion() ? load() : seen;
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

  /**
   * The key by which an ID token is known as a hint: one that is published, or was for as long as
   * the sessions of its time may last.
   */
  public Optional<JWK> known(String kid) {
    return published(KeyPurpose.TOKEN, kid)
        .or(
            () ->
                jdbc.sql("SELECT public_jwk FROM hint_key WHERE kid = ? AND kept_until_ms > ?")
                    .params(kid, clock.millis())
                    .query((row, _) -> publicJwk(row.getString(1)))
                    .optional());
  }

  private static JWK publicJwk(String json) {
    try {
      return JWK.parse(json);
    } catch (ParseException e) {
      throw new IllegalStateException("a public key is unreadable", e);
    }
  }

  @Override
  public long version() {
    return current().version();
  }

  @Override
  public void rotate(KeyPurpose purpose) {
    rotate(purpose, null, Actor.system());
  }

  @Override
  public Change rotate(KeyPurpose purpose, @Nullable Long expected, Actor actor) {
    Map<Slot, JWK> made = new HashMap<>();
    for (Slot slot : load().keys().keySet()) {
      if (slot.purpose() == purpose) {
        made.put(slot, generate(slot.alg()));
      }
    }
    return rotate(made, expected, actor);
  }

  private Change rotate(Map<Slot, JWK> made, @Nullable Long expected, Actor actor) {
    return change(
        expected,
        () -> {
          boolean due = false;
          for (Slot slot : SLOTS) {
            JWK next = made.get(slot);
            List<Key> keys = next == null ? List.of() : read(slot, Map.of());
            if (next != null
                && !keys.isEmpty()
                && !keys.getLast().activeFrom().isAfter(clock.instant())) {
              insert(slot, next, clock.instant().plus(LEAD), actor);
              due = true;
            }
          }
          return due ? new Change.Done() : new Change.UnderWay();
        });
  }

  @Override
  public Change retire(String kid, @Nullable Long expected, Actor actor) {
    return change(
        expected,
        () -> {
          for (Slot slot : SLOTS) {
            List<Key> keys = read(slot, Map.of());
            for (Key key : keys) {
              if (key.publicJwk().getKeyID().equals(kid)) {
                if (key.generation() >= active(keys).generation()) {
                  return new Change.Signing();
                }
                bury(key);
                events.record(
                    actor, new SecurityEvent.SigningKeyRetired(slot.purpose().text(), kid));
                return new Change.Done();
              }
            }
          }
          return new Change.NoSuchKey();
        });
  }

  @Override
  public Change revoke(String kid, @Nullable Long expected, Actor actor) {
    Optional<Key> known =
        load().keys().values().stream()
            .flatMap(List::stream)
            .filter(key -> key.publicJwk().getKeyID().equals(kid))
            .findAny();
    Optional<JWK> successor = known.map(key -> generate(key.slot().alg()));
    return change(
        expected,
        () -> {
          List<Key> keys = known.map(key -> read(key.slot(), Map.of())).orElseGet(List::<Key>of);
          for (Key key : keys) {
            if (key.publicJwk().getKeyID().equals(kid)) {
              revoke(key, active(keys), successor.orElseThrow(), actor);
              return new Change.Done();
            }
          }
          // published no longer, and still good for hints
          boolean hint = jdbc.sql("DELETE FROM hint_key WHERE kid = ?").param(kid).update() == 1;
          if (hint) {
            changed();
            events.record(actor, new SecurityEvent.SigningKeyRevoked(KeyPurpose.TOKEN.text(), kid));
          }
          return hint ? new Change.Done() : new Change.NoSuchKey();
        });
  }

  private void revoke(Key key, Key active, JWK successor, Actor actor) {
    String kid = key.publicJwk().getKeyID();
    jdbc.sql("UPDATE signing_key SET revoked_at_ms = ?, sealed_jwk = '' WHERE kid = ?")
        .params(clock.millis(), kid)
        .update();
    changed();
    events.record(actor, new SecurityEvent.SigningKeyRevoked(key.slot().purpose().text(), kid));
    if (key.generation() == active.generation()) {
      // the next one is known already where there is one; nobody waits for caches here
      int next =
          jdbc.sql(
                  "UPDATE signing_key SET active_from_ms = ? WHERE purpose = ? AND alg = ? AND"
                      + " generation > ? AND revoked_at_ms IS NULL")
              .params(
                  clock.millis(),
                  key.slot().purpose().name(),
                  key.slot().alg().getName(),
                  key.generation())
              .update();
      if (next == 0) {
        insert(key.slot(), successor, clock.instant(), actor);
      }
    }
  }

  /**
   * One change at a time on all nodes, known here when this returns. New keys are made before: an
   * RSA key takes longer than anyone should wait for the lock.
   */
  private Change change(@Nullable Long expected, Supplier<Change> work) {
    Change done =
        Objects.requireNonNull(
            transaction.execute(
                status -> {
                  long version =
                      jdbc.sql("SELECT version FROM key_ring WHERE id = 1 FOR UPDATE")
                          .query(Long.class)
                          .single();
                  if (expected != null && expected != version) {
                    return new Change.Stale();
                  }
                  return work.get();
                }));
    load();
    return done;
  }

  @Override
  public Ring ring() {
    Snapshot now = load();
    List<Entry> entries = new ArrayList<>();
    for (Slot slot : SLOTS) {
      List<Key> keys = now.keys().getOrDefault(slot, List.of());
      for (int i = 0; i < keys.size(); i++) {
        Key key = keys.get(i);
        int active = active(keys).generation();
        entries.add(
            new Entry(
                key.publicJwk().getKeyID(),
                slot.purpose(),
                slot.alg().getName(),
                key.generation(),
                key.generation() > active
                    ? State.NEXT
                    : key.generation() == active ? State.ACTIVE : State.SUPERSEDED,
                key.activeFrom(),
                i + 1 < keys.size()
                    ? keys.get(i + 1).activeFrom().plus(lifeOfSigned(slot.purpose()))
                    : null,
                null));
      }
    }
    entries.addAll(revoked());
    return new Ring(now.version(), entries);
  }

  private List<Entry> revoked() {
    return jdbc.sql(
            """
            SELECT kid, purpose, alg, generation, active_from_ms, revoked_at_ms FROM signing_key
            WHERE revoked_at_ms IS NOT NULL ORDER BY revoked_at_ms DESC, kid
            """)
        .query(
            (row, _) ->
                new Entry(
                    row.getString("kid"),
                    KeyPurpose.valueOf(row.getString("purpose")),
                    row.getString("alg"),
                    row.getInt("generation"),
                    State.REVOKED,
                    Instant.ofEpochMilli(row.getLong("active_from_ms")),
                    null,
                    Instant.ofEpochMilli(row.getLong("revoked_at_ms"))))
        .list();
  }

  private int nextGeneration(Slot slot) {
    return jdbc.sql(
            "SELECT coalesce(max(generation), 0) + 1 FROM signing_key WHERE purpose = ? AND alg = ?")
        .params(slot.purpose().name(), slot.alg().getName())
        .query(Integer.class)
        .single();
  }

  /** Its private half goes for good; for hints the public one is kept for a while. */
  private void bury(Key key) {
    String kid = key.publicJwk().getKeyID();
    int gone = jdbc.sql("DELETE FROM signing_key WHERE kid = ?").param(kid).update();
    if (gone == 1 && key.slot().purpose() == KeyPurpose.TOKEN) {
      jdbc.sql("INSERT INTO hint_key (kid, public_jwk, kept_until_ms) VALUES (?, ?, ?)")
          .params(
              kid, key.publicJwk().toJSONString(), clock.instant().plus(hintsKept).toEpochMilli())
          .update();
    }
    if (gone == 1) {
      changed();
    }
  }

  private void changed() {
    jdbc.sql("UPDATE key_ring SET version = version + 1 WHERE id = 1").update();
  }

  private long storedVersion() {
    return jdbc.sql("SELECT version FROM key_ring WHERE id = 1").query(Long.class).single();
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
        rotate(Map.of(slot, generate(slot.alg())), null, Actor.system());
      }
      for (int i = 0; i < keys.size(); i++) {
        if (outlived(keys, i)) {
          Key key = keys.get(i);
          change(
              null,
              () -> {
                bury(key);
                return new Change.Done();
              });
        }
      }
    }
    jdbc.sql("DELETE FROM hint_key WHERE kept_until_ms < ?").param(clock.millis()).update();
    jdbc.sql("DELETE FROM signing_key WHERE revoked_at_ms < ?")
        .param(clock.instant().minus(REVOKED_KEPT).toEpochMilli())
        .update();
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
        create(slot);
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
    if (seen.version() != storedVersion()) {
      return load();
    }
    synchronized (this) {
      if (snapshot == seen) {
        snapshot = new Snapshot(seen.version(), seen.keys(), now);
      }
      return snapshot;
    }
  }

  private synchronized Snapshot load() {
    // before the keys: what changes meanwhile is looked at again
    long version = storedVersion();
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
        create(slot);
        // from the start, so that the version is theirs
        return load();
      }
      keys.put(slot, found);
    }
    snapshot = new Snapshot(version, Map.copyOf(keys), clock.instant());
    return snapshot;
  }

  private List<Key> read(Slot slot, Map<String, JWSSigner> signers) {
    return jdbc.sql(
            """
            SELECT kid, generation, active_from_ms, sealed_jwk FROM signing_key
            WHERE purpose = ? AND alg = ? AND revoked_at_ms IS NULL ORDER BY generation
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

  /** The first key of a slot, unless another node was first: its key is as good as ours. */
  private void create(Slot slot) {
    // before the lock: it takes long
    JWK jwk = generate(slot.alg());
    transaction.executeWithoutResult(
        _ -> {
          jdbc.sql("SELECT version FROM key_ring WHERE id = 1 FOR UPDATE")
              .query(Long.class)
              .single();
          if (read(slot, Map.of()).isEmpty()) {
            insert(slot, jwk, clock.instant(), Actor.system());
          }
        });
  }

  private void insert(Slot slot, JWK jwk, Instant activeFrom, Actor actor) {
    int generation = nextGeneration(slot);
    byte[] sealed =
        vault.seal(jwk.toJSONString().getBytes(StandardCharsets.UTF_8), purpose(jwk.getKeyID()));
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
    changed();
    events.record(actor, new SecurityEvent.SigningKeyMade(slot.purpose().text(), jwk.getKeyID()));
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

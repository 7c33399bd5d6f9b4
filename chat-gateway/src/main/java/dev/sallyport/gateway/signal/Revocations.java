package dev.sallyport.gateway.signal;

import dev.sallyport.gateway.issuer.AccountClaims;
import dev.sallyport.gateway.signal.SecurityEvent.AccountClosed;
import dev.sallyport.gateway.signal.SecurityEvent.ClaimsChanged;
import dev.sallyport.gateway.signal.SecurityEvent.DeviceRevoked;
import dev.sallyport.gateway.signal.SecurityEvent.GrantRevoked;
import dev.sallyport.gateway.signal.SecurityEvent.KeyRevoked;
import dev.sallyport.gateway.signal.SecurityEvent.Other;
import dev.sallyport.gateway.signal.SecurityEvent.PolicyActivated;
import dev.sallyport.gateway.signal.SecurityEvent.SessionRevoked;
import dev.sallyport.gateway.signal.SecurityEvent.UserRevoked;
import java.time.Duration;
import java.time.Instant;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Function;
import org.springframework.stereotype.Component;

/**
 * What the stream revoked or changed and tokens do not know yet. Read by every admission, written
 * by the signal thread only. Thread-safe; never blocks.
 *
 * <p>Each kind is bounded. When one is full, its older half goes, and every token issued up to the
 * newest that went is refused: too many revocations shut doors, they do not open them.
 */
@Component
public final class Revocations {
  /** The longest any gateway token may live; those that claim more are refused at the door. */
  public static final Duration TOKEN_LIFE_MAX = Duration.ofMinutes(10);

  /** What concerns tokens is forgotten once the last token it could concern is long gone. */
  private static final Duration KEPT = Duration.ofHours(1);

  /** A device credential lives 30 days. */
  private static final Duration DEVICE_KEPT = Duration.ofDays(31);

  /** Some 100 bytes an entry: 20 MB at worst, in memory and on disk. */
  static final int ENTRIES_MAX = 50_000;

  private final Map<String, Instant> sessions = new ConcurrentHashMap<>();
  private final Map<String, Instant> grants = new ConcurrentHashMap<>();
  private final Map<String, UpTo> users = new ConcurrentHashMap<>();
  private final Map<String, Instant> devices = new ConcurrentHashMap<>();
  private final Map<String, Replaced> overrides = new ConcurrentHashMap<>();
  private volatile Instant floor = Instant.EPOCH;

  record UpTo(Instant issuedUpTo, Instant heardAt) {}

  record Replaced(AccountClaims claims, Instant issuedUpTo, Instant heardAt) {}

  /** All of it at one moment, as the store keeps it. */
  record Snapshot(
      Map<String, Instant> sessions,
      Map<String, Instant> grants,
      Map<String, UpTo> users,
      Map<String, Instant> devices,
      Map<String, Replaced> overrides,
      Instant floor) {
    static final Snapshot EMPTY =
        new Snapshot(Map.of(), Map.of(), Map.of(), Map.of(), Map.of(), Instant.EPOCH);
  }

  /** Whether tokens of this session are worth nothing. */
  public boolean sessionRevoked(String sid) {
    return sessions.containsKey(sid);
  }

  /** Whether tokens that come from this authorization grant are worth nothing. */
  public boolean grantRevoked(String grantId) {
    return grants.containsKey(grantId);
  }

  /** Whether the user's tokens issued at that time are worth nothing. */
  public boolean userRevoked(String userId, Instant issuedAt) {
    UpTo upTo = users.get(userId);
    return !issuedAt.isAfter(floor) || (upTo != null && !issuedAt.isAfter(upTo.issuedUpTo()));
  }

  /** Whether the device, and its credential, is worth nothing. */
  public boolean deviceRevoked(String deviceId) {
    return devices.containsKey(deviceId);
  }

  /**
   * The claims that replace those in the user's tokens issued at that time, if they changed since.
   */
  public Optional<AccountClaims> claimsInstead(String userId, Instant issuedAt) {
    Replaced override = overrides.get(userId);
    return override == null || issuedAt.isAfter(override.issuedUpTo())
        ? Optional.empty()
        : Optional.of(override.claims());
  }

  void apply(SecurityEvent event, Instant now) {
    switch (event) {
      case SessionRevoked(String userId, String sid) -> sessions.put(sid, now);
      case GrantRevoked(String userId, String grantId) -> grants.put(grantId, now);
      case UserRevoked(String userId, Instant upTo) ->
          users.merge(
              userId,
              new UpTo(upTo, now),
              (old, fresh) -> old.issuedUpTo().isAfter(fresh.issuedUpTo()) ? old : fresh);
      case DeviceRevoked(String userId, String deviceId) -> devices.put(deviceId, now);
      case ClaimsChanged(String userId, AccountClaims claims, Instant upTo) ->
          overrides.merge(
              userId,
              new Replaced(claims, upTo, now),
              (old, fresh) -> old.issuedUpTo().isAfter(fresh.issuedUpTo()) ? old : fresh);
      // its sessions were ended before it
      case AccountClosed closed -> {}
      case PolicyActivated policy -> {}
      case KeyRevoked key -> {}
      case Other other -> {}
    }
    bound(sessions, Function.identity(), Function.identity());
    bound(grants, Function.identity(), Function.identity());
    bound(users, UpTo::heardAt, UpTo::issuedUpTo);
    bound(devices, Function.identity(), Function.identity());
    bound(overrides, Replaced::heardAt, Replaced::issuedUpTo);
  }

  /** Forgets what no token can need any more. */
  void forgetOld(Instant now) {
    Instant old = now.minus(KEPT);
    sessions.values().removeIf(heardAt -> heardAt.isBefore(old));
    grants.values().removeIf(heardAt -> heardAt.isBefore(old));
    users.values().removeIf(upTo -> upTo.heardAt().isBefore(old));
    overrides.values().removeIf(override -> override.heardAt().isBefore(old));
    devices.values().removeIf(heardAt -> heardAt.isBefore(now.minus(DEVICE_KEPT)));
  }

  Snapshot snapshot() {
    return new Snapshot(
        new HashMap<>(sessions),
        new HashMap<>(grants),
        new HashMap<>(users),
        new HashMap<>(devices),
        new HashMap<>(overrides),
        floor);
  }

  void restore(Snapshot snapshot) {
    sessions.putAll(snapshot.sessions());
    grants.putAll(snapshot.grants());
    users.putAll(snapshot.users());
    devices.putAll(snapshot.devices());
    overrides.putAll(snapshot.overrides());
    floor = snapshot.floor();
  }

  private <T> void bound(
      Map<String, T> entries, Function<T, Instant> heardAt, Function<T, Instant> concerns) {
    if (entries.size() <= ENTRIES_MAX) {
      return;
    }
    List<Map.Entry<String, T>> oldest =
        entries.entrySet().stream()
            .sorted(Comparator.comparing(entry -> heardAt.apply(entry.getValue())))
            .limit(ENTRIES_MAX / 2)
            .toList();
    for (Map.Entry<String, T> entry : oldest) {
      Instant upTo = concerns.apply(entry.getValue());
      if (upTo.isAfter(floor)) {
        floor = upTo;
      }
      entries.remove(entry.getKey());
    }
  }

  @Override
  public String toString() {
    return "Revocations[sessions="
        + sessions.size()
        + ", grants="
        + grants.size()
        + ", users="
        + users.size()
        + ", devices="
        + devices.size()
        + "]";
  }
}

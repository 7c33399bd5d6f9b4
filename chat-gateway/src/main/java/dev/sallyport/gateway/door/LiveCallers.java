package dev.sallyport.gateway.door;

import dev.sallyport.gateway.signal.Revocations;
import dev.sallyport.gateway.signal.SignalListener;
import dev.sallyport.policy.value.Value;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import java.util.function.Predicate;
import org.springframework.stereotype.Component;

/**
 * The callers who stay: those of open sockets. Signals reach them here, at once: revocation ends
 * them, changed claims change them. Thread-safe.
 */
@Component
public final class LiveCallers implements SignalListener {
  private final Revocations revocations;
  private final Map<String, Set<Watch>> byUser = new ConcurrentHashMap<>();

  LiveCallers(Revocations revocations) {
    this.revocations = revocations;
  }

  /** A caller being watched, until closed. */
  public final class Watch implements AutoCloseable {
    private final Caller caller;
    private final Consumer<TokenRefusal> ended;

    private Watch(Caller caller, Consumer<TokenRefusal> ended) {
      this.caller = caller;
      this.ended = ended;
    }

    private void end(TokenRefusal why) {
      caller.revoke();
      ended.accept(why);
    }

    @Override
    public void close() {
      byUser.computeIfPresent(
          caller.userId(),
          (id, watches) -> {
            watches.remove(this);
            return watches.isEmpty() ? null : watches;
          });
    }
  }

  /**
   * Watches the caller. A signal that came between its admission and this call counts too.
   *
   * @param ended told once or more, on any thread, at once if it is already over; must not block
   */
  public Watch watch(Caller caller, Consumer<TokenRefusal> ended) {
    Watch watch = new Watch(caller, ended);
    byUser.compute(
        caller.userId(),
        (id, watches) -> {
          Set<Watch> set = watches == null ? ConcurrentHashMap.newKeySet(1) : watches;
          set.add(watch);
          return set;
        });
    recheck(caller).ifPresent(watch::end);
    return watch;
  }

  /** What the revocation state says now about a caller; changed claims are taken over. */
  Optional<TokenRefusal> recheck(Caller caller) {
    synchronized (caller) {
      GatewayToken token = caller.standing().token;
      Optional<TokenRefusal> refusal = refusal(revocations, token);
      if (refusal.isEmpty()) {
        revocations
            .claimsInstead(token.userId(), token.issuedAt())
            .filter(
                claims ->
                    !claims.roles().equals(token.roles())
                        || !claims.groups().equals(token.groups())
                        || !claims.attributes().equals(token.attributes()))
            .ifPresent(
                claims ->
                    caller.become(
                        token.withClaims(claims.roles(), claims.groups(), claims.attributes())));
      }
      return refusal;
    }
  }

  static Optional<TokenRefusal> refusal(Revocations revocations, GatewayToken token) {
    String device = token.deviceId();
    if (device != null && revocations.deviceRevoked(device)) {
      return Optional.of(TokenRefusal.DEVICE_REVOKED);
    }
    String grant = token.grantId();
    if (grant != null && revocations.grantRevoked(grant)) {
      return Optional.of(TokenRefusal.GRANT_REVOKED);
    }
    return revocations.sessionRevoked(token.sid())
            || revocations.userRevoked(token.userId(), token.issuedAt())
        ? Optional.of(TokenRefusal.SESSION_REVOKED)
        : Optional.empty();
  }

  /** How many callers are watched. */
  int size() {
    return byUser.values().stream().mapToInt(Set::size).sum();
  }

  @Override
  public void sessionRevoked(String userId, String sid) {
    end(userId, token -> token.sid().equals(sid), TokenRefusal.SESSION_REVOKED);
  }

  @Override
  public void grantRevoked(String userId, String grantId) {
    end(userId, token -> grantId.equals(token.grantId()), TokenRefusal.GRANT_REVOKED);
  }

  @Override
  public void userRevoked(String userId, Instant issuedUpTo) {
    end(userId, token -> !token.issuedAt().isAfter(issuedUpTo), TokenRefusal.SESSION_REVOKED);
  }

  @Override
  public void deviceRevoked(String userId, String deviceId) {
    end(userId, token -> deviceId.equals(token.deviceId()), TokenRefusal.DEVICE_REVOKED);
  }

  @Override
  public void claimsChanged(
      String userId,
      Set<String> roles,
      Set<String> groups,
      Map<String, Value> attributes,
      Instant issuedUpTo) {
    byUser.getOrDefault(userId, Set.of()).forEach(watch -> recheck(watch.caller));
  }

  private void end(String userId, Predicate<GatewayToken> whose, TokenRefusal why) {
    for (Watch watch : byUser.getOrDefault(userId, Set.of())) {
      if (whose.test(watch.caller.standing().token)) {
        watch.end(why);
      }
    }
  }
}

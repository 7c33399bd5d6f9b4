package dev.sallyport.client;

import java.time.Duration;
import java.time.InstantSource;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * What came of one sign-in: an access token that is kept fresh by its refresh token, and gateway
 * tokens made of it by token exchange (RFC 8693). Thread-safe; one refresh at a time, since a
 * refresh token that is used twice ends the whole authorization.
 */
public final class Session implements GatewayTokens {

  /** Renewed this long before it expires, so that a token does not die on its way. */
  private static final Duration RENEW_BEFORE = Duration.ofSeconds(30);

  private final OidcClient oidc;
  private final String gateway;
  private final InstantSource clock;
  private final Consumer<OidcClient.Tokens> keep;
  private final ReentrantLock lock = new ReentrantLock();

  // Guarded by the lock.
  private OidcClient.Tokens held;
  private @Nullable String deviceId;
  private OidcClient.@Nullable Tokens gatewayToken;

  /**
   * @param gateway the gateway's public URL, which is the audience of its tokens
   */
  public Session(OidcClient oidc, OidcClient.Tokens signedIn, String gateway) {
    this(oidc, signedIn, gateway, null, InstantSource.system(), tokens -> {});
  }

  /**
   * @param deviceId the device that gateway tokens name; null until one is registered
   * @param keep told of each new refresh token before it is used: to be stored, the one before is
   *     spent
   */
  public Session(
      OidcClient oidc,
      OidcClient.Tokens signedIn,
      String gateway,
      @Nullable String deviceId,
      InstantSource clock,
      Consumer<OidcClient.Tokens> keep) {
    this.oidc = oidc;
    this.held = signedIn;
    this.gateway = gateway;
    this.deviceId = deviceId;
    this.clock = clock;
    this.keep = keep;
  }

  /** From now on gateway tokens name this device. */
  public void device(String registered) {
    locked(
        () -> {
          deviceId = registered;
          gatewayToken = null;
          return registered;
        });
  }

  /** A live access token for the issuer's own API. */
  public String accessToken() {
    return locked(this::access);
  }

  private String access() {
    var refreshToken = held.refreshToken();
    if (refreshToken != null && expires(held)) {
      var refreshed = oidc.refresh(refreshToken);
      // RFC 6749 §6: where no new refresh token comes, the old one stays good.
      held =
          refreshed.refreshToken() != null
              ? refreshed
              : new OidcClient.Tokens(
                  refreshed.accessToken(),
                  refreshToken,
                  null,
                  refreshed.scope(),
                  refreshed.expiresAt());
      keep.accept(held);
    }
    return held.accessToken();
  }

  private boolean expires(OidcClient.Tokens tokens) {
    return tokens.expiresAt().minus(RENEW_BEFORE).isBefore(clock.instant());
  }

  @Override
  public String current() {
    return locked(
        () -> {
          var known = gatewayToken;
          return known != null && !expires(known) ? known.accessToken() : exchanged();
        });
  }

  @Override
  public String renewed() {
    return locked(this::exchanged);
  }

  private String exchanged() {
    var fresh = oidc.exchange(access(), gateway, null, deviceId);
    gatewayToken = fresh;
    return fresh.accessToken();
  }

  private <T> T locked(Supplier<T> work) {
    lock.lock();
    try {
      return work.get();
    } finally {
      lock.unlock();
    }
  }
}

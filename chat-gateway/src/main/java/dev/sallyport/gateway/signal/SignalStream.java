package dev.sallyport.gateway.signal;

import com.nimbusds.jose.util.JSONObjectUtils;
import dev.sallyport.gateway.issuer.AuthServer;
import dev.sallyport.gateway.issuer.IssuerJws;
import dev.sallyport.gateway.issuer.IssuerKeys;
import dev.sallyport.gateway.issuer.IssuerSettings;
import dev.sallyport.gateway.issuer.JwsCheck;
import dev.sallyport.gateway.signal.SecurityEvent.AccountClosed;
import dev.sallyport.gateway.signal.SecurityEvent.ClaimsChanged;
import dev.sallyport.gateway.signal.SecurityEvent.DeviceRevoked;
import dev.sallyport.gateway.signal.SecurityEvent.GrantRevoked;
import dev.sallyport.gateway.signal.SecurityEvent.KeyRevoked;
import dev.sallyport.gateway.signal.SecurityEvent.Other;
import dev.sallyport.gateway.signal.SecurityEvent.PolicyActivated;
import dev.sallyport.gateway.signal.SecurityEvent.SessionRevoked;
import dev.sallyport.gateway.signal.SecurityEvent.UserRevoked;
import io.micrometer.core.instrument.MeterRegistry;
import java.io.IOException;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;
import java.text.ParseException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.context.SmartLifecycle;
import org.springframework.stereotype.Component;

/**
 * Listens to the auth-server's stream of security events on one thread of its own, by long polls.
 * An answer is applied whole, event by event: first the revocations, then the listeners, then the
 * file with the new position; so a crash repeats events and never loses one.
 *
 * <p>An answer with an event that cannot be verified or understood is not taken: the position
 * stays, the gateway counts as not hearing, and shuts when that lasts. Skipping it could miss a
 * revocation.
 */
@Component
public final class SignalStream implements SmartLifecycle {
  private static final Logger log = LoggerFactory.getLogger(SignalStream.class);

  /** Half of the silence that turns health red. */
  private static final Duration POLL_WAIT = Duration.ofSeconds(5);

  private static final int EVENTS_MAX = 200;
  private static final int ANSWER_BYTES_MAX = 16 * 1024 * 1024;
  private static final Duration SIGNATURE_CHECK_MAX = Duration.ofSeconds(15);
  private static final Duration KEYS_REFRESHED_EVERY = Duration.ofMinutes(5);

  /** At start: how long to let the first catching up hold back the doors. */
  private static final Duration CATCH_UP_MAX = Duration.ofSeconds(5);

  /** Before everything that asks what is revoked, above all the web server. */
  public static final int PHASE = 0;

  private final AuthServer authServer;
  private final IssuerJws jws;
  private final IssuerKeys keys;
  private final SetReader reader;
  private final Revocations revocations;
  private final Hearing hearing;
  private final SignalFile file;
  private final List<SignalListener> listeners;
  private final Clock clock;
  private final Backoff backoff;
  private final MeterRegistry meters;
  private final CountDownLatch firstAttempt = new CountDownLatch(1);

  private @Nullable String position;
  private Instant keysRefreshedAt = Instant.EPOCH;
  private boolean silent = true;
  private volatile @Nullable Thread thread;

  SignalStream(
      AuthServer authServer,
      IssuerJws jws,
      IssuerKeys keys,
      IssuerSettings settings,
      Revocations revocations,
      Hearing hearing,
      SignalFile file,
      List<SignalListener> listeners,
      Clock clock,
      SecureRandom random,
      MeterRegistry meters)
      throws IOException {
    this.authServer = authServer;
    this.jws = jws;
    this.keys = keys;
    this.reader = new SetReader(settings.issuerName());
    this.revocations = revocations;
    this.hearing = hearing;
    this.file = file;
    this.listeners = List.copyOf(listeners);
    this.clock = clock;
    this.backoff = new Backoff(Duration.ofMillis(250), Duration.ofSeconds(2), random);
    this.meters = meters;
    SignalFile.State state = file.read();
    this.position = state.position();
    revocations.restore(state.revocations());
    hearing.rememberedAt(state.lastHeard());
    meters.gauge(
        "sallyport.signals.silence.seconds", hearing, h -> h.silence().toMillis() / 1000.0);
  }

  /** Starts listening; returns once caught up, or once it is clear that this will take longer. */
  @Override
  public void start() {
    Thread listening = Thread.ofPlatform().name("signals").daemon().unstarted(this::listen);
    thread = listening;
    listening.start();
    try {
      if (!firstAttempt.await(CATCH_UP_MAX.toMillis(), TimeUnit.MILLISECONDS)) {
        log.warn("still catching up with the auth-server; opening on what is on disk");
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  @Override
  public void stop() {
    Thread listening = thread;
    thread = null;
    if (listening != null) {
      listening.interrupt();
      try {
        listening.join(Duration.ofSeconds(2));
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
    }
  }

  @Override
  public boolean isRunning() {
    return thread != null;
  }

  @Override
  public int getPhase() {
    return PHASE;
  }

  private void listen() {
    while (Thread.currentThread().equals(thread)) {
      try {
        hear();
        backoff.reset();
      } catch (InterruptedException e) {
        return;
      } catch (IOException | RuntimeException e) {
        missed(e);
        firstAttempt.countDown();
        try {
          Thread.sleep(backoff.next());
        } catch (InterruptedException interrupted) {
          return;
        }
      }
    }
  }

  /** One poll. Package-private for tests of single answers. */
  void hear() throws IOException, InterruptedException {
    refreshKeysIfDue();
    // While catching up there is no need to wait for news.
    Duration wait = silent ? Duration.ZERO : POLL_WAIT;
    AuthServer.Answer answer =
        authServer.getAsGateway(
            "/v1/signals?wait="
                + wait.toSeconds()
                + "&limit="
                + EVENTS_MAX
                + (position == null
                    ? ""
                    : "&after=" + URLEncoder.encode(position, StandardCharsets.UTF_8)),
            null,
            ANSWER_BYTES_MAX,
            POLL_WAIT);
    if (answer.status() == 410) {
      // Away for longer than events are kept, and so for longer than any token lives.
      log.warn("the position in the stream is too old; reading from the oldest kept event");
      position = null;
      return;
    }
    if (answer.status() != 200) {
      throw new IOException("the stream answered with status " + answer.status());
    }
    take(answer.body());
  }

  private void take(byte[] body) throws IOException {
    String next;
    boolean more;
    List<SecurityEvent> events = new ArrayList<>();
    try {
      Map<String, Object> json = JSONObjectUtils.parse(new String(body, StandardCharsets.UTF_8));
      next = JSONObjectUtils.getString(json, "position");
      more = Boolean.TRUE.equals(json.get("more"));
      if (next == null || !(json.get("sets") instanceof List<?> sets)) {
        throw new IOException("the stream's answer lacks `position` or `sets`");
      }
      for (Object set : sets) {
        events.add(verified(set));
      }
    } catch (ParseException e) {
      throw new IOException("the stream's answer is not JSON", e);
    }
    Instant now = clock.instant();
    events.forEach(event -> act(event, now));
    revocations.forgetOld(now);
    position = next;
    if (!more) {
      hearing.heardAt(now);
    }
    file.write(new SignalFile.State(position, hearing.lastHeard(), revocations.snapshot()));
    if (!more && silent) {
      silent = false;
      firstAttempt.countDown();
      log.info("hearing the auth-server's signals");
      listeners.forEach(listener -> told(listener, SignalListener::hearingAgain));
    }
  }

  private SecurityEvent verified(@Nullable Object set) throws IOException {
    if (!(set instanceof String compact)) {
      throw new IOException("the stream holds something that is no text");
    }
    JwsCheck check = jws.check(compact, IssuerJws.Format.SECURITY_EVENT).block(SIGNATURE_CHECK_MAX);
    return switch (check) {
      case JwsCheck.Good good ->
          reader
              .read(good.claims())
              .orElseThrow(() -> new IOException("the stream holds an event that makes no sense"));
      case JwsCheck.Bad bad ->
          throw new IOException(
              "the stream holds an event that is not believed: " + bad.fault().text());
      case null -> throw new IOException("the check of an event ended without a result");
    };
  }

  private void act(SecurityEvent event, Instant now) {
    revocations.apply(event, now);
    if (event instanceof KeyRevoked(String kid)) {
      log.warn("the auth-server revoked its key {}: its keys are fetched anew", kid);
      keysRefreshedAt = Instant.EPOCH;
    }
    meters
        .counter("sallyport.signals.events", "type", event.getClass().getSimpleName())
        .increment();
    for (SignalListener listener : listeners) {
      told(listener, told -> tell(told, event));
    }
  }

  private static void tell(SignalListener listener, SecurityEvent event) {
    switch (event) {
      case SessionRevoked(String userId, String sid) -> listener.sessionRevoked(userId, sid);
      case GrantRevoked(String userId, String grant) -> listener.grantRevoked(userId, grant);
      case UserRevoked(String userId, Instant upTo) -> listener.userRevoked(userId, upTo);
      case DeviceRevoked(String userId, String device) -> listener.deviceRevoked(userId, device);
      case AccountClosed(String userId) -> listener.accountClosed(userId);
      case ClaimsChanged(String userId, var claims, Instant upTo) ->
          listener.claimsChanged(
              userId, claims.roles(), claims.groups(), claims.attributes(), upTo);
      case PolicyActivated(long version) -> listener.policyActivated(version);
      case KeyRevoked key -> {}
      case Other other -> {}
    }
  }

  /** One listener's fault must not keep the others from hearing. */
  private static void told(
      SignalListener listener, java.util.function.Consumer<SignalListener> message) {
    try {
      message.accept(listener);
    } catch (RuntimeException e) {
      log.error("a listener failed on a signal: {}", listener.getClass().getName(), e);
    }
  }

  private void refreshKeysIfDue() throws InterruptedException {
    Instant now = clock.instant();
    if (!now.isBefore(keysRefreshedAt.plus(KEYS_REFRESHED_EVERY))) {
      keys.refreshAll();
      keysRefreshedAt = now;
    }
  }

  private void missed(Exception e) {
    if (!silent || keysRefreshedAt.equals(Instant.EPOCH) || firstAttempt.getCount() > 0) {
      log.warn("cannot hear the auth-server's signals: {}", e.getMessage());
    }
    silent = true;
  }
}

package dev.sallyport.gateway.bundle;

import dev.sallyport.gateway.issuer.AuthServer;
import dev.sallyport.gateway.issuer.IssuerJws;
import dev.sallyport.gateway.issuer.StartRefused;
import dev.sallyport.gateway.signal.Backoff;
import dev.sallyport.gateway.signal.SignalListener;
import dev.sallyport.gateway.signal.SignalStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.context.SmartLifecycle;
import org.springframework.stereotype.Component;

/**
 * Keeps the policy in force current, on one thread of its own: fetches at start, when a signal says
 * that policy was activated, when the auth-server is heard again, and once a minute in any case.
 *
 * <p>Without a bundle on disk the gateway does not open: start waits for one, then fails.
 */
@Component
final class BundleKeeper implements SmartLifecycle, SignalListener {
  private static final Logger log = LoggerFactory.getLogger(BundleKeeper.class);
  private static final Duration FETCHED_EVERY = Duration.ofSeconds(60);

  private final AuthServer authServer;
  private final PolicyBundles bundles;
  private final BundleSettings settings;
  private final Backoff backoff;
  private final Semaphore wanted = new Semaphore(0);
  private final CountDownLatch first = new CountDownLatch(1);
  private volatile boolean stopping;
  private volatile long announced;
  private volatile @Nullable Thread thread;
  private boolean failing;

  BundleKeeper(
      AuthServer authServer, PolicyBundles bundles, BundleSettings settings, SecureRandom random) {
    this.authServer = authServer;
    this.bundles = bundles;
    this.settings = settings;
    this.backoff = new Backoff(Duration.ofMillis(250), Duration.ofSeconds(15), random);
  }

  @Override
  public void start() {
    try {
      bundles.takeFromDisk();
    } catch (IOException e) {
      log.warn("the policy bundle on disk cannot be read: {}", e.getMessage());
    }
    Thread keeping = Thread.ofPlatform().name("bundle").daemon().unstarted(this::keep);
    thread = keeping;
    keeping.start();
    if (bundles.version() == 0) {
      awaitFirst();
    }
  }

  /**
   * Holds back the start. The JVM's shutdown must be able to end the wait: Spring's own hook waits
   * for the very start that waits here.
   */
  private void awaitFirst() {
    Thread ending =
        new Thread(
            () -> {
              stopping = true;
              first.countDown();
            },
            "bundle-wait-end");
    Runtime.getRuntime().addShutdownHook(ending);
    try {
      boolean came = first.await(settings.bundleWait().toMillis(), TimeUnit.MILLISECONDS);
      if (!came || stopping) {
        stop();
        throw new StartRefused(
            stopping
                ? "stopped while waiting for a policy bundle"
                : "no policy bundle: none on disk, and the auth-server gave no good one within "
                    + settings.bundleWait().toSeconds()
                    + " s"
                    + bundles
                        .lastRefusal()
                        .map(refusal -> " (last refused: " + refusal.reason() + ")")
                        .orElse(""));
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new StartRefused("interrupted while waiting for a policy bundle");
    } finally {
      if (!stopping) {
        Runtime.getRuntime().removeShutdownHook(ending);
      }
    }
  }

  @Override
  public void stop() {
    Thread keeping = thread;
    thread = null;
    if (keeping != null) {
      keeping.interrupt();
      try {
        keeping.join(Duration.ofSeconds(2));
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
    }
  }

  @Override
  public boolean isRunning() {
    return thread != null;
  }

  /** After the signals, before the web server. */
  @Override
  public int getPhase() {
    return SignalStream.PHASE + 1;
  }

  @Override
  public void policyActivated(long version) {
    announced = Math.max(announced, version);
    wanted.release();
  }

  @Override
  public void hearingAgain() {
    wanted.release();
  }

  private void keep() {
    while (Thread.currentThread().equals(thread)) {
      Duration pause;
      try {
        pause = fetch() ? FETCHED_EVERY : backoff.next();
      } catch (InterruptedException e) {
        return;
      } catch (IOException | RuntimeException e) {
        if (!failing) {
          failing = true;
          log.warn("policy bundle not fetched: {}", e.getMessage());
        }
        pause = backoff.next();
      }
      try {
        if (wanted.tryAcquire(pause.toMillis(), TimeUnit.MILLISECONDS)) {
          wanted.drainPermits();
        }
      } catch (InterruptedException e) {
        return;
      }
    }
  }

  /** Whether the gateway now has the version it was told of, or knows of no newer one. */
  private boolean fetch() throws IOException, InterruptedException {
    long held = bundles.version();
    AuthServer.Answer answer =
        authServer.getAsGateway(
            "/v1/policy/bundle",
            held == 0 ? null : "\"" + held + "\"",
            IssuerJws.Format.POLICY_BUNDLE.charsMax(),
            Duration.ZERO);
    switch (answer.status()) {
      case 200 -> {
        if (!bundles.take(new String(answer.body(), StandardCharsets.US_ASCII))) {
          return false;
        }
      }
      case 304 -> bundles.confirm();
      default -> throw new IOException("the auth-server answered with status " + answer.status());
    }
    first.countDown();
    failing = false;
    if (bundles.version() < announced) {
      return false;
    }
    backoff.reset();
    return true;
  }
}

package dev.sallyport.gateway.socket;

import dev.sallyport.gateway.door.LiveCallers;
import dev.sallyport.gateway.door.ServerNonces;
import dev.sallyport.gateway.door.TokenDoor;
import dev.sallyport.gateway.limit.Limits;
import dev.sallyport.gateway.protocol.CloseCode;
import io.micrometer.core.instrument.MeterRegistry;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Locale;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.context.SmartLifecycle;
import org.springframework.stereotype.Component;

/**
 * All sockets, and what they share. One sweep, four times a second, serves every deadline of every
 * socket (expiry, first frame, idleness, closing), so that a socket costs no timers.
 */
@Component
final class Sockets implements SmartLifecycle {
  private static final Logger log = LoggerFactory.getLogger(Sockets.class);
  private static final long SWEEP_EVERY_MILLIS = 250;

  /** For the answers to close frames. */
  private static final Duration CLOSING_MAX = Duration.ofSeconds(3);

  /** Fifty clients a second burden nobody: few are told within a moment. */
  private static final long PAUSE_NANOS_MAX = TimeUnit.MILLISECONDS.toNanos(20);

  final TokenDoor door;
  final LiveCallers live;
  final ServerNonces nonces;
  final Relay relay;
  final Clock clock;
  final PendingSockets pending;
  final Seats<Socket> seats;
  final Limits limits;

  private final int socketsMax;
  private final DrainSettings drain;
  private final MeterRegistry meters;
  private final Set<Socket> all = ConcurrentHashMap.newKeySet();
  private volatile @Nullable ScheduledExecutorService sweeper;

  private volatile boolean draining;

  /** Of the last sweep: exact enough for idleness, and free to read. */
  volatile long roughMillis;

  Sockets(
      TokenDoor door,
      LiveCallers live,
      ServerNonces nonces,
      Relay relay,
      SocketSettings settings,
      DrainSettings drain,
      Limits limits,
      Clock clock,
      MeterRegistry meters) {
    this.door = door;
    this.live = live;
    this.nonces = nonces;
    this.relay = relay;
    this.limits = limits;
    this.clock = clock;
    this.roughMillis = clock.millis();
    this.socketsMax = settings.socketsMax();
    this.drain = drain;
    this.pending =
        new PendingSockets(settings.pendingSocketsMax(), settings.pendingSocketsPerAddressMax());
    this.seats = new Seats<>(settings.socketsPerUserMax(), settings.socketsPerDeviceMax());
    this.meters = meters;
    meters.gauge("sallyport.sockets", all, Set::size);
    meters.gauge("sallyport.sockets.pending", pending, PendingSockets::count);
  }

  /** Whether this gateway ends, and takes no more. */
  boolean draining() {
    return draining;
  }

  /** Whether there is room for one more. */
  boolean full() {
    return all.size() >= socketsMax;
  }

  int count() {
    return all.size();
  }

  void add(Socket socket) {
    all.add(socket);
  }

  void remove(Socket socket) {
    all.remove(socket);
  }

  void counted(CloseCode code) {
    meters
        .counter("sallyport.sockets.closed", "code", code.name().toLowerCase(Locale.ROOT))
        .increment();
  }

  /** Lets every socket see what time it is. */
  void sweep() {
    long now = clock.millis();
    roughMillis = now;
    for (Socket socket : all) {
      try {
        socket.tick(now);
      } catch (RuntimeException e) {
        log.error("a socket failed on the sweep", e);
      }
    }
  }

  @Override
  public void start() {
    ScheduledExecutorService executor =
        Executors.newSingleThreadScheduledExecutor(
            Thread.ofPlatform().name("socket-sweep").daemon().factory());
    var _ =
        executor.scheduleWithFixedDelay(
            this::sweep, SWEEP_EVERY_MILLIS, SWEEP_EVERY_MILLIS, TimeUnit.MILLISECONDS);
    sweeper = executor;
  }

  /**
   * Tells every client to go elsewhere, before the web server stops: some after the other, each as
   * soon as what it asked is answered. Takes no time where there is no socket, and a bounded one
   * otherwise.
   */
  @Override
  public void stop() {
    draining = true;
    ScheduledExecutorService executor = sweeper;
    sweeper = null;
    try {
      if (!all.isEmpty()) {
        drain();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    all.forEach(Socket::abort);
    if (executor != null) {
      executor.shutdownNow();
    }
  }

  private void drain() throws InterruptedException {
    log.info("telling {} sockets to go elsewhere", all.size());
    awaitNone(drain.notice());
    var leaving = new ArrayList<>(all);
    Collections.shuffle(leaving);
    long pause = Math.min(drain.spread().toNanos() / Math.max(1, leaving.size()), PAUSE_NANOS_MAX);
    long next = System.nanoTime();
    for (Socket socket : leaving) {
      socket.leave();
      next += pause;
      TimeUnit.NANOSECONDS.sleep(next - System.nanoTime());
    }
    // Those whose handshake was under way.
    all.forEach(Socket::leave);
    awaitNone(drain.answersMax());
    all.forEach(socket -> socket.close(CloseCode.GOING_AWAY));
    awaitNone(CLOSING_MAX);
  }

  private void awaitNone(Duration within) throws InterruptedException {
    long deadline = System.nanoTime() + within.toNanos();
    while (!all.isEmpty() && System.nanoTime() < deadline) {
      TimeUnit.MILLISECONDS.sleep(20);
    }
  }

  @Override
  public boolean isRunning() {
    return sweeper != null;
  }

  /** The last to start, the first to stop. */
  @Override
  public int getPhase() {
    return Integer.MAX_VALUE;
  }
}

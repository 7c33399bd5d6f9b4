package dev.sallyport.gateway.nats;

import io.nats.client.Connection;
import io.nats.client.ConnectionListener;
import io.nats.client.Consumer;
import io.nats.client.Dispatcher;
import io.nats.client.ErrorListener;
import io.nats.client.Message;
import io.nats.client.MessageHandler;
import io.nats.client.Nats;
import io.nats.client.Options;
import java.io.IOException;
import java.time.Duration;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The connection to NATS, for as long as the gateway runs: made in the background, again and again
 * with growing pauses, so that nothing waits for it. What is published while there is none is
 * dropped and counted. Thread-safe, never blocks.
 */
final class NatsLink implements AutoCloseable {

  private static final Logger LOG = LoggerFactory.getLogger(NatsLink.class);

  private static final Duration CONNECT_MAX = Duration.ofSeconds(2);
  private static final Duration PAUSE_MIN = Duration.ofMillis(100);
  private static final Duration PAUSE_MAX = Duration.ofSeconds(5);

  /** Two without an answer, and the connection is given up. */
  private static final Duration PING_EVERY = Duration.ofSeconds(2);

  /** Towards NATS; beyond it messages are dropped, and found in the log by those who miss them. */
  private static final int OUTGOING_MESSAGES_MAX = 65_536;

  /** From NATS, while the fan-out is busy; beyond it messages are dropped, too. */
  private static final long INCOMING_MESSAGES_MAX = 65_536;

  private static final long INCOMING_BYTES_MAX = 64L << 20;

  /** What is to be done when the connection comes back, or when something was dropped. */
  interface Loss {
    void missed();
  }

  /** What options a new connection is made with; fails if the settings cannot be used. */
  interface OptionsSource {
    Options.Builder builder() throws IOException;
  }

  private final OptionsSource options;
  private final MessageHandler handler;
  private final Loss loss;
  private final Map<String, MessageHandler> answering;
  private final Set<String> wanted = new HashSet<>();
  private final CountDownLatch closing = new CountDownLatch(1);
  private final AtomicLong unsent = new AtomicLong();
  private final AtomicLong dropped = new AtomicLong();
  private final AtomicReference<String> trouble = new AtomicReference<>("");
  private volatile @Nullable Connection connection;

  /** Guarded by this. */
  private @Nullable Dispatcher dispatcher;

  /**
   * @param handler of what is subscribed to, on one thread, which it may hold up
   * @param answering what is asked on these subjects, on a thread of its own
   */
  NatsLink(
      OptionsSource options,
      MessageHandler handler,
      Map<String, MessageHandler> answering,
      Loss loss) {
    this.options = options;
    this.handler = handler;
    this.answering = Map.copyOf(answering);
    this.loss = loss;
  }

  void start() {
    Thread.ofPlatform().name("nats-connect").daemon().start(this::keepConnected);
  }

  private void keepConnected() {
    long pause = PAUSE_MIN.toMillis();
    try {
      while (closing.getCount() > 0) {
        var over = new CompletableFuture<Void>();
        if (connect(over)) {
          pause = PAUSE_MIN.toMillis();
          over.join();
        } else {
          pause = Math.min(pause * 2, PAUSE_MAX.toMillis());
        }
        if (closing.await(pause, TimeUnit.MILLISECONDS)) {
          return;
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private boolean connect(CompletableFuture<Void> over) throws InterruptedException {
    try {
      var made =
          Nats.connect(
              options
                  .builder()
                  .noEcho()
                  .maxReconnects(-1)
                  .reconnectDelayHandler(
                      tries ->
                          Duration.ofMillis(
                              Math.min(
                                  PAUSE_MIN.toMillis() << Math.min(tries, 16),
                                  PAUSE_MAX.toMillis())))
                  // What was to be said while nobody listened is in the log.
                  .reconnectBufferSize(0)
                  .connectionTimeout(CONNECT_MAX)
                  .pingInterval(PING_EVERY)
                  .maxPingsOut(2)
                  .maxMessagesInOutgoingQueue(OUTGOING_MESSAGES_MAX)
                  .discardMessagesWhenOutgoingQueueFull()
                  .connectionListener(new Events(over))
                  .errorListener(new Errors())
                  .build());
      synchronized (this) {
        if (closing.getCount() == 0) {
          made.close();
          return true;
        }
        var heard = made.createDispatcher(handler);
        heard.setPendingLimits(INCOMING_MESSAGES_MAX, INCOMING_BYTES_MAX);
        wanted.forEach(heard::subscribe);
        answering.forEach((subject, answer) -> made.createDispatcher(answer).subscribe(subject));
        dispatcher = heard;
        connection = made;
      }
      told("");
      loss.missed();
      LOG.info("connected to NATS");
      return true;
    } catch (IOException | RuntimeException e) {
      told(e.getMessage() == null ? e.getClass().getSimpleName() : e.getMessage());
      return false;
    }
  }

  /** Remembers what is wrong, and says it once. */
  private void told(String what) {
    if (!trouble.getAndSet(what).equals(what) && !what.isEmpty()) {
      LOG.warn("NATS cannot be used, other gateways are followed by the log: {}", what);
    }
  }

  private final class Events implements ConnectionListener {
    private final CompletableFuture<Void> over;

    Events(CompletableFuture<Void> over) {
      this.over = over;
    }

    @Override
    public void connectionEvent(Connection from, ConnectionListener.Events event) {
      switch (event) {
        case DISCONNECTED -> told("the connection is lost");
        case RECONNECTED -> {
          told("");
          LOG.info("connected to NATS again");
        }
        case RESUBSCRIBED -> loss.missed();
        // By us, or after being refused twice: then it is made anew.
        case CLOSED -> {
          over.complete(null);
          loss.missed();
        }
        default -> {}
      }
    }
  }

  private final class Errors implements ErrorListener {
    @Override
    public void errorOccurred(Connection from, String error) {
      told(error);
    }

    @Override
    public void exceptionOccurred(Connection from, Exception e) {
      // Those of a connection that ends; that it ended is told.
      LOG.debug("NATS: {}", e.toString());
    }

    @Override
    public void slowConsumerDetected(Connection from, Consumer consumer) {
      dropped.incrementAndGet();
      loss.missed();
    }

    @Override
    public void messageDiscarded(Connection from, Message message) {
      unsent.incrementAndGet();
    }
  }

  boolean connected() {
    var now = connection;
    return now != null && now.getStatus() == Connection.Status.CONNECTED;
  }

  /** What is wrong with it; empty: nothing. */
  String trouble() {
    return trouble.get();
  }

  /** Messages that nobody was told. */
  long unsent() {
    return unsent.get();
  }

  /** How often messages came faster than they were taken. */
  long dropped() {
    return dropped.get();
  }

  void publish(String subject, byte[] message) {
    var now = connection;
    if (now == null) {
      unsent.incrementAndGet();
      return;
    }
    try {
      now.publish(subject, message);
    } catch (IllegalStateException | IllegalArgumentException e) {
      // Not connected, or longer than this server takes.
      unsent.incrementAndGet();
    }
  }

  /** Waits until the server has heard all that was said before; false if it does not in time. */
  boolean flush(Duration within) {
    var now = connection;
    if (now == null) {
      return false;
    }
    try {
      now.flush(within);
      return true;
    } catch (TimeoutException | IllegalStateException e) {
      return false;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    }
  }

  /** The answer of whoever listens there; fails if nobody does, or not in time. */
  CompletableFuture<Message> request(String subject, byte[] message, Duration within) {
    var now = connection;
    if (now == null) {
      return CompletableFuture.failedFuture(new IOException("there is no connection"));
    }
    try {
      return now.requestWithTimeout(subject, message, within);
    } catch (IllegalStateException | IllegalArgumentException e) {
      return CompletableFuture.failedFuture(e);
    }
  }

  synchronized void subscribe(String subject) {
    if (wanted.add(subject) && dispatcher != null) {
      try {
        dispatcher.subscribe(subject);
      } catch (IllegalStateException e) {
        // The connection ended; the next one knows.
      }
    }
  }

  synchronized void unsubscribe(String subject) {
    if (wanted.remove(subject) && dispatcher != null) {
      try {
        dispatcher.unsubscribe(subject);
      } catch (IllegalStateException e) {
        // So did the subscription.
      }
    }
  }

  @Override
  public void close() {
    closing.countDown();
    Connection last;
    synchronized (this) {
      last = connection;
      connection = null;
      dispatcher = null;
    }
    if (last != null) {
      try {
        last.close();
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
    }
  }
}

package dev.sallyport.gateway.fanout;

import dev.sallyport.gateway.log.RoomLog;
import java.time.Duration;
import java.time.InstantSource;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The one thread of a share of the streams: everything that happens to a stream happens here, in
 * the order in which it was posted.
 *
 * <p>What sockets post is bounded by their subscriptions. What the log posts is bounded by permits:
 * a log that runs ahead of the fan-out waits, and so in the end do those who append.
 */
final class Loop implements AutoCloseable {

  private static final Logger LOG = LoggerFactory.getLogger(Loop.class);

  /** Some 100 ms of the log's best rate. */
  private static final int ENTRIES_POSTED_MAX = 16_384;

  private static final Duration LOAD_AGAIN = Duration.ofMillis(500);

  private final RoomLog log;
  private final Readings readings;
  private final InstantSource clock;
  private final Later later;
  private final Supplier<Nodes> nodes;
  private final LinkedBlockingQueue<Runnable> posted = new LinkedBlockingQueue<>();
  private final Semaphore permits = new Semaphore(ENTRIES_POSTED_MAX);
  private final Map<StreamKey, Stream> streams = new HashMap<>();
  private final Thread thread;
  private volatile boolean closed;

  Loop(
      int number,
      RoomLog log,
      Readings readings,
      InstantSource clock,
      Later later,
      Supplier<Nodes> nodes) {
    this.log = log;
    this.readings = readings;
    this.clock = clock;
    this.later = later;
    this.nodes = nodes;
    this.thread = Thread.ofPlatform().name("fanout-" + number).daemon().start(this::run);
  }

  /** Runs a task on another thread after a while. */
  interface Later {
    void run(Duration delay, Runnable task);
  }

  private void run() {
    while (!closed) {
      try {
        posted.take().run();
      } catch (InterruptedException e) {
        // Only close() ends the loop, and it says so.
      } catch (RuntimeException e) {
        LOG.error("a step of the fan-out failed", e);
      }
    }
  }

  void publish(StreamKey key, Item item) {
    permits.acquireUninterruptibly();
    posted.add(
        () -> {
          permits.release();
          with(key, stream -> stream.publish(item));
        });
  }

  void reached(StreamKey key, long seq) {
    posted.add(() -> with(key, stream -> stream.reached(seq)));
  }

  void followedBy(Nodes others) {
    posted.add(() -> streams.keySet().forEach(others::followed));
  }

  void uncertain(StreamKey key) {
    posted.add(() -> with(key, Stream::uncertain));
  }

  void join(Subscription subscription) {
    posted.add(
        () -> {
          if (!subscription.over) {
            var stream = streams.get(subscription.stream);
            if (stream == null) {
              stream = new Stream(subscription.stream, this);
              streams.put(subscription.stream, stream);
              nodes.get().followed(subscription.stream);
            }
            stream.join(subscription);
          }
        });
  }

  void handOver(Subscription subscription) {
    posted.add(
        () -> {
          if (!subscription.over) {
            with(subscription.stream, stream -> stream.handOver(subscription));
          }
        });
  }

  void leave(Subscription subscription) {
    posted.add(
        () -> {
          with(subscription.stream, stream -> stream.leave(subscription));
          var stream = streams.get(subscription.stream);
          if (stream != null && stream.deserted()) {
            streams.remove(subscription.stream);
            nodes.get().deserted(subscription.stream);
          }
        });
  }

  private void with(StreamKey key, Consumer<Stream> step) {
    var stream = streams.get(key);
    if (stream != null) {
      step.accept(stream);
    }
  }

  // --------------------------------------------------------- for streams, on this thread

  Readings readings() {
    return readings;
  }

  long millis() {
    return clock.millis();
  }

  /** This subscription is over, for whatever reason. */
  void dropped(Subscription subscription) {
    subscription.over = true;
    subscription.follower.forget(subscription);
    leave(subscription);
  }

  void load(String roomId) {
    var key = new StreamKey.OfRoom(roomId);
    var _ =
        readings
            .open(roomId)
            .whenComplete(
                (reading, failure) -> {
                  if (failure != null) {
                    later.run(LOAD_AGAIN, () -> posted.add(() -> loadIfFollowed(key)));
                  } else {
                    posted.add(
                        () ->
                            with(
                                key,
                                stream -> reading.ifPresentOrElse(stream::loaded, stream::gone)));
                  }
                });
  }

  /** Looks soon whether what is missing has come. */
  void lookForGap(StreamKey key, Duration patience) {
    later.run(
        nodes.get() == Nodes.NONE ? Duration.ZERO : patience,
        () -> posted.add(() -> with(key, Stream::fillGap)));
  }

  /** Reads what follows that entry, once for all who follow the room. */
  void fill(StreamKey.OfRoom key, long after) {
    var _ =
        log.read(key.roomId(), after, RoomLog.PAGE_ENTRIES_MAX)
            .whenComplete(
                (page, failure) -> {
                  if (failure != null) {
                    later.run(LOAD_AGAIN, () -> posted.add(() -> with(key, Stream::fillAgain)));
                  } else {
                    posted.add(() -> with(key, stream -> stream.filled(after, page)));
                  }
                });
  }

  private void loadIfFollowed(StreamKey.OfRoom key) {
    if (streams.containsKey(key)) {
      load(key.roomId());
    }
  }

  @Override
  public void close() {
    closed = true;
    posted.add(() -> {});
    // A log that waits for permits must not wait for ever.
    permits.release(ENTRIES_POSTED_MAX);
    try {
      thread.join(TimeUnit.SECONDS.toMillis(5));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}

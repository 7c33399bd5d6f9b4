package dev.sallyport.gateway.nats;

import dev.sallyport.gateway.fanout.Remembered;
import dev.sallyport.gateway.fanout.StreamKey;
import dev.sallyport.gateway.log.LogListener;
import dev.sallyport.gateway.log.RoomLog;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletionException;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Asks the database how far everything reaches that is followed or remembered here, whatever NATS
 * says: so a last message that was lost is found, at the latest after {@link #EVERY}. At once after
 * a reconnect and when something was dropped; and of a stream that was only just followed as soon
 * as NATS knows that it is.
 */
final class HeadWatch implements AutoCloseable {

  private static final Logger LOG = LoggerFactory.getLogger(HeadWatch.class);

  /** The bound on how far a follower can be behind the log (decision 0303). */
  static final Duration EVERY = Duration.ofSeconds(3);

  /** Some three per cent of a core of PostgreSQL. Beyond, the bound grows in proportion. */
  static final int STREAMS_PER_ROUND_MAX = 50_000;

  /** So that what others ask comes in between. */
  private static final int IDS_PER_QUESTION = 2_048;

  private static final Duration FRESH_EVERY = Duration.ofMillis(150);
  private static final Duration FLUSH_MAX = Duration.ofSeconds(1);

  private final RoomLog log;
  private final NatsLink link;
  private final NatsNodes nodes;
  private final Remembered rooms;
  private final LogListener here;
  private final NatsNodes.Reached reached;
  private final AtomicBoolean asked = new AtomicBoolean();
  private final ScheduledExecutorService timer =
      Executors.newSingleThreadScheduledExecutor(
          Thread.ofPlatform().name("head-watch").daemon().factory());

  HeadWatch(
      RoomLog log,
      NatsLink link,
      NatsNodes nodes,
      Remembered rooms,
      LogListener here,
      NatsNodes.Reached reached) {
    this.log = log;
    this.link = link;
    this.nodes = nodes;
    this.rooms = rooms;
    this.here = here;
    this.reached = reached;
  }

  void start() {
    later(EVERY, this::round);
    later(FRESH_EVERY, this::fresh);
  }

  /** Something was missed: asks at once, if that is not under way. */
  void soon() {
    if (asked.compareAndSet(false, true)) {
      later(
          Duration.ZERO,
          () -> {
            asked.set(false);
            lookAt(nodes.followed(), rooms.remembered());
          });
    }
  }

  private void round() {
    var followed = nodes.followed();
    var remembered = rooms.remembered();
    try {
      lookAt(followed, remembered);
    } finally {
      long streams = followed.size() + remembered.size();
      later(EVERY.multipliedBy(1 + streams / STREAMS_PER_ROUND_MAX), this::round);
    }
  }

  private void fresh() {
    try {
      // While there is no connection they wait for the round, as all others do.
      var some = link.connected() ? nodes.fresh() : List.<StreamKey>of();
      if (!some.isEmpty() && link.flush(FLUSH_MAX)) {
        lookAt(some, List.of());
      }
    } finally {
      later(FRESH_EVERY, this::fresh);
    }
  }

  private void lookAt(Collection<StreamKey> followed, Collection<String> remembered) {
    Set<String> roomIds = new LinkedHashSet<>(remembered);
    var deviceIds = new ArrayList<String>();
    for (var stream : followed) {
      switch (stream) {
        case StreamKey.OfRoom(String roomId) -> roomIds.add(roomId);
        case StreamKey.OfInbox(String deviceId) -> deviceIds.add(deviceId);
      }
    }
    try {
      for (var some : parts(List.copyOf(roomIds))) {
        log.heads(some)
            .join()
            .forEach(
                (roomId, head) -> {
                  here.changedElsewhere(roomId, head.version());
                  reached.reached(new StreamKey.OfRoom(roomId), head.lastSeq());
                });
      }
      for (var some : parts(deviceIds)) {
        log.inboxHeads(some)
            .join()
            .forEach((deviceId, seq) -> reached.reached(new StreamKey.OfInbox(deviceId), seq));
      }
    } catch (CompletionException e) {
      // The database is away: so is whoever could have written to it.
      LOG.debug("heads could not be read: {}", e.toString());
    }
  }

  private static List<List<String>> parts(List<String> ids) {
    var parts = new ArrayList<List<String>>();
    for (int from = 0; from < ids.size(); from += IDS_PER_QUESTION) {
      parts.add(ids.subList(from, Math.min(from + IDS_PER_QUESTION, ids.size())));
    }
    return parts;
  }

  private void later(Duration delay, Runnable step) {
    try {
      var _ =
          timer.schedule(
              () -> {
                try {
                  step.run();
                } catch (RuntimeException e) {
                  LOG.error("heads could not be looked at", e);
                }
              },
              delay.toMillis(),
              TimeUnit.MILLISECONDS);
    } catch (RejectedExecutionException e) {
      // Closed: nobody follows anything any more.
    }
  }

  @Override
  public void close() {
    timer.shutdownNow();
  }
}

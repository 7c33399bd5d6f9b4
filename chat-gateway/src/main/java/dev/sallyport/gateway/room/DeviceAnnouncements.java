package dev.sallyport.gateway.room;

import dev.sallyport.gateway.device.DeviceNews;
import dev.sallyport.gateway.device.Devices;
import dev.sallyport.gateway.log.RoomEvent;
import dev.sallyport.gateway.log.RoomLog;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Tells each room that a user has joined when a device of theirs comes or goes, as an entry of its
 * log: so senders learn at once whom their next Commit has to add or remove. A device is told about
 * until all rooms know, also after a restart; a room may so be told twice, which is one truth.
 *
 * <p>One device after the other and one room after the other, so that the messages of all come
 * between.
 */
final class DeviceAnnouncements implements DeviceNews {

  private static final Logger LOG = LoggerFactory.getLogger(DeviceAnnouncements.class);

  private static final Duration AGAIN = Duration.ofSeconds(2);

  private final Devices devices;
  private final RoomLog log;
  private final RoomActions rooms;
  private final Executor relay;

  /** How often it was asked for since the last round began; above 0 a round is on its way. */
  private final AtomicInteger asked = new AtomicInteger();

  DeviceAnnouncements(Devices devices, RoomLog log, RoomActions rooms, Executor relay) {
    this.devices = devices;
    this.log = log;
    this.rooms = rooms;
    this.relay = relay;
  }

  @Override
  public void arrived() {
    if (asked.getAndIncrement() == 0) {
      round();
    }
  }

  private void round() {
    int answered = asked.get();
    var _ =
        devices
            .unannounced()
            .thenComposeAsync(some -> each(some, 0, 0), relay)
            .whenComplete(
                (told, failure) -> {
                  if (failure != null) {
                    LOG.warn("rooms could not be told of devices: {}", failure.getMessage());
                    // Until it is told, its leaf may hear what is said.
                    var _ =
                        CompletableFuture.runAsync(
                            this::arrived,
                            CompletableFuture.delayedExecutor(
                                AGAIN.toMillis(), TimeUnit.MILLISECONDS, relay));
                  }
                  boolean more = failure == null && told > 0;
                  if (more || asked.addAndGet(-answered) > 0) {
                    relay.execute(this::round);
                  }
                });
  }

  private CompletableFuture<Integer> each(List<Devices.Unannounced> some, int at, int told) {
    if (at == some.size()) {
      return CompletableFuture.completedFuture(told);
    }
    var one = some.get(at);
    return rooms(one, "")
        .thenCompose(done -> devices.announced(one))
        .thenComposeAsync(done -> each(some, at + 1, told + (done ? 1 : 0)), relay);
  }

  private CompletableFuture<@Nullable Void> rooms(Devices.Unannounced news, String afterRoomId) {
    return log.roomsOf(news.userId(), afterRoomId, RoomLog.PAGE_ENTRIES_MAX)
        .thenComposeAsync(
            ids ->
                in(ids, 0, news)
                    .thenCompose(
                        done ->
                            ids.size() == RoomLog.PAGE_ENTRIES_MAX
                                ? rooms(news, ids.getLast())
                                : CompletableFuture.completedFuture(null)),
            relay);
  }

  private CompletableFuture<@Nullable Void> in(
      List<String> roomIds, int at, Devices.Unannounced news) {
    if (at == roomIds.size()) {
      return CompletableFuture.completedFuture(null);
    }
    var type = news.live() ? RoomEvent.Type.DEVICE_ADDED : RoomEvent.Type.DEVICE_REMOVED;
    return rooms
        .tell(roomIds.get(at), type, news.userId(), news.deviceId())
        .thenComposeAsync(
            outcome ->
                outcome instanceof RoomOutcome.Refused(Refusal refusal) && refusal.retryable()
                    ? CompletableFuture.<@Nullable Void>failedFuture(
                        new IllegalStateException("the room log cannot be reached"))
                    : in(roomIds, at + 1, news),
            relay);
  }
}

package dev.sallyport.acceptance;

import dev.sallyport.client.GatewaySocket;
import dev.sallyport.gateway.protocol.InboxEntry;
import dev.sallyport.gateway.protocol.RoomEntry;
import dev.sallyport.gateway.protocol.ServerFrame;
import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** One device: its person, its MLS engine and its own socket. */
final class Seat {

  /** Far more than it takes: the machine may be busy. */
  private static final Duration SOON = Duration.ofSeconds(60);

  final String userId;
  final String deviceId;
  final Engine engine;
  private final BlockingQueue<RoomEntry> entries = new LinkedBlockingQueue<>();
  private final BlockingQueue<InboxEntry> inbox = new LinkedBlockingQueue<>();
  private @Nullable GatewaySocket socket;
  private long delivered;

  Seat(String userId, String deviceId, Engine engine) {
    this.userId = userId;
    this.deviceId = deviceId;
    this.engine = engine;
  }

  void take(ServerFrame frame) {
    switch (frame.getBodyCase()) {
      case ROOM_ENTRY -> entries.add(frame.getRoomEntry());
      case INBOX_ENTRY -> inbox.add(frame.getInboxEntry());
      default -> {}
    }
  }

  void opened(GatewaySocket open) {
    socket = open;
  }

  GatewaySocket socket() {
    return Objects.requireNonNull(socket, "not connected");
  }

  /** That entry of the room, as this device's own socket brings it: after all before it. */
  RoomEntry await(long seq) {
    while (true) {
      var entry = poll(entries, "entry " + seq);
      if (delivered > 0 && entry.getSeq() != delivered + 1) {
        throw new AssertionError(
            "entry %d came to %s after %d".formatted(entry.getSeq(), deviceId, delivered));
      }
      delivered = entry.getSeq();
      if (delivered == seq) {
        return entry;
      }
      if (delivered > seq) {
        throw new AssertionError("entry " + seq + " did not come to " + deviceId);
      }
    }
  }

  /** The room begins anew for this device: its user was out in between. */
  void away() {
    entries.clear();
    delivered = 0;
  }

  /** The Welcome that comes next. */
  byte[] welcome() {
    while (true) {
      var entry = poll(inbox, "a Welcome");
      if (entry.getItemCase() == InboxEntry.ItemCase.WELCOME) {
        return entry.getWelcome().toByteArray();
      }
    }
  }

  private <T> T poll(BlockingQueue<T> queue, String what) {
    try {
      var next = queue.poll(SOON.toSeconds(), TimeUnit.SECONDS);
      if (next == null) {
        throw new AssertionError(what + " did not come to " + deviceId + " within " + SOON);
      }
      return next;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
  }
}

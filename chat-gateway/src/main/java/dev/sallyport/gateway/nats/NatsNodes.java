package dev.sallyport.gateway.nats;

import dev.sallyport.gateway.fanout.Frames;
import dev.sallyport.gateway.fanout.Nodes;
import dev.sallyport.gateway.fanout.StreamKey;
import dev.sallyport.gateway.log.EntryReader;
import dev.sallyport.gateway.log.InboxEntry;
import dev.sallyport.gateway.log.LogEntry;
import dev.sallyport.gateway.log.LogListener;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.nats.client.Message;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Tells the other gateways what this one committed, each entry once, and hands on what they tell.
 *
 * <p>An entry of a room crosses whole, on a subject that only gateways with a follower of the room
 * listen to. Of an inbox crosses how far it reaches: what lies there is read from the database,
 * since it has no hashes by which to believe another. That a room has changed is told to all, since
 * all may remember it. Thread-safe.
 */
final class NatsNodes implements LogListener, Nodes {

  /** A message of 64 KiB with the largest declaration has some 120 KiB. */
  static final int MESSAGE_BYTES_MAX = 256 << 10;

  private static final int ID_CHARS = 36;

  private final NatsLink link;
  private final Subjects subjects;
  private final Seal seal;
  private final LogListener here;
  private final Reached reached;
  private final Counter told;
  private final Counter heard;
  private final Counter refused;
  private final Set<StreamKey> followed = ConcurrentHashMap.newKeySet();
  private final Set<StreamKey> fresh = ConcurrentHashMap.newKeySet();

  /** Who is told how far a stream reaches. */
  interface Reached {
    void reached(StreamKey stream, long seq);
  }

  NatsNodes(
      NatsLink link,
      Subjects subjects,
      Seal seal,
      LogListener here,
      Reached reached,
      MeterRegistry meters) {
    this.link = link;
    this.subjects = subjects;
    this.seal = seal;
    this.here = here;
    this.reached = reached;
    this.told = meters.counter("sallyport.nats.told");
    this.heard = meters.counter("sallyport.nats.heard");
    this.refused = meters.counter("sallyport.nats.refused");
  }

  // ------------------------------------------------------------------------------ what is told

  @Override
  public void appended(
      List<LogEntry> entries, List<InboxEntry> inboxEntries, Map<String, Long> versions) {
    for (var entry : entries) {
      tell(
          subjects.of(new StreamKey.OfRoom(entry.roomId())), Frames.roomEntry(entry).toByteArray());
      if (entry.event() != null) {
        tell(subjects.changed, changed(entry.roomId(), entry.seq()));
      }
    }
    for (var entry : inboxEntries) {
      tell(subjects.of(new StreamKey.OfInbox(entry.deviceId())), number(entry.seq()));
    }
  }

  private void tell(String subject, byte[] payload) {
    if (payload.length <= MESSAGE_BYTES_MAX) {
      told.increment();
      link.publish(subject, seal.seal(subject, payload));
    }
  }

  private static byte[] number(long number) {
    return ByteBuffer.allocate(Long.BYTES).putLong(number).array();
  }

  private static byte[] changed(String roomId, long version) {
    return ByteBuffer.allocate(ID_CHARS + Long.BYTES)
        .put(roomId.getBytes(StandardCharsets.US_ASCII))
        .putLong(version)
        .array();
  }

  /** What became of those is not known here either: who follows them elsewhere asks for heads. */
  @Override
  public void uncertain(Collection<String> roomIds, Collection<String> deviceIds) {}

  // ----------------------------------------------------------------------------- what is heard

  /** On the thread of the connection; holding it up makes NATS drop what comes. */
  void hear(Message message) {
    if (hear(message.getSubject(), message.getData())) {
      heard.increment();
    } else {
      refused.increment();
    }
  }

  /**
   * Hands it on.
   *
   * @return false if it is not what a gateway says
   */
  boolean hear(String subject, byte[] message) {
    if (message.length > MESSAGE_BYTES_MAX + Seal.TAG_BYTES) {
      return false;
    }
    var payload = seal.open(subject, message);
    if (payload.isEmpty()) {
      return false;
    }
    if (subject.equals(subjects.changed)) {
      return changed(payload.get());
    }
    var stream = subjects.stream(subject);
    if (stream.isEmpty()) {
      return false;
    }
    return switch (stream.get()) {
      case StreamKey.OfRoom(String roomId) -> {
        var entry = EntryReader.read(roomId, payload.get());
        entry.ifPresent(here::elsewhere);
        yield entry.isPresent();
      }
      case StreamKey.OfInbox inbox -> {
        boolean fits = payload.get().remaining() == Long.BYTES;
        if (fits) {
          reached.reached(inbox, payload.get().getLong());
        }
        yield fits;
      }
    };
  }

  private boolean changed(ByteBuffer payload) {
    if (payload.remaining() != ID_CHARS + Long.BYTES) {
      return false;
    }
    byte[] id = new byte[ID_CHARS];
    payload.get(id);
    var roomId = new String(id, StandardCharsets.US_ASCII);
    if (!Subjects.isId(roomId)) {
      return false;
    }
    here.changedElsewhere(roomId, payload.getLong());
    return true;
  }

  // -------------------------------------------------------------------------- what is followed

  @Override
  public void followed(StreamKey stream) {
    if (followed.add(stream)) {
      fresh.add(stream);
      link.subscribe(subjects.of(stream));
    }
  }

  @Override
  public void deserted(StreamKey stream) {
    if (followed.remove(stream)) {
      fresh.remove(stream);
      link.unsubscribe(subjects.of(stream));
    }
  }

  List<StreamKey> followed() {
    return List.copyOf(followed);
  }

  /** Those of which something may have been missed between the look at the log and now; once. */
  List<StreamKey> fresh() {
    var some = List.copyOf(fresh);
    some.forEach(fresh::remove);
    return some;
  }
}

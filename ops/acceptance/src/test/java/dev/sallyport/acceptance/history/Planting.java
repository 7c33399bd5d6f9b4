package dev.sallyport.acceptance.history;

import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import dev.sallyport.gateway.protocol.ClientFrame;
import dev.sallyport.gateway.protocol.EntryKind;
import dev.sallyport.gateway.protocol.RoomEntry;
import dev.sallyport.gateway.protocol.ServerFrame;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * A fault of the relay's own kind, put into its path: between the gateways and their clients, where
 * the frames of sockets are read and changed, so that clients see what a faulty relay would have
 * sent. Only they can tell: the checker never hears of it.
 */
final class Planting {

  /** What {@code --break} names. */
  enum Kind {
    /** A message that was acknowledged goes from the database; no hop does it. */
    LOSE,
    /** A message is stored a second time, under another id; another is delivered twice. */
    DUPLICATE,
    /** Two entries reach one client in each other's place. */
    REORDER,
    /** Who was kicked is sent the next entry all the same. */
    LEAK,
    /** One client is shown another message, and a chain that fits it, from there on. */
    FORK
  }

  private static final Set<String> RETURNS = Set.of("invited", "joined");

  private static final int BINARY = 2;
  private static final int HEAD_BYTES_MAX = 16_384;
  private static final HexFormat HEX = HexFormat.of();

  private final Kind kind;
  private final AtomicBoolean armed = new AtomicBoolean();

  /** What is left to be done of each part. */
  private final AtomicInteger sends = new AtomicInteger(1);

  private final AtomicInteger deliveries = new AtomicInteger(1);
  private final CountDownLatch planted = new CountDownLatch(1);

  /** Of {@link Kind#LEAK}: who is out of which room, since which entry. */
  private final Map<String, Outcast> outcasts = new ConcurrentHashMap<>();

  private record Outcast(Tap tap, long since) {}

  Planting(Kind kind) {
    this.kind = kind;
  }

  Kind kind() {
    return kind;
  }

  /** From now on it may strike. */
  void arm() {
    armed.set(true);
  }

  /** Whether it has struck. */
  boolean done() {
    return planted.getCount() == 0;
  }

  Tap tap(OutputStream toClient, OutputStream toServer) {
    return new Tap(toClient, toServer);
  }

  /** One connection: HTTP passes, and so does a WebSocket until there is something to plant. */
  final class Tap {
    private final OutputStream toClient;
    private final OutputStream toServer;
    private volatile boolean socket;
    private volatile boolean over;
    private volatile String user = "";
    private final ByteArrayOutputStream fromServer = new ByteArrayOutputStream();
    private final ByteArrayOutputStream fromClient = new ByteArrayOutputStream();
    private @Nullable RoomEntry held;

    /** Of {@link Kind#FORK}: the room shown otherwise, and its chain as shown, by entry. */
    private String forked = "";

    private final Map<Long, ByteString> chains = new HashMap<>();
    private final Map<String, Long> newest = new ConcurrentHashMap<>();

    private Tap(OutputStream toClient, OutputStream toServer) {
      this.toClient = toClient;
      this.toServer = toServer;
    }

    /** The connection has ended. */
    void end() {
      over = true;
    }

    private boolean alive() {
      return !over;
    }

    void fromServer(byte[] bytes, int offset, int length) throws IOException {
      if (!socket) {
        var text = new String(bytes, offset, Math.min(length, 16), StandardCharsets.ISO_8859_1);
        int end = text.startsWith("HTTP/1.1 101") ? endOfHead(bytes, offset, length) : -1;
        if (end < 0) {
          synchronized (toClient) {
            toClient.write(bytes, offset, length);
          }
          return;
        }
        socket = true;
        synchronized (toClient) {
          toClient.write(bytes, offset, end - offset);
        }
        fromServer.write(bytes, end, offset + length - end);
      } else {
        fromServer.write(bytes, offset, length);
      }
      var rest = fromServer.toByteArray();
      fromServer.reset();
      int at = 0;
      for (var frame = Frame.read(rest, at); frame != null; frame = Frame.read(rest, at)) {
        at = frame.end();
        if (frame.opcode() == BINARY) {
          try {
            for (var changed : served(ServerFrame.parseFrom(frame.payload()))) {
              send(changed);
            }
            continue;
          } catch (InvalidProtocolBufferException e) {
            // not ours: as it came
          }
        }
        synchronized (toClient) {
          toClient.write(rest, frame.begin(), frame.end() - frame.begin());
        }
      }
      fromServer.write(rest, at, rest.length - at);
    }

    private static int endOfHead(byte[] bytes, int offset, int length) {
      for (int i = offset; i + 3 < offset + Math.min(length, HEAD_BYTES_MAX); i++) {
        if (bytes[i] == '\r'
            && bytes[i + 1] == '\n'
            && bytes[i + 2] == '\r'
            && bytes[i + 3] == '\n') {
          return i + 4;
        }
      }
      return -1;
    }

    private void send(ServerFrame frame) throws IOException {
      synchronized (toClient) {
        toClient.write(Frame.of(frame.toByteArray(), false));
      }
    }

    void fromClient(byte[] bytes, int offset, int length) throws IOException {
      if (!socket) {
        toServer.write(bytes, offset, length);
        return;
      }
      fromClient.write(bytes, offset, length);
      var rest = fromClient.toByteArray();
      fromClient.reset();
      int at = 0;
      for (var frame = Frame.read(rest, at); frame != null; frame = Frame.read(rest, at)) {
        at = frame.end();
        toServer.write(rest, frame.begin(), frame.end() - frame.begin());
        if (frame.opcode() == BINARY && kind == Kind.DUPLICATE) {
          again(frame);
        }
      }
      fromClient.write(rest, at, rest.length - at);
    }

    private void again(Frame frame) throws IOException {
      ClientFrame sent;
      try {
        sent = ClientFrame.parseFrom(frame.payload());
      } catch (InvalidProtocolBufferException e) {
        return;
      }
      if (sent.hasSend() && !sent.getSend().hasCommit() && strikes(sends)) {
        var other = sent.toBuilder().setRequestId(0);
        var id = sent.getSend().getClientMessageId().toByteArray();
        id[0]++;
        other.getSendBuilder().setClientMessageId(ByteString.copyFrom(id));
        toServer.write(Frame.of(other.build().toByteArray(), true));
      }
    }

    private List<ServerFrame> served(ServerFrame frame) throws IOException {
      return switch (kind) {
        case LOSE -> List.of(frame);
        case DUPLICATE ->
            frame.hasRoomEntry() && strikes(deliveries) ? List.of(frame, frame) : List.of(frame);
        case REORDER -> reordered(frame);
        case LEAK -> leaking(frame);
        case FORK -> forked(frame);
      };
    }

    private List<ServerFrame> reordered(ServerFrame frame) {
      if (!frame.hasRoomEntry()) {
        return List.of(frame);
      }
      var entry = frame.getRoomEntry();
      var before = held;
      if (before == null) {
        if (entry.getKind() == EntryKind.APPLICATION && strikes(deliveries)) {
          held = entry;
          return List.of();
        }
        return List.of(frame);
      }
      if (!before.getRoomId().equals(entry.getRoomId())) {
        return List.of(frame);
      }
      held = null;
      return List.of(frame, ServerFrame.newBuilder().setRoomEntry(before).build());
    }

    private List<ServerFrame> leaking(ServerFrame frame) throws IOException {
      if (frame.hasRoomEntry()) {
        var entry = frame.getRoomEntry();
        newest.put(entry.getRoomId(), entry.getSeq());
        var outcast = outcasts.get(entry.getRoomId());
        if (outcast != null
            && outcast.tap() != this
            && entry.getSeq() > outcast.since()
            && entry.getKind() != EntryKind.EVENT
            && outcast.tap().alive()
            && strikes(deliveries)) {
          outcast.tap().send(frame);
        }
        if (outcast != null
            && RETURNS.contains(entry.getEvent().getType())
            && entry.getEvent().getSubjectUserId().equals(outcast.tap().user)) {
          // on the way back
          outcasts.remove(entry.getRoomId());
        }
      } else if (frame.hasReady()) {
        user = frame.getReady().getUserId();
      } else if (frame.hasSubscriptionEnded()
          && frame.getSubscriptionEnded().getCode().equals("kicked")) {
        var room = frame.getSubscriptionEnded().getRoomId();
        var outcast = new Outcast(this, newest.getOrDefault(room, Long.MAX_VALUE));
        outcasts.merge(room, outcast, (old, now) -> old.tap().alive() ? old : now);
      }
      return List.of(frame);
    }

    private List<ServerFrame> forked(ServerFrame frame) {
      if (frame.hasRoomEntry()) {
        var entry = frame.getRoomEntry();
        if (entry.getRoomId().equals(forked)) {
          return List.of(frame.toBuilder().setRoomEntry(chained(entry)).build());
        }
        if (entry.getKind() == EntryKind.APPLICATION
            && !entry.getMlsMessage().isEmpty()
            && newest.getOrDefault(entry.getRoomId(), 0L) == entry.getSeq() - 1
            && strikes(deliveries)) {
          forked = entry.getRoomId();
          var bytes = entry.getMlsMessage().toByteArray();
          bytes[bytes.length - 1]++;
          var other =
              entry.toBuilder()
                  .setMlsMessage(ByteString.copyFrom(bytes))
                  .setBlobHash(ByteString.copyFrom(HashChain.sha256(bytes)))
                  .build();
          return List.of(frame.toBuilder().setRoomEntry(chained(other)).build());
        }
        newest.put(entry.getRoomId(), entry.getSeq());
        chains.put(entry.getSeq(), entry.getChainHash());
        before.put(entry.getRoomId(), entry.getChainHash());
      } else if (frame.hasCaughtUp() && frame.getCaughtUp().getRoomId().equals(forked)) {
        var shown = chains.get(frame.getCaughtUp().getSeq());
        if (shown != null) {
          var caughtUp = frame.getCaughtUp().toBuilder().setChainHash(shown);
          return List.of(frame.toBuilder().setCaughtUp(caughtUp).build());
        }
      }
      return List.of(frame);
    }

    private final Map<String, ByteString> before = new HashMap<>();

    /** The entry on the chain that this client was shown. */
    private RoomEntry chained(RoomEntry entry) {
      var last = before.get(forked);
      if (last == null) {
        return entry;
      }
      var shown =
          ByteString.copyFrom(HEX.parseHex(HashChain.next(Seen.hex(last), Seen.entry(entry))));
      before.put(forked, shown);
      chains.put(entry.getSeq(), shown);
      return entry.toBuilder().setChainHash(shown).build();
    }
  }

  private boolean strikes(AtomicInteger left) {
    if (armed.get() && left.get() > 0 && left.getAndDecrement() > 0) {
      planted.countDown();
      return true;
    }
    return false;
  }

  /** A WebSocket frame (RFC 6455 §5.2) in a buffer. */
  private record Frame(int begin, int end, int opcode, byte[] payload) {

    private static final int MASKED = 0x80;

    /** The frame that begins there; null where it is not there as a whole. */
    static @Nullable Frame read(byte[] bytes, int begin) {
      int at = begin + 2;
      if (bytes.length < at) {
        return null;
      }
      long length = bytes[begin + 1] & 0x7f;
      boolean masked = (bytes[begin + 1] & MASKED) != 0;
      int more = length == 126 ? 2 : length == 127 ? 8 : 0;
      if (bytes.length < at + more) {
        return null;
      }
      if (more > 0) {
        length =
            more == 2
                ? ByteBuffer.wrap(bytes, at, 2).getShort() & 0xffff
                : ByteBuffer.wrap(bytes, at, 8).getLong();
        at += more;
      }
      int mask = at;
      at += masked ? 4 : 0;
      if (bytes.length < at + length) {
        return null;
      }
      var payload = Arrays.copyOfRange(bytes, at, (int) (at + length));
      for (int i = 0; masked && i < payload.length; i++) {
        payload[i] ^= bytes[mask + i % 4];
      }
      boolean whole = (bytes[begin] & 0x80) != 0;
      return new Frame(begin, (int) (at + length), whole ? bytes[begin] & 0xf : 0, payload);
    }

    static byte[] of(byte[] payload, boolean masked) {
      var frame = ByteBuffer.allocate(payload.length + 14).put((byte) (0x80 | BINARY));
      int mask = masked ? MASKED : 0;
      if (payload.length < 126) {
        frame.put((byte) (mask | payload.length));
      } else if (payload.length < 1 << 16) {
        frame.put((byte) (mask | 126)).putShort((short) payload.length);
      } else {
        frame.put((byte) (mask | 127)).putLong(payload.length);
      }
      if (masked) {
        // a mask of zeros changes nothing
        frame.putInt(0);
      }
      frame.put(payload);
      return Arrays.copyOf(frame.array(), frame.position());
    }
  }

  /** By whoever plants what no hop can. */
  void struck() {
    planted.countDown();
  }
}

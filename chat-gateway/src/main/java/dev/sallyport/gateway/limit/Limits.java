package dev.sallyport.gateway.limit;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import java.net.InetAddress;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.function.LongSupplier;

/**
 * The limits of this node. Each method takes what is about to be used, and answers 0, or the
 * milliseconds after which there would be enough: what was asked for is then not to be done, and is
 * counted as {@code sallyport.limited}. Thread-safe; never blocks.
 */
public final class Limits {
  private static final int NETWORK_BYTES_V6 = 8;
  private static final long NANOS_PER_MILLI = 1_000_000;

  private final Buckets<String> framesOfDevices;
  private final Buckets<String> framesOfUsers;
  private final Buckets<String> bytesOfDevices;
  private final Buckets<String> bytesOfUsers;
  private final Buckets<String> messagesOfRooms;
  private final Buckets<String> connectionsOfUsers;
  private final Buckets<ByteBuffer> connectionsOfNetworks;
  private final Buckets<String> requestsOfUsers;
  private final Buckets<ByteBuffer> requestsOfNetworks;

  private final LongSupplier nanos;
  private final Counter frames;
  private final Counter bytes;
  private final Counter messages;
  private final Counter connections;
  private final Counter requests;

  /**
   * @param nanos a clock that never goes back
   */
  Limits(LimitSettings s, MeterRegistry meters, LongSupplier nanos) {
    this.nanos = nanos;
    int max = Buckets.KEYS_MAX;
    framesOfDevices =
        new Buckets<>(
            Rate.of("frames-per-device", s.framesPerDeviceBurst(), s.framesPerDevice()),
            nanos,
            max);
    framesOfUsers =
        new Buckets<>(
            Rate.of("frames-per-user", s.framesPerUserBurst(), s.framesPerUser()), nanos, max);
    bytesOfDevices =
        new Buckets<>(
            Rate.of("bytes-per-device", s.bytesPerDeviceBurst(), s.bytesPerDevice()), nanos, max);
    bytesOfUsers =
        new Buckets<>(
            Rate.of("bytes-per-user", s.bytesPerUserBurst(), s.bytesPerUser()), nanos, max);
    messagesOfRooms =
        new Buckets<>(
            Rate.of("messages-per-room", s.messagesPerRoomBurst(), s.messagesPerRoom()),
            nanos,
            max);
    connectionsOfUsers =
        new Buckets<>(
            Rate.of("connections-per-user", s.connectionsPerUserBurst(), s.connectionsPerUser()),
            nanos,
            max);
    connectionsOfNetworks =
        new Buckets<>(
            Rate.of(
                "connections-per-address",
                s.connectionsPerAddressBurst(),
                s.connectionsPerAddress()),
            nanos,
            max);
    requestsOfUsers =
        new Buckets<>(
            Rate.of("requests-per-user", s.requestsPerUserBurst(), s.requestsPerUser()),
            nanos,
            max);
    requestsOfNetworks =
        new Buckets<>(
            Rate.of("requests-per-address", s.requestsPerAddressBurst(), s.requestsPerAddress()),
            nanos,
            max);
    frames = counter(meters, "frames");
    bytes = counter(meters, "bytes");
    messages = counter(meters, "messages");
    connections = counter(meters, "connections");
    requests = counter(meters, "requests");
  }

  private static Counter counter(MeterRegistry meters, String what) {
    return meters.counter("sallyport.limited", "what", what);
  }

  /** A handshake from there. */
  public long connection(InetAddress from) {
    return answer(connections, connectionsOfNetworks.take(network(from), 1));
  }

  /** A socket of that user's. */
  public long connection(String userId) {
    return answer(connections, connectionsOfUsers.take(userId, 1));
  }

  /** An HTTP request from there. */
  public long request(InetAddress from) {
    return answer(requests, requestsOfNetworks.take(network(from), 1));
  }

  /** An HTTP request of that user's. */
  public long request(String userId) {
    return answer(requests, requestsOfUsers.take(userId, 1));
  }

  /** A message to that room, by someone who may send it. */
  public long message(String roomId) {
    return answer(messages, messagesOfRooms.take(roomId, 1));
  }

  /** What the sockets of a device take from; to be closed with the socket. */
  public OfSocket of(String userId, String deviceId) {
    return new OfSocket(userId, deviceId);
  }

  /** The buckets of one open socket's device and user, looked up once. Thread-safe. */
  public final class OfSocket implements AutoCloseable {
    private final String userId;
    private final String deviceKey;
    private final Bucket deviceFrames;
    private final Bucket userFrames;
    private final Bucket deviceBytes;
    private final Bucket userBytes;

    private OfSocket(String userId, String deviceId) {
      this.userId = userId;
      // A device is one of its user's: an id alone could be another's.
      this.deviceKey = userId + '/' + deviceId;
      this.deviceFrames = framesOfDevices.hold(deviceKey);
      this.userFrames = framesOfUsers.hold(userId);
      this.deviceBytes = bytesOfDevices.hold(deviceKey);
      this.userBytes = bytesOfUsers.hold(userId);
    }

    /**
     * A frame of that size. Where one bucket has too little, others may have lost a frame's worth.
     */
    public long frame(int size) {
      // Asking for the time costs more than a bucket does.
      long now = nanos.getAsLong();
      long wait =
          Math.max(
              framesOfDevices.take(deviceFrames, 1, now), framesOfUsers.take(userFrames, 1, now));
      if (wait > 0 || size == 0) {
        return answer(frames, wait);
      }
      return answer(
          bytes,
          Math.max(
              bytesOfDevices.take(deviceBytes, size, now),
              bytesOfUsers.take(userBytes, size, now)));
    }

    /** Once. */
    @Override
    public void close() {
      framesOfDevices.release(deviceKey);
      framesOfUsers.release(userId);
      bytesOfDevices.release(deviceKey);
      bytesOfUsers.release(userId);
    }
  }

  private static long answer(Counter counter, long waitNanos) {
    if (waitNanos == 0) {
      return 0;
    }
    counter.increment();
    return Math.ceilDiv(waitNanos, NANOS_PER_MILLI);
  }

  /** One household or server has a whole /64 of IPv6. */
  private static ByteBuffer network(InetAddress address) {
    byte[] bytes = address.getAddress();
    return ByteBuffer.wrap(
        bytes.length > NETWORK_BYTES_V6 ? Arrays.copyOf(bytes, NETWORK_BYTES_V6) : bytes);
  }
}

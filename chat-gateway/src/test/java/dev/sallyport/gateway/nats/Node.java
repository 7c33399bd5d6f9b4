package dev.sallyport.gateway.nats;

import dev.sallyport.gateway.door.ProofMemory;
import dev.sallyport.gateway.door.ProofUse;
import dev.sallyport.gateway.door.ProofsElsewhere;
import dev.sallyport.gateway.fanout.Fanout;
import dev.sallyport.gateway.fanout.Frames;
import dev.sallyport.gateway.fanout.Nodes;
import dev.sallyport.gateway.fanout.Remembered;
import dev.sallyport.gateway.fanout.StreamKey;
import dev.sallyport.gateway.log.LogEntry;
import dev.sallyport.gateway.log.LogListeners;
import dev.sallyport.gateway.log.RoomLog;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.nats.client.Options;
import java.security.SecureRandom;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.Set;

/** One gateway's side of NATS, around the parts of that gateway. */
public final class Node implements AutoCloseable {

  public static final byte[] KEY = new byte[32];

  private static final String URL = "https://gateway.example";

  private final SimpleMeterRegistry meters = new SimpleMeterRegistry();
  private final Subjects subjects = new Subjects("test", URL);
  private final Seal seal;
  private final Neighbours neighbours;

  /** Remembers what it was asked about. */
  public static final class Proofs implements ProofMemory {
    private final String node = HexFormat.of().toHexDigits(new SecureRandom().nextLong());
    private final Set<String> used = new HashSet<>();

    @Override
    public String node() {
      return node;
    }

    @Override
    public synchronized ProofUse.Outcome use(ProofUse proof) {
      return proof.nonce().isEmpty()
          ? ProofUse.Outcome.UNKNOWN
          : used.add(proof.jti()) ? ProofUse.Outcome.FIRST : ProofUse.Outcome.REPEATED;
    }
  }

  public Node(
      NatsServer server,
      byte[] key,
      RoomLog log,
      LogListeners listeners,
      Fanout fanout,
      Remembered rooms,
      ProofMemory proofs) {
    this.seal = new Seal(key);
    this.neighbours =
        Neighbours.of(
            () ->
                new Options.Builder()
                    .server(server.url())
                    .userInfo("gateway".toCharArray(), "secret".toCharArray()),
            subjects,
            seal,
            log,
            listeners,
            fanout,
            rooms,
            proofs,
            new SecureRandom(),
            meters);
    neighbours.start();
  }

  public boolean connected() {
    return neighbours.link().connected();
  }

  public boolean follows(String roomId) {
    return neighbours.nodes().followed().contains(new StreamKey.OfRoom(roomId))
        && neighbours.nodes().fresh().isEmpty();
  }

  public Nodes nodes() {
    return neighbours.nodes();
  }

  public ProofsElsewhere proofs() {
    return neighbours.proofs();
  }

  /** What came over NATS and was handed on. */
  public long heard() {
    return (long) meters.counter("sallyport.nats.heard").count();
  }

  public long refused() {
    return (long) meters.counter("sallyport.nats.refused").count();
  }

  /** Hears it as if it had come over NATS. */
  public boolean hear(LogEntry entry) {
    var subject = subjects.of(new StreamKey.OfRoom(entry.roomId()));
    return neighbours
        .nodes()
        .hear(subject, seal.seal(subject, Frames.roomEntry(entry).toByteArray()));
  }

  @Override
  public void close() {
    neighbours.close();
  }
}

package dev.sallyport.gateway.nats;

import dev.sallyport.gateway.door.ProofMemory;
import dev.sallyport.gateway.fanout.Fanout;
import dev.sallyport.gateway.fanout.Remembered;
import dev.sallyport.gateway.log.LogListeners;
import dev.sallyport.gateway.log.RoomLog;
import io.micrometer.core.instrument.MeterRegistry;
import java.security.SecureRandom;
import java.util.Map;
import java.util.concurrent.atomic.AtomicReference;

/** The parts of this package, put together: the connection, what is told over it, and the watch. */
record Neighbours(NatsLink link, NatsNodes nodes, HeadWatch watch, ProofsOverNats proofs)
    implements AutoCloseable {

  static Neighbours of(
      NatsLink.OptionsSource options,
      Subjects subjects,
      Seal seal,
      RoomLog log,
      LogListeners listeners,
      Fanout fanout,
      Remembered rooms,
      ProofMemory memory,
      SecureRandom random,
      MeterRegistry meters) {
    // The connection calls what is made with it; it makes none before it is started.
    var all = new AtomicReference<Neighbours>();
    var own = subjects.proofs(memory.node()).orElseThrow();
    var link =
        new NatsLink(
            options,
            message -> all.get().nodes().hear(message),
            Map.of(own, message -> all.get().proofs().answer(message, memory)),
            () -> all.get().watch().soon());
    var nodes = new NatsNodes(link, subjects, seal, listeners, fanout::reached, meters);
    var watch = new HeadWatch(log, link, nodes, rooms, listeners, fanout::reached);
    var made = new Neighbours(link, nodes, watch, new ProofsOverNats(link, subjects, seal, random));
    all.set(made);
    listeners.add(nodes);
    fanout.across(nodes);
    return made;
  }

  void start() {
    link.start();
    watch.start();
  }

  @Override
  public void close() {
    watch.close();
    link.close();
  }
}

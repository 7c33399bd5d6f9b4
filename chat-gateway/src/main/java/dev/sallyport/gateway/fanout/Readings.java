package dev.sallyport.gateway.fanout;

import dev.sallyport.gateway.door.Caller;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;

/** Where the fan-out learns who may read what. */
public interface Readings {

  /** The room as it is now, read from the store; empty if there is none. */
  CompletableFuture<Optional<Reading>> open(String roomId);

  /**
   * Whether policy lets the caller read this room now. Says nothing of membership, which the order
   * of the log settles: a follower who was kicked is served up to that entry.
   */
  CompletableFuture<Optional<StreamEnd>> ask(Caller caller, String roomId);

  /** Another number whenever the policy in force changed. */
  long policyVersion();
}

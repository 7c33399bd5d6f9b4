package dev.sallyport.gateway.fanout;

import dev.sallyport.gateway.door.Caller;
import dev.sallyport.gateway.log.LogEntry;
import org.jspecify.annotations.Nullable;

/**
 * A room as the fan-out sees it while it moves along the log: who may read at exactly this place.
 * Confined to the thread of its stream.
 */
public interface Reading {

  /** The entry it has come to. */
  long at();

  /**
   * Moves on to the next entry.
   *
   * @return false if it is not the next one: what lies between was missed
   */
  boolean follow(LogEntry entry);

  /** Another number whenever the room changed. */
  long version();

  /** Asks policy; null if this caller may read. */
  @Nullable StreamEnd ask(Caller caller);
}

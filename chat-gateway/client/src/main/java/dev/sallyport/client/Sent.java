package dev.sallyport.client;

import dev.sallyport.gateway.protocol.Accepted;
import dev.sallyport.gateway.protocol.Refused;

/** What became of a message. */
public sealed interface Sent {

  /** It has its place in the room's one order. */
  record Ok(Accepted accepted) implements Sent {}

  /** It was not taken, and trying again with the same bytes would not help. */
  record No(Refused refused) implements Sent {}

  /**
   * Nobody answered in time: whether it was written is not known. Sending it again with the same id
   * is safe, and tells.
   */
  record Unknown(String reason) implements Sent {}
}

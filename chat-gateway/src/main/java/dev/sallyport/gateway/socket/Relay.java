package dev.sallyport.gateway.socket;

import dev.sallyport.gateway.door.Caller;
import dev.sallyport.gateway.protocol.ClientFrame;
import dev.sallyport.gateway.protocol.ServerFrame;
import reactor.core.publisher.Mono;

/** What the socket hands its frames to, once it is open. Thread-safe, never blocks. */
public interface Relay {

  /**
   * Starts to serve an open socket. Nothing is delivered before the client subscribes.
   *
   * @param caller the live view of who opened it; a refreshed token shows in the same object
   */
  Attachment attach(Caller caller, Outbox outbox);

  /** One open socket. */
  interface Attachment {

    /**
     * Takes a {@code send} or {@code subscribe}. Frames of one socket are handed in one after the
     * other, in the order of their arrival; there is no need to wait for the answer to the one
     * before: messages to one room keep their order.
     *
     * @return the one answer, without {@code request_id}; never empty, never an error; completes on
     *     a thread of the relay
     */
    Mono<ServerFrame> handle(ClientFrame frame);

    /**
     * The socket is closed: nothing is delivered any more. Called more than once, it does nothing.
     */
    void detach();
  }
}

package dev.sallyport.gateway.socket;

import dev.sallyport.gateway.protocol.ServerFrame;

/**
 * The way to one open socket: a bounded queue in front of it. Thread-safe, never blocks; frames go
 * out in the order in which they were offered.
 */
public interface Outbox {
  /**
   * Queues the frame.
   *
   * @return false if the queue is full, in which case the socket is being closed with {@code
   *     slow_reader}, or if it is closed already
   */
  boolean offer(EncodedFrame frame);

  /** Queues a frame that nobody else receives. */
  default boolean offer(ServerFrame frame) {
    return offer(EncodedFrame.of(frame));
  }

  /**
   * Runs the task once, as soon as less than half of the queue is used: at once on this thread, or
   * later on another; never if the socket closes before. For backlogs, which are read page by page
   * as fast as the reader takes them and never make it a slow one. One task waits at a time;
   * another replaces it. The task must not block.
   */
  void whenWritable(Runnable task);

  /** Whether the socket is closed or closing: what is offered goes nowhere. */
  boolean closed();
}

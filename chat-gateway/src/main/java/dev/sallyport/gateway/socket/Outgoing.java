package dev.sallyport.gateway.socket;

import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelFutureListener;
import java.util.ArrayDeque;
import org.jspecify.annotations.Nullable;

/**
 * The queue in front of one channel.
 *
 * <p>Any thread puts frames in. The event loop takes out all that is there, up to one batch, copies
 * it into one direct buffer, and writes and flushes once; the next batch goes when that write is
 * done. So at most one batch is under way, whatever gathers meanwhile leaves together, and a reader
 * that does not read fills this queue and nothing else. An idle socket holds no queue at all.
 */
final class Outgoing implements ChannelFutureListener, Runnable {
  /** More than any backlog page; a reader this far behind is better off resuming from the log. */
  static final int FRAMES_MAX = 4096;

  /** Several of the largest frames there are. What is queued is shared with other receivers. */
  static final int BYTES_MAX = 1024 * 1024;

  /** About what a socket buffer takes at once. */
  private static final int BATCH_BYTES = 64 * 1024;

  private final Channel channel;

  // Guarded by this.
  private @Nullable ArrayDeque<EncodedFrame> queue;
  private int bytes;
  private boolean draining;
  private boolean shut;
  private @Nullable Runnable waiting;
  private @Nullable Runnable last;

  Outgoing(Channel channel) {
    this.channel = channel;
  }

  /** What became of a frame. */
  enum Offered {
    QUEUED,
    FULL,
    SHUT
  }

  Offered offer(EncodedFrame frame) {
    synchronized (this) {
      if (shut) {
        return Offered.SHUT;
      }
      if (queue == null) {
        queue = new ArrayDeque<>(4);
      }
      if (queue.size() >= FRAMES_MAX || bytes + frame.size() > BYTES_MAX) {
        return Offered.FULL;
      }
      queue.add(frame);
      bytes += frame.size();
      if (draining) {
        return Offered.QUEUED;
      }
      draining = true;
    }
    channel.eventLoop().execute(this);
    return Offered.QUEUED;
  }

  void whenWritable(Runnable task) {
    synchronized (this) {
      if (shut) {
        return;
      }
      if (!halfEmpty()) {
        waiting = task;
        return;
      }
    }
    task.run();
  }

  /**
   * Runs the task once, as soon as everything that was put in is written; never if it is shut
   * before.
   */
  void whenEmpty(Runnable task) {
    synchronized (this) {
      if (shut) {
        return;
      }
      if (draining) {
        last = task;
        return;
      }
    }
    task.run();
  }

  /** Nothing goes in any more, and what is in goes nowhere. */
  synchronized void shut() {
    shut = true;
    queue = null;
    bytes = 0;
    waiting = null;
    last = null;
  }

  private boolean halfEmpty() {
    return (queue == null || queue.size() < FRAMES_MAX / 2) && bytes < BYTES_MAX / 2;
  }

  /** On the event loop: sends the next batch. */
  @Override
  public void run() {
    ByteBuf batch = null;
    Runnable task;
    synchronized (this) {
      if (queue == null || queue.isEmpty()) {
        queue = null;
        draining = false;
        task = last;
        last = null;
      } else {
        batch = nextBatch(queue);
        task = halfEmpty() ? waiting : null;
        waiting = task == null ? waiting : null;
      }
    }
    // The listener may run at once and send the next batch: nothing may follow it here but the
    // task.
    if (batch != null) {
      channel.writeAndFlush(batch).addListener(this);
    }
    if (task != null) {
      task.run();
    }
  }

  private ByteBuf nextBatch(ArrayDeque<EncodedFrame> from) {
    int size = 0;
    ByteBuf batch = channel.alloc().directBuffer(Math.min(bytes, BATCH_BYTES));
    EncodedFrame next = from.peek();
    while (next != null && (size == 0 || size + next.size() <= BATCH_BYTES)) {
      from.remove();
      next.writeTo(batch);
      size += next.size();
      next = from.peek();
    }
    bytes -= size;
    return batch;
  }

  @Override
  public void operationComplete(ChannelFuture write) {
    if (write.isSuccess()) {
      run();
    } else {
      shut();
      var _ = channel.close();
    }
  }
}

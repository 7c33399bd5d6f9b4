package dev.sallyport.gateway.socket;

import com.google.protobuf.InvalidProtocolBufferException;
import dev.sallyport.gateway.protocol.ServerFrame;
import io.netty.buffer.Unpooled;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.Lock;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/** Keeps what it is offered, decoded. */
public final class MemoryOutbox implements Outbox {

  private static final long AWAIT_SECONDS_MAX = 30;

  private final Lock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();
  private final List<ServerFrame> frames = new ArrayList<>();
  private @Nullable Runnable waiting;
  private boolean writable = true;
  private boolean closed;

  @Override
  public boolean offer(EncodedFrame frame) {
    lock.lock();
    try {
      if (closed) {
        return false;
      }
      frames.add(decode(frame));
      changed.signalAll();
      return true;
    } finally {
      lock.unlock();
    }
  }

  private static ServerFrame decode(EncodedFrame frame) {
    var wire = Unpooled.buffer();
    frame.writeTo(wire);
    int header =
        switch (wire.getByte(1) & 0x7f) {
          case 126 -> 4;
          case 127 -> 10;
          default -> 2;
        };
    var body = new byte[wire.readableBytes() - header];
    wire.getBytes(header, body);
    try {
      return ServerFrame.parseFrom(body);
    } catch (InvalidProtocolBufferException e) {
      throw new AssertionError("a frame that is none was offered", e);
    }
  }

  @Override
  public void whenWritable(Runnable task) {
    lock.lock();
    try {
      if (closed) {
        return;
      }
      if (!writable) {
        waiting = task;
        changed.signalAll();
        return;
      }
    } finally {
      lock.unlock();
    }
    task.run();
  }

  @Override
  public boolean closed() {
    lock.lock();
    try {
      return closed;
    } finally {
      lock.unlock();
    }
  }

  /** From now on nothing is writable, as if the reader had stopped. */
  public void stall() {
    lock.lock();
    try {
      writable = false;
    } finally {
      lock.unlock();
    }
  }

  /** The reader goes on. */
  public void drain() {
    Runnable task;
    lock.lock();
    try {
      writable = true;
      task = waiting;
      waiting = null;
    } finally {
      lock.unlock();
    }
    if (task != null) {
      task.run();
    }
  }

  /** Waits until someone waits for the outbox to be writable. */
  public void awaitStalled() {
    await("a stalled backlog", all -> waiting != null);
  }

  public void close() {
    lock.lock();
    try {
      closed = true;
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  public List<ServerFrame> frames() {
    lock.lock();
    try {
      return List.copyOf(frames);
    } finally {
      lock.unlock();
    }
  }

  /** Waits until the frames so far satisfy the condition. */
  public List<ServerFrame> await(String what, Predicate<List<ServerFrame>> condition) {
    lock.lock();
    try {
      long left = TimeUnit.SECONDS.toNanos(AWAIT_SECONDS_MAX);
      while (!condition.test(frames)) {
        if (left <= 0) {
          throw new AssertionError("waited in vain for " + what + ", got " + frames);
        }
        left = changed.awaitNanos(left);
      }
      return List.copyOf(frames);
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    } finally {
      lock.unlock();
    }
  }
}

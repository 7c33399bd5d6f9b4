package dev.sallyport.auth.signal.stream;

import java.time.Duration;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/**
 * The end of the stream as this node knows it, and those who wait for it to move. Any number of
 * threads.
 */
final class StreamEnd {

  private final ReentrantLock lock = new ReentrantLock();
  private final Condition moved = lock.newCondition();
  private long position;
  private boolean closed;

  /** The stream reaches this far now; wakes whoever waits for it. */
  void reached(long reached) {
    lock.lock();
    try {
      if (reached > position) {
        position = reached;
        moved.signalAll();
      }
    } finally {
      lock.unlock();
    }
  }

  /** Waits until the stream reaches beyond a position, at most so long. */
  void awaitBeyond(long after, Duration timeout) throws InterruptedException {
    long nanos = timeout.toNanos();
    lock.lockInterruptibly();
    try {
      while (position <= after && !closed && nanos > 0) {
        nanos = moved.awaitNanos(nanos);
      }
    } finally {
      lock.unlock();
    }
  }

  /** Nobody waits any longer: the server is stopping. */
  void close() {
    lock.lock();
    try {
      closed = true;
      moved.signalAll();
    } finally {
      lock.unlock();
    }
  }

  /** Whether anybody waits now. */
  boolean awaited() {
    lock.lock();
    try {
      return lock.hasWaiters(moved);
    } finally {
      lock.unlock();
    }
  }
}

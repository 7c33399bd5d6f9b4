package dev.sallyport.client;

import dev.sallyport.gateway.protocol.ServerFrame;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.function.Consumer;

/**
 * The queue between the thread that reads a socket and the application. A virtual thread is there
 * while something is queued, so an idle socket costs none. Thread-safe.
 */
final class Deliveries {

  private final Consumer<ServerFrame> listener;
  private final int max;
  private final Runnable readOn;

  // Guarded by this.
  private final ArrayDeque<ServerFrame> queue = new ArrayDeque<>(2);
  private boolean running;
  private boolean stopped;
  private boolean paused;

  /**
   * @param readOn called once there is room again, if {@link #hasRoom} said that there was none
   */
  Deliveries(Consumer<ServerFrame> listener, int max, Runnable readOn) {
    this.listener = listener;
    this.max = max;
    this.readOn = readOn;
  }

  void add(ServerFrame frame) {
    synchronized (this) {
      if (stopped) {
        return;
      }
      queue.add(frame);
      if (running) {
        return;
      }
      running = true;
    }
    Thread.ofVirtual().name("gateway-listener").start(this::deliver);
  }

  synchronized boolean hasRoom() {
    if (queue.size() < max || stopped) {
      return true;
    }
    paused = true;
    return false;
  }

  private void deliver() {
    while (true) {
      ServerFrame next;
      boolean resume;
      synchronized (this) {
        next = stopped ? null : queue.poll();
        resume = paused && queue.size() <= max / 2;
        if (resume) {
          paused = false;
        }
        if (next == null) {
          running = false;
          notifyAll();
        }
      }
      if (resume) {
        readOn.run();
      }
      if (next == null) {
        return;
      }
      try {
        listener.accept(next);
      } catch (RuntimeException e) {
        // One frame that the application cannot take must not end all others.
        var handler = Thread.currentThread().getUncaughtExceptionHandler();
        handler.uncaughtException(Thread.currentThread(), e);
      }
    }
  }

  synchronized void stop(Duration atMost) {
    stopped = true;
    queue.clear();
    long until = System.nanoTime() + atMost.toNanos();
    try {
      for (long left = atMost.toMillis();
          running && left > 0;
          left = (until - System.nanoTime()) / 1_000_000) {
        wait(left);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}

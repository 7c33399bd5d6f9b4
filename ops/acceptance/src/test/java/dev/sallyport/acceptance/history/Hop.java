package dev.sallyport.acceptance.history;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.LockSupport;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/** A TCP hop on loopback between two parts, which can be cut in several ways, and healed. */
final class Hop implements AutoCloseable {

  private static final int BUFFER_BYTES = 1 << 14;
  private static final int BACKLOG = 512;

  private final int target;
  private final ServerSocket listener;
  private volatile @Nullable Planting planting;
  private final Set<Socket> open = ConcurrentHashMap.newKeySet();
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition passes = lock.newCondition();
  private boolean stalled;
  private volatile boolean closed;
  private volatile long delayNanos;
  private volatile boolean over;

  Hop(int target) {
    this.target = target;
    try {
      listener = new ServerSocket(0, BACKLOG, InetAddress.getLoopbackAddress());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    Thread.ofVirtual().name("hop").start(this::accept);
  }

  int port() {
    return listener.getLocalPort();
  }

  private void accept() {
    while (!over) {
      try {
        var client = listener.accept();
        if (closed) {
          client.close();
        } else {
          Thread.ofVirtual().start(() -> connect(client));
        }
      } catch (IOException e) {
        return;
      }
    }
  }

  private void connect(Socket client) {
    var server = new Socket();
    open.add(client);
    open.add(server);
    try {
      awaitPassage();
      server.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), target), 5_000);
      client.setTcpNoDelay(true);
      server.setTcpNoDelay(true);
      var toClient = client.getOutputStream();
      var toServer = server.getOutputStream();
      var planted = planting;
      var tap = planted == null ? null : planted.tap(toClient, toServer);
      var fromServer = server.getInputStream();
      Thread.ofVirtual()
          .start(
              () ->
                  pump(
                      fromServer, tap == null ? toClient::write : tap::fromServer, client, server));
      pump(
          client.getInputStream(), tap == null ? toServer::write : tap::fromClient, client, server);
      if (tap != null) {
        tap.end();
      }
    } catch (IOException | InterruptedException e) {
      end(client, server);
    }
  }

  interface Sink {
    void write(byte[] bytes, int offset, int length) throws IOException;
  }

  private void pump(InputStream from, Sink to, Socket client, Socket server) {
    var buffer = new byte[BUFFER_BYTES];
    try {
      for (int read = from.read(buffer); read >= 0; read = from.read(buffer)) {
        awaitPassage();
        long nanos = delayNanos;
        if (nanos > 0) {
          LockSupport.parkNanos(nanos);
        }
        to.write(buffer, 0, read);
      }
    } catch (IOException | InterruptedException e) {
      // as if it had ended
    }
    end(client, server);
  }

  private void awaitPassage() throws InterruptedException {
    lock.lock();
    try {
      while (stalled) {
        passes.await();
      }
    } finally {
      lock.unlock();
    }
  }

  private void end(Socket client, Socket server) {
    for (var socket : new Socket[] {client, server}) {
      open.remove(socket);
      try {
        socket.close();
      } catch (IOException e) {
        // it is gone
      }
    }
  }

  /** What reads and changes the frames of sockets on the way from now on; null: nobody does. */
  void plant(@Nullable Planting what) {
    planting = what;
  }

  void cut(Plan.Cut how) {
    switch (how) {
      case CLOSED -> {
        closed = true;
        endAll();
      }
      case STALLED, STALLED_THEN_CLOSED -> stall(true);
      case DELAYED -> delayNanos = TimeUnit.MILLISECONDS.toNanos(120);
    }
  }

  void heal(Plan.Cut how) {
    switch (how) {
      case CLOSED -> closed = false;
      case STALLED -> stall(false);
      case STALLED_THEN_CLOSED -> {
        endAll();
        stall(false);
      }
      case DELAYED -> delayNanos = 0;
    }
  }

  private void stall(boolean whether) {
    lock.lock();
    try {
      stalled = whether;
      passes.signalAll();
    } finally {
      lock.unlock();
    }
  }

  private void endAll() {
    for (var socket : open) {
      try {
        socket.close();
      } catch (IOException e) {
        // it is gone
      }
      open.remove(socket);
    }
  }

  @Override
  public void close() {
    over = true;
    try {
      listener.close();
    } catch (IOException e) {
      // it is gone
    }
    stall(false);
    endAll();
  }
}

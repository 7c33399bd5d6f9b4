package dev.sallyport.gateway.log;

import java.io.Closeable;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/** Forwards connections to a port of this machine, until it stalls: then it only keeps them. */
final class StallingNetwork implements Closeable {

  private final ServerSocket listener;
  private final int to;
  private final Set<Socket> open = ConcurrentHashMap.newKeySet();

  // Guarded by this object.
  private boolean stalled;

  StallingNetwork(int to) throws IOException {
    this.to = to;
    this.listener = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
    Thread.ofVirtual().start(this::accept);
  }

  int port() {
    return listener.getLocalPort();
  }

  synchronized void stall() {
    stalled = true;
  }

  synchronized void forward() {
    stalled = false;
    notifyAll();
  }

  private synchronized void passable() throws InterruptedException {
    while (stalled) {
      wait();
    }
  }

  private void accept() {
    try {
      while (true) {
        var client = listener.accept();
        var server = new Socket(InetAddress.getLoopbackAddress(), to);
        open.add(client);
        open.add(server);
        Thread.ofVirtual().start(() -> pump(client, server));
        Thread.ofVirtual().start(() -> pump(server, client));
      }
    } catch (IOException closed) {
      // the end of the test
    }
  }

  private void pump(Socket from, Socket into) {
    try (from;
        into) {
      var buffer = new byte[8_192];
      for (int read = from.getInputStream().read(buffer);
          read >= 0;
          read = from.getInputStream().read(buffer)) {
        passable();
        into.getOutputStream().write(buffer, 0, read);
      }
      passable();
    } catch (IOException gone) {
      // one side ended: so does the other
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  @Override
  public void close() throws IOException {
    forward();
    listener.close();
    for (var socket : open) {
      socket.close();
    }
  }
}

package dev.sallyport.benchmarks.identity;

import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * One kept-alive HTTP/1.1 connection to loopback, one request at a time: as little client as will
 * do, since it shares the processors with the server that it measures. For one thread.
 */
final class Connection implements AutoCloseable {
  private static final int TIMEOUT_MILLIS = 30_000;
  private static final int LINE_MAX = 16_384;
  private static final int BODY_MAX = 1 << 20;

  /**
   * @param nonce the {@code DPoP-Nonce} that came along, null if none did
   * @param location where it leads, null if nowhere
   * @param cookies each {@code Set-Cookie}
   */
  record Answer(
      int status,
      @Nullable String nonce,
      @Nullable String location,
      List<String> cookies,
      String body) {
    /** The string of that name in the body, which is flat JSON without escapes in what we read. */
    String member(String name) {
      String value = find(name);
      if (value == null) {
        throw new IllegalStateException("no `" + name + "` in an answer " + status);
      }
      return value;
    }

    private @Nullable String find(String name) {
      int key = body.indexOf('"' + name + '"');
      if (key < 0) {
        return null;
      }
      int from = body.indexOf('"', body.indexOf(':', key) + 1) + 1;
      return body.substring(from, body.indexOf('"', from));
    }
  }

  private final int port;
  private Wire wire;

  /** Whether the server said with its last answer that it will close. */
  private boolean closing;

  Connection(int port) throws IOException {
    this.port = port;
    this.wire = Wire.open(port);
  }

  private record Wire(Socket socket, InputStream in, OutputStream out) {
    static Wire open(int port) throws IOException {
      Socket socket = new Socket(InetAddress.getLoopbackAddress(), port);
      socket.setTcpNoDelay(true);
      socket.setSoTimeout(TIMEOUT_MILLIS);
      return new Wire(
          socket,
          new BufferedInputStream(socket.getInputStream(), 16_384),
          socket.getOutputStream());
    }
  }

  /** Connects anew where the server announced that it closes, as it may after some requests. */
  Answer ask(byte[] request) throws IOException {
    if (closing) {
      close();
      wire = Wire.open(port);
    }
    wire.out().write(request);
    wire.out().flush();
    String status = line();
    int code = Integer.parseInt(status.split(" ", 3)[1]);
    String nonce = null;
    String location = null;
    List<String> cookies = new ArrayList<>(0);
    int length = -1;
    boolean chunked = false;
    closing = false;
    for (String header = line(); !header.isEmpty(); header = line()) {
      int colon = header.indexOf(':');
      String name = header.substring(0, colon).toLowerCase(Locale.ROOT);
      String value = header.substring(colon + 1).trim();
      switch (name) {
        case "content-length" -> length = Integer.parseInt(value);
        case "transfer-encoding" -> chunked = value.equalsIgnoreCase("chunked");
        case "connection" -> closing = value.equalsIgnoreCase("close");
        case "dpop-nonce" -> nonce = value;
        case "location" -> location = value;
        case "set-cookie" -> cookies.add(value);
        default -> {}
      }
    }
    return new Answer(
        code, nonce, location, cookies, chunked ? chunks() : bytes(Math.max(length, 0)));
  }

  private String chunks() throws IOException {
    StringBuilder body = new StringBuilder();
    while (true) {
      int length = Integer.parseInt(line().trim(), 16);
      body.append(bytes(length));
      line();
      if (length == 0) {
        return body.toString();
      }
    }
  }

  private String bytes(int length) throws IOException {
    if (length > BODY_MAX) {
      throw new IOException("an answer of " + length + " bytes");
    }
    return new String(wire.in().readNBytes(length), StandardCharsets.UTF_8);
  }

  private String line() throws IOException {
    ByteArrayOutputStream line = new ByteArrayOutputStream(128);
    while (true) {
      int next = wire.in().read();
      if (next < 0) {
        throw new EOFException("the server closed the connection");
      }
      if (next == '\n') {
        return line.toString(StandardCharsets.ISO_8859_1).stripTrailing();
      }
      if (line.size() == LINE_MAX) {
        throw new IOException("a line of an answer is too long");
      }
      line.write(next);
    }
  }

  @Override
  public void close() throws IOException {
    wire.socket().close();
  }
}

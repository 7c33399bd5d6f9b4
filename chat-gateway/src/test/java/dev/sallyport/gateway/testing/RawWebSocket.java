package dev.sallyport.gateway.testing;

import dev.sallyport.gateway.protocol.Authenticate;
import dev.sallyport.gateway.protocol.ClientFrame;
import dev.sallyport.gateway.protocol.ServerFrame;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.net.SocketException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;

/**
 * A WebSocket client on a bare TCP socket, so that tests can send what no library would. Blocking.
 */
public final class RawWebSocket implements AutoCloseable {
  private static final int READ_MILLIS_MAX = 20_000;

  private final Socket socket;
  private final DataInputStream in;
  private final OutputStream out;
  private int status;
  private final Map<String, String> headers = new TreeMap<>();
  private String body = "";

  /** What the gateway sent when it closed. */
  public record Closed(int code, String reason) {}

  private RawWebSocket(int port) throws IOException {
    this.socket = new Socket(InetAddress.getLoopbackAddress(), port);
    socket.setSoTimeout(READ_MILLIS_MAX);
    this.in = new DataInputStream(socket.getInputStream());
    this.out = socket.getOutputStream();
  }

  /** Sends a handshake with these further header lines, and reads the answer. */
  public static RawWebSocket handshake(int port, String path, String... headerLines)
      throws IOException {
    RawWebSocket client = new RawWebSocket(port);
    List<String> lines = new ArrayList<>();
    lines.add("GET " + path + " HTTP/1.1");
    lines.add("Host: localhost:" + port);
    lines.add("Connection: Upgrade");
    lines.add("Upgrade: websocket");
    lines.add("Sec-WebSocket-Version: 13");
    lines.add("Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==");
    lines.addAll(List.of(headerLines));
    client.out.write((String.join("\r\n", lines) + "\r\n\r\n").getBytes(StandardCharsets.US_ASCII));
    client.out.flush();
    client.readResponse();
    return client;
  }

  private void readResponse() throws IOException {
    status = Integer.parseInt(line().split(" ", 3)[1]);
    for (String line = line(); !line.isEmpty(); line = line()) {
      int colon = line.indexOf(':');
      headers.merge(
          line.substring(0, colon).toLowerCase(Locale.ROOT),
          line.substring(colon + 1).strip(),
          (a, b) -> a + ", " + b);
    }
    if (status != 101) {
      int length = Integer.parseInt(headers.getOrDefault("content-length", "0"));
      body = new String(in.readNBytes(length), StandardCharsets.UTF_8);
    }
  }

  private String line() throws IOException {
    ByteArrayOutputStream line = new ByteArrayOutputStream();
    int next = in.read();
    while (next != '\n') {
      if (next < 0) {
        throw new EOFException();
      }
      if (next != '\r') {
        line.write(next);
      }
      next = in.read();
    }
    return line.toString(StandardCharsets.US_ASCII);
  }

  public int status() {
    return status;
  }

  public String header(String name) {
    return headers.getOrDefault(name, "");
  }

  public String body() {
    return body;
  }

  public void send(ClientFrame frame) throws IOException {
    sendFrame(0x82, frame.toByteArray());
  }

  public void authenticate(String token, String proof) throws IOException {
    send(
        ClientFrame.newBuilder()
            .setRequestId(1)
            .setAuthenticate(Authenticate.newBuilder().setAccessToken(token).setDpopProof(proof))
            .build());
  }

  /** One WebSocket frame, masked as a client must. */
  public void sendFrame(int firstByte, byte[] payload) throws IOException {
    ByteArrayOutputStream frame = new ByteArrayOutputStream();
    frame.write(firstByte);
    if (payload.length < 126) {
      frame.write(0x80 | payload.length);
    } else if (payload.length <= 0xffff) {
      frame.write(0x80 | 126);
      frame.write(payload.length >>> 8);
      frame.write(payload.length);
    } else {
      frame.write(0x80 | 127);
      for (int shift = 56; shift >= 0; shift -= 8) {
        frame.write((int) ((long) payload.length >>> shift));
      }
    }
    byte[] mask = {1, 2, 3, 4};
    frame.write(mask);
    for (int i = 0; i < payload.length; i++) {
      frame.write(payload[i] ^ mask[i % 4]);
    }
    sendBytes(frame.toByteArray());
  }

  public void sendBytes(byte[] bytes) throws IOException {
    out.write(bytes);
    out.flush();
  }

  /** The next message; pings are passed over. */
  public ServerFrame receive() throws IOException {
    Object next = next();
    if (next instanceof Closed closed) {
      throw new AssertionError("closed: " + closed);
    }
    return ServerFrame.parseFrom((byte[]) next);
  }

  /** How the gateway closes; messages before that are passed over. */
  public Closed awaitClose() throws IOException {
    Object next = next();
    while (!(next instanceof Closed)) {
      next = next();
    }
    return (Closed) next;
  }

  /** Whether the connection ends after the close frame, without a reset. */
  public boolean atEnd() throws IOException {
    try {
      return in.read() < 0;
    } catch (SocketException e) {
      return false;
    }
  }

  private Object next() throws IOException {
    while (true) {
      int opcode = in.readUnsignedByte() & 0x0f;
      long length = in.readUnsignedByte() & 0x7f;
      if (length == 126) {
        length = in.readUnsignedShort();
      } else if (length == 127) {
        length = in.readLong();
      }
      byte[] payload = in.readNBytes((int) length);
      switch (opcode) {
        case 2 -> {
          return payload;
        }
        case 8 -> {
          return new Closed(
              (payload[0] & 0xff) << 8 | (payload[1] & 0xff),
              new String(payload, 2, payload.length - 2, StandardCharsets.UTF_8));
        }
        default -> {}
      }
    }
  }

  @Override
  public void close() throws IOException {
    socket.close();
  }
}

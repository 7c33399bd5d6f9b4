package dev.sallyport.auth;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.Socket;

/** Requests as bytes, for what no HTTP client would send. */
public final class Wire {

  /** No reader may take longer over what one request holds. */
  private static final int ANSWER_MILLIS_MAX = 20_000;

  private final int port;

  public Wire(int port) {
    this.port = port;
  }

  /** The status of the answer; 0: the connection was closed without one. */
  public int status(byte[] request) {
    String line = firstLine(request);
    return line.isEmpty() ? 0 : Integer.parseInt(line.split(" ", 3)[1]);
  }

  private String firstLine(byte[] request) {
    try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
      socket.setSoTimeout(ANSWER_MILLIS_MAX);
      write(socket, request);
      return firstLine(socket.getInputStream());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static void write(Socket socket, byte[] request) {
    try {
      socket.getOutputStream().write(request);
      socket.getOutputStream().flush();
    } catch (IOException closed) {
      // it has answered, and reads no further
    }
  }

  private static String firstLine(InputStream in) throws IOException {
    StringBuilder line = new StringBuilder();
    try {
      for (int b = in.read(); b >= 0 && b != '\n'; b = in.read()) {
        line.append((char) b);
      }
    } catch (java.net.SocketException reset) {
      return line.toString();
    }
    return line.toString().strip();
  }

  /** A request with this body and these headers, each ended by a line break. */
  public static byte[] post(String path, String headers, byte[] body) {
    byte[] head =
        ("POST "
                + path
                + " HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Length: "
                + body.length
                + "\r\n"
                + headers
                + "\r\n")
            .getBytes(ISO_8859_1);
    byte[] request = new byte[head.length + body.length];
    System.arraycopy(head, 0, request, 0, head.length);
    System.arraycopy(body, 0, request, head.length, body.length);
    return request;
  }

  /** A request whose path and query, or headers, are these bytes, one character each. */
  public static byte[] get(String pathAndQuery, String headers) {
    return ("GET "
            + pathAndQuery
            + " HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nAccept: text/html\r\n"
            + headers
            + "\r\n")
        .getBytes(ISO_8859_1);
  }

  /** These bytes as a part of a request line or of a header: without what would end it. */
  public static String inLine(byte[] bytes) {
    return new String(bytes, ISO_8859_1).replaceAll("[\\x00-\\x20\\x7f]", "+");
  }
}

package dev.sallyport.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sallyport.gateway.protocol.ClientFrame;
import dev.sallyport.gateway.protocol.Ping;
import dev.sallyport.gateway.testing.FakeAuthServer;
import dev.sallyport.gateway.testing.MovableClock;
import dev.sallyport.gateway.testing.Person;
import dev.sallyport.gateway.testing.RawWebSocket;
import dev.sallyport.gateway.testing.RunningGateway;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Connections that never come to the point are let go; sockets are left alone. */
class HttpDeadlinesTest {
  private static final int LONG_MILLIS = 30_000;
  private static final int DRIP_MILLIS = 50;

  private final MovableClock clock = new MovableClock();

  @Test
  void connections_thatNeverFinish_areClosed_andSocketsStay(@TempDir Path data) throws Exception {
    try (FakeAuthServer auth = new FakeAuthServer(clock, data)) {
      auth.activate(1, FakeAuthServer.defaultPolicies());
      try (RunningGateway gateway =
              RunningGateway.start(
                  auth,
                  clock,
                  data,
                  "--sallyport.http-head-timeout=300ms",
                  "--sallyport.http-body-timeout=300ms",
                  "--sallyport.http-idle-timeout=300ms");
          RawWebSocket open = gateway.open(Person.someone(clock))) {
        assertThat(untilTheEnd(gateway, "", "")).as("nothing").isEmpty();
        assertThat(untilTheEnd(gateway, "GET /v1/rooms HTTP/1.1\r\nHost: a\r\nX: ", "x"))
            .as("headers that drip")
            .isEmpty();
        assertThat(
                untilTheEnd(
                    gateway,
                    "POST /v1/socket HTTP/1.1\r\nHost: a\r\nContent-Length: 9999\r\n\r\n",
                    ""))
            .as("a body that does not come")
            .startsWith("HTTP/1.1 405 ");
        assertThat(
                untilTheEnd(
                    gateway, "GET /actuator/health/liveness HTTP/1.1\r\nHost: a\r\n\r\n", ""))
            .as("no second request")
            .startsWith("HTTP/1.1 200 ");
        open.send(
            ClientFrame.newBuilder().setRequestId(7).setPing(Ping.getDefaultInstance()).build());
        assertThat(open.receive().hasPong())
            .as("the socket, longer open than all of them")
            .isTrue();
      }
    }
  }

  /** What is answered until the gateway closes; fails if it does not. */
  private static String untilTheEnd(RunningGateway gateway, String request, String drip)
      throws IOException {
    StringBuilder answer = new StringBuilder();
    try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), gateway.port())) {
      socket.setSoTimeout(drip.isEmpty() ? LONG_MILLIS : DRIP_MILLIS);
      socket.getOutputStream().write(request.getBytes(StandardCharsets.US_ASCII));
      for (int waited = 0; waited <= LONG_MILLIS; waited += DRIP_MILLIS) {
        try {
          int next = socket.getInputStream().read();
          if (next < 0) {
            return answer.toString();
          }
          answer.append((char) next);
        } catch (SocketTimeoutException e) {
          assertThat(drip).as("still open after %d ms", LONG_MILLIS).isNotEmpty();
          socket.getOutputStream().write(drip.getBytes(StandardCharsets.US_ASCII));
        } catch (SocketException e) {
          return answer.toString(); // reset: what was sent last was not read any more
        }
      }
    }
    throw new AssertionError("still open: " + answer);
  }
}

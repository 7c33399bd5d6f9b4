package dev.sallyport.auth.pace;

import jakarta.servlet.ServletException;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.net.SocketTimeoutException;
import java.nio.ByteBuffer;
import java.time.Duration;
import org.apache.catalina.connector.Request;
import org.apache.catalina.connector.Response;
import org.apache.catalina.valves.ValveBase;
import org.apache.coyote.ActionCode;
import org.apache.coyote.InputBuffer;
import org.apache.tomcat.util.net.ApplicationBufferHandler;

/**
 * Bodies arrive in time, whoever reads them: a servlet, Tomcat for the parameters of a form, or
 * Tomcat once more for what nobody wanted. Where one does not, its connection ends; with 408, if
 * nobody was reading.
 */
final class BodyDeadline extends ValveBase {

  private final Duration max;

  BodyDeadline(Duration max) {
    super(true);
    this.max = max;
  }

  @Override
  public void invoke(Request request, Response response) throws IOException, ServletException {
    org.apache.coyote.Request wire = request.getCoyoteRequest();
    InputBuffer plain = Timed.plain(wire.getInputBuffer());
    Timed timed = new Timed(plain, System.nanoTime() + max.toNanos());
    wire.setInputBuffer(timed);
    try {
      getNext().invoke(request, response);
    } finally {
      if (!request.isAsync()) {
        finish(wire, timed, response);
        wire.setInputBuffer(plain);
      }
    }
  }

  /**
   * Reads what nobody read, as far as Tomcat would, so that the connection may be used again; where
   * that would take too long, it may not.
   */
  private static void finish(org.apache.coyote.Request wire, Timed timed, Response response) {
    boolean here = wire.isFinished();
    if (!here && !timed.late && !wire.hasExpectation()) {
      here = timed.drain(wire);
    }
    if (timed.late && !response.isCommitted()) {
      response.setStatus(HttpServletResponse.SC_REQUEST_TIMEOUT);
    }
    if (!here) {
      wire.action(ActionCode.DISABLE_SWALLOW_INPUT, null);
    }
  }

  private static final class Timed implements InputBuffer {

    /** As {@code server.tomcat.max-swallow-size}. */
    private static final int DRAINED_MAX = 64 * 1024;

    private static final ApplicationBufferHandler NOBODY =
        new ApplicationBufferHandler() {
          private ByteBuffer buffer = ByteBuffer.allocate(0);

          @Override
          public void setByteBuffer(ByteBuffer buffer) {
            this.buffer = buffer;
          }

          @Override
          public ByteBuffer getByteBuffer() {
            return buffer;
          }

          @Override
          public void expand(int size) {}
        };

    private final InputBuffer plain;
    private final long untilNanos;
    private boolean late;

    private Timed(InputBuffer plain, long untilNanos) {
      this.plain = plain;
      this.untilNanos = untilNanos;
    }

    /** One that an asynchronous request left behind is not wrapped again. */
    private static InputBuffer plain(InputBuffer buffer) {
      return buffer instanceof Timed timed ? timed.plain : buffer;
    }

    @Override
    public int doRead(ApplicationBufferHandler handler) throws IOException {
      if (System.nanoTime() - untilNanos > 0) {
        late = true;
        throw new SocketTimeoutException("the body took too long");
      }
      try {
        return plain.doRead(handler);
      } catch (SocketTimeoutException silent) {
        late = true;
        throw silent;
      }
    }

    @Override
    public int available() {
      return plain.available();
    }

    /** Whether all of it is here now. */
    private boolean drain(org.apache.coyote.Request wire) {
      long announced = wire.getContentLengthLong();
      if (announced > DRAINED_MAX) {
        return false;
      }
      try {
        for (int left = DRAINED_MAX; left > 0; ) {
          int read = doRead(NOBODY);
          if (read < 0) {
            return true;
          }
          left -= read;
        }
      } catch (IOException gone) {
        // the connection ends
      }
      return false;
    }
  }
}

package dev.sallyport.auth.pace;

import java.io.IOException;
import java.time.Duration;
import org.apache.coyote.Adapter;
import org.apache.coyote.Processor;
import org.apache.coyote.http11.Http11NioProtocol;
import org.apache.coyote.http11.Http11Processor;
import org.apache.tomcat.util.net.AbstractEndpoint.Handler.SocketState;
import org.apache.tomcat.util.net.SocketWrapperBase;
import org.jspecify.annotations.Nullable;

/**
 * Tomcat's HTTP/1.1, whose heads arrive in time. Its own timeout is between two bytes. A head that
 * is late is found out when the next byte of it comes; when none comes, Tomcat's timeout ends it.
 */
public final class TimelyProtocol extends Http11NioProtocol {

  /** Until somebody says otherwise. */
  private volatile Duration headMax = Duration.ofSeconds(10);

  void headMax(Duration max) {
    headMax = max;
  }

  @Override
  protected Processor createProcessor() {
    return new Timely(getAdapter());
  }

  private final class Timely extends Http11Processor {

    /** The connection whose head is half here: processors serve one after the other. */
    private @Nullable SocketWrapperBase<?> half;

    private long sinceNanos;

    private Timely(Adapter adapter) {
      super(TimelyProtocol.this, adapter);
    }

    /** Called with each part of a head that arrives. */
    @Override
    public SocketState service(SocketWrapperBase<?> connection) throws IOException {
      long now = System.nanoTime();
      if (half != connection) {
        sinceNanos = now;
      } else if (now - sinceNanos > headMax.toNanos()) {
        half = null;
        return SocketState.CLOSED;
      }
      SocketState state = super.service(connection);
      half = state == SocketState.LONG && !isAsync() ? connection : null;
      return state;
    }
  }
}

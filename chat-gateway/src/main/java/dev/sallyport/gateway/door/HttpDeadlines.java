package dev.sallyport.gateway.door;

import io.netty.channel.ChannelDuplexHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelPipeline;
import io.netty.channel.ChannelPromise;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpStatusClass;
import io.netty.handler.codec.http.LastHttpContent;
import io.netty.util.concurrent.Future;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;
import org.springframework.boot.reactor.netty.NettyServerCustomizer;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import reactor.netty.NettyPipeline;

/**
 * How long a connection may take over each part of an exchange. Counted from the start of the part
 * and not from the last byte, so that dripping bytes buys no time. Whoever is late is disconnected
 * without a word: there may be no request to answer.
 *
 * <p>An upgraded connection is the socket's, which has deadlines of its own.
 */
@Configuration(proxyBeanMethods = false)
class HttpDeadlines {

  /**
   * @param httpHeadTimeout from the connection to the end of the first request's headers, TLS
   *     handshake included
   * @param httpBodyTimeout from the end of the headers to the end of the body
   * @param httpAnswerTimeout from the end of the request to the end of its answer, as fast as the
   *     client takes it
   * @param httpIdleTimeout from the end of an answer to the end of the next request's headers
   */
  @ConfigurationProperties("sallyport")
  record Settings(
      @DefaultValue("10s") Duration httpHeadTimeout,
      @DefaultValue("30s") Duration httpBodyTimeout,
      @DefaultValue("60s") Duration httpAnswerTimeout,
      @DefaultValue("60s") Duration httpIdleTimeout) {
    Settings {
      for (Duration timeout :
          new Duration[] {httpHeadTimeout, httpBodyTimeout, httpAnswerTimeout, httpIdleTimeout}) {
        if (timeout.compareTo(Duration.ofMillis(1)) < 0
            || timeout.compareTo(Duration.ofDays(1)) > 0) {
          throw new IllegalArgumentException(
              "`" + timeout + "` is not a time limit between 1 ms and one day");
        }
      }
    }
  }

  @Bean
  NettyServerCustomizer deadlines(Settings settings) {
    return server ->
        server.doOnChannelInit(
            (observer, channel, remote) -> {
              ChannelPipeline pipeline = channel.pipeline();
              if (pipeline.get(NettyPipeline.HttpCodec) != null) {
                pipeline.addAfter(
                    NettyPipeline.HttpCodec, "sallyport.deadlines", new Deadlines(settings));
              }
            });
  }

  /** On the event loop of one connection, behind the codec. */
  private static final class Deadlines extends ChannelDuplexHandler {
    private final Settings settings;
    private @Nullable Future<?> end;
    private boolean receiving;
    private boolean answering;
    private HttpResponseStatus status = HttpResponseStatus.OK;

    Deadlines(Settings settings) {
      this.settings = settings;
    }

    @Override
    public void handlerAdded(ChannelHandlerContext ctx) {
      within(settings.httpHeadTimeout(), ctx);
    }

    @Override
    public void handlerRemoved(ChannelHandlerContext ctx) {
      forget();
    }

    @Override
    public void channelInactive(ChannelHandlerContext ctx) {
      forget();
      ctx.fireChannelInactive();
    }

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object message) {
      if (message instanceof HttpRequest) {
        receiving = true;
        answering = true;
        within(settings.httpBodyTimeout(), ctx);
      }
      if (message instanceof LastHttpContent) {
        receiving = false;
        within(answering ? settings.httpAnswerTimeout() : settings.httpIdleTimeout(), ctx);
      }
      ctx.fireChannelRead(message);
    }

    @Override
    public void write(ChannelHandlerContext ctx, Object message, ChannelPromise promise) {
      if (message instanceof HttpResponse response) {
        status = response.status();
      }
      // What becomes of it is told by the promise.
      var _ = ctx.write(message, promise);
      if (!(message instanceof LastHttpContent)) {
        return;
      }
      if (status.equals(HttpResponseStatus.SWITCHING_PROTOCOLS)) {
        ctx.pipeline().remove(this);
      } else if (status.codeClass() != HttpStatusClass.INFORMATIONAL) {
        // After 100 and its like comes the answer itself.
        answering = false;
        // An answer that comes before the end of the body, such as a refusal, gives it no more
        // time.
        if (!receiving) {
          within(settings.httpIdleTimeout(), ctx);
        }
      }
    }

    private void within(Duration limit, ChannelHandlerContext ctx) {
      forget();
      Runnable close =
          () -> {
            var _ = ctx.close();
          };
      end = ctx.executor().schedule(close, limit.toNanos(), TimeUnit.NANOSECONDS);
    }

    private void forget() {
      if (end != null) {
        end.cancel(false);
        end = null;
      }
    }
  }
}

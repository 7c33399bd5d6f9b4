package dev.sallyport.auth;

import java.nio.file.Path;
import java.time.Clock;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Primary;
import org.springframework.jdbc.core.JdbcTemplate;

/**
 * The real server in this process, on a free port, with time that can be set and cheap password
 * hashes.
 */
public final class RunningServer implements AutoCloseable {

  private static final ThreadLocal<SettableClock> STARTING = new ThreadLocal<>();

  private final ConfigurableApplicationContext context;
  private final SettableClock clock;

  private RunningServer(ConfigurableApplicationContext context, SettableClock clock) {
    this.context = context;
    this.clock = clock;
  }

  public static RunningServer start(Path data, String... settings) {
    return start(data, new SettableClock(Instant.parse("2026-11-23T10:00:00Z")), settings);
  }

  /** With what this test adds to the server. */
  public static RunningServer start(Path data, Class<?> addition, String... settings) {
    return start(
        data,
        new SettableClock(Instant.parse("2026-11-23T10:00:00Z")),
        List.of(addition),
        settings);
  }

  public static RunningServer start(Path data, SettableClock clock, String... settings) {
    return start(data, clock, List.of(), settings);
  }

  private static RunningServer start(
      Path data, SettableClock clock, List<Class<?>> additions, String... settings) {
    List<String> arguments = new ArrayList<>();
    if (Arrays.stream(settings).noneMatch(setting -> setting.startsWith("--server.port="))) {
      arguments.add("--server.port=0");
    }
    arguments.add("--spring.profiles.active=demo");
    arguments.add("--sallyport.data=" + data);
    arguments.add("--sallyport.password.memory-kib=64");
    arguments.add("--sallyport.password.iterations=1");
    arguments.add("--logging.level.root=warn");
    arguments.addAll(Arrays.asList(settings));
    STARTING.set(clock);
    try {
      ConfigurableApplicationContext context =
          new SpringApplicationBuilder(AuthServer.class, TestTime.class)
              .sources(additions.toArray(Class<?>[]::new))
              .run(arguments.toArray(String[]::new));
      return new RunningServer(context, clock);
    } finally {
      STARTING.remove();
    }
  }

  public <T> T bean(String name, Class<T> type) {
    return context.getBean(name, type);
  }

  public <T> T bean(Class<T> type) {
    return context.getBean(type);
  }

  public SettableClock clock() {
    return clock;
  }

  public JdbcTemplate jdbc() {
    return bean(JdbcTemplate.class);
  }

  public int port() {
    return Integer.parseInt(context.getEnvironment().getRequiredProperty("local.server.port"));
  }

  @Override
  public void close() {
    context.close();
  }

  @Configuration(proxyBeanMethods = false)
  static class TestTime {

    @Bean
    @Primary
    Clock settableClock() {
      return STARTING.get();
    }
  }
}

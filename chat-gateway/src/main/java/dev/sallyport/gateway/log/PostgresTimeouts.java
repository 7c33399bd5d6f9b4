package dev.sallyport.gateway.log;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import java.time.Duration;
import org.jspecify.annotations.Nullable;
import org.springframework.beans.factory.config.BeanPostProcessor;

/**
 * How long PostgreSQL may be silent. A connection that breaks is noticed by itself; one that
 * stalls, since a network or a host on the way is gone, would hold a writer for as long as TCP
 * repeats itself, a quarter of an hour and more. So an answer that does not come in time ends the
 * connection, and what waited is refused as retryable.
 *
 * <p>The server forgets such a client as soon: its transaction would otherwise keep a room locked
 * for the other gateways.
 *
 * <p>What the JDBC URL or {@code spring.datasource.hikari.*} says stays. H2 is in this process.
 */
final class PostgresTimeouts implements BeanPostProcessor {

  private static final String POSTGRES = "jdbc:postgresql:";

  private final Duration answerMax;

  PostgresTimeouts(Duration answerMax) {
    this.answerMax = answerMax;
  }

  @Override
  public Object postProcessAfterInitialization(Object bean, String name) {
    if (bean instanceof HikariDataSource pool) {
      apply(pool, answerMax);
    }
    return bean;
  }

  /** Whether there can be such timeouts. */
  static boolean concern(HikariConfig pool) {
    @Nullable String url = pool.getJdbcUrl();
    return url != null && url.startsWith(POSTGRES);
  }

  static void apply(HikariConfig pool, Duration answerMax) {
    if (!concern(pool)) {
      return;
    }
    // The driver counts in seconds, and reads 0 as for ever.
    String seconds = Long.toString(Math.max(1, answerMax.toSeconds()));
    for (String property :
        new String[] {"socketTimeout", "connectTimeout", "cancelSignalTimeout"}) {
      pool.getDataSourceProperties().putIfAbsent(property, seconds);
    }
    pool.getDataSourceProperties().putIfAbsent("tcpKeepAlive", "true");
    if (pool.getConnectionInitSql() == null) {
      // Not by `options`, which connection poolers refuse.
      pool.setConnectionInitSql(
          "set statement_timeout = "
              + answerMax.toMillis()
              + "; set idle_in_transaction_session_timeout = "
              + answerMax.toMillis());
    }
  }
}

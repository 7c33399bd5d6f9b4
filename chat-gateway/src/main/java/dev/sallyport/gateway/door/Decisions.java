package dev.sallyport.gateway.door;

import com.nimbusds.jose.util.JSONArrayUtils;
import dev.sallyport.gateway.door.DecisionRecord.Determining;
import dev.sallyport.gateway.door.DecisionRecord.PolicyError;
import io.micrometer.core.instrument.MeterRegistry;
import java.text.ParseException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.context.SmartLifecycle;
import org.springframework.dao.DataAccessException;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.stereotype.Component;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;
import reactor.core.scheduler.Schedulers;

/**
 * The record of refusals: written in batches by one thread of its own, bounded in memory and in the
 * database. {@link #record} never blocks; the newest are found at once, before they are written.
 */
@Component
final class Decisions implements SmartLifecycle {
  private static final Logger log = LoggerFactory.getLogger(Decisions.class);

  static final Duration KEPT = Duration.ofDays(7);
  static final int ROWS_MAX = 100_000;

  /** Some seconds of refusals at full load; more are counted and not recorded. */
  private static final int QUEUE_MAX = 4096;

  private static final int BATCH_MAX = 256;
  private static final int RECENT_MAX = 1024;
  private static final int CLEANED_EVERY_BATCHES = 64;
  private static final int TEXT_CHARS_MAX = 8000;
  private static final int RESOURCE_CHARS_MAX = 512;

  private final JdbcTemplate jdbc;
  private final Clock clock;
  private final MeterRegistry meters;
  private final BlockingQueue<DecisionRecord> queue = new ArrayBlockingQueue<>(QUEUE_MAX);
  private final Map<String, DecisionRecord> recent =
      new LinkedHashMap<>() {
        @Override
        protected boolean removeEldestEntry(Map.Entry<String, DecisionRecord> eldest) {
          return size() > RECENT_MAX;
        }
      };

  /** Reads by admins; two at a time are enough. */
  private final Scheduler readers = Schedulers.newBoundedElastic(2, 64, "decisions");

  private volatile @Nullable Thread thread;
  private volatile boolean stopping;

  Decisions(JdbcTemplate jdbc, Clock clock, MeterRegistry meters) {
    this.jdbc = jdbc;
    this.clock = clock;
    this.meters = meters;
  }

  void record(DecisionRecord decision) {
    synchronized (recent) {
      recent.put(decision.id(), decision);
    }
    if (!queue.offer(decision)) {
      meters.counter("sallyport.decisions.unrecorded").increment();
    }
  }

  Mono<DecisionRecord> find(String id) {
    synchronized (recent) {
      DecisionRecord found = recent.get(id);
      if (found != null) {
        return Mono.just(found);
      }
    }
    return Mono.fromCallable(() -> read(id))
        .subscribeOn(readers)
        .flatMap(found -> Mono.justOrEmpty(found));
  }

  private Optional<DecisionRecord> read(String id) {
    return jdbc
        .query(
            "select * from decision where id = ?",
            (row, number) ->
                new DecisionRecord(
                    row.getString("id"),
                    Instant.ofEpochMilli(row.getLong("decided_at_ms")),
                    row.getString("user_id"),
                    row.getString("device_id"),
                    row.getString("client_id"),
                    row.getString("action"),
                    row.getString("resource"),
                    row.getLong("policy_version"),
                    row.getBoolean("failed_closed"),
                    pairs(row.getString("determining"), "message").stream()
                        .map(pair -> new Determining(pair.policyId(), pair.text()))
                        .toList(),
                    pairs(row.getString("errors"), "problem").stream()
                        .map(
                            pair ->
                                new PolicyError(
                                    pair.policyId(), pair.text() == null ? "" : pair.text()))
                        .toList()),
            id)
        .stream()
        .findFirst();
  }

  @Override
  public void start() {
    stopping = false;
    Thread writing = Thread.ofPlatform().name("decisions").daemon().unstarted(this::write);
    thread = writing;
    writing.start();
  }

  /** Writes what is queued, then ends. */
  @Override
  public void stop() {
    stopping = true;
    Thread writing = thread;
    thread = null;
    if (writing != null) {
      try {
        writing.join(Duration.ofSeconds(5));
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
    }
  }

  @Override
  public boolean isRunning() {
    return thread != null;
  }

  private void write() {
    List<DecisionRecord> batch = new ArrayList<>(BATCH_MAX);
    int batches = 0;
    while (!stopping || !queue.isEmpty()) {
      try {
        DecisionRecord first = queue.poll(200, TimeUnit.MILLISECONDS);
        if (first == null) {
          continue;
        }
        batch.add(first);
        queue.drainTo(batch, BATCH_MAX - 1);
        insert(batch);
        if (batches++ % CLEANED_EVERY_BATCHES == 0) {
          forgetOld();
        }
      } catch (InterruptedException e) {
        return;
      } catch (DataAccessException e) {
        log.warn(
            "{} refusals could not be recorded: {}", batch.size(), e.getClass().getSimpleName());
        meters.counter("sallyport.decisions.unrecorded").increment(batch.size());
      } finally {
        batch.clear();
      }
    }
  }

  private void insert(List<DecisionRecord> batch) {
    jdbc.batchUpdate(
        "insert into decision (id, decided_at_ms, user_id, device_id, client_id, action, resource,"
            + " policy_version, failed_closed, determining, errors)"
            + " values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        batch,
        batch.size(),
        (statement, decision) -> {
          statement.setString(1, decision.id());
          statement.setLong(2, decision.at().toEpochMilli());
          statement.setString(3, decision.userId());
          statement.setString(4, decision.deviceId());
          statement.setString(5, decision.clientId());
          statement.setString(6, decision.action());
          statement.setString(7, bounded(decision.resource(), RESOURCE_CHARS_MAX));
          statement.setLong(8, decision.policyVersion());
          statement.setBoolean(9, decision.failedClosed());
          statement.setString(
              10,
              json(
                  decision.determining().stream()
                      .map(one -> new Pair(one.policyId(), one.message()))
                      .toList(),
                  "message"));
          statement.setString(
              11,
              json(
                  decision.errors().stream()
                      .map(one -> new Pair(one.policyId(), one.problem()))
                      .toList(),
                  "problem"));
        });
  }

  /** Bounded by age and by number; ids sort by time. */
  void forgetOld() {
    jdbc.update(
        "delete from decision where decided_at_ms < ?", clock.instant().minus(KEPT).toEpochMilli());
    jdbc.update(
        "delete from decision where id <= (select id from decision order by id desc"
            + " offset ? rows fetch next 1 rows only)",
        ROWS_MAX);
  }

  private record Pair(String policyId, @Nullable String text) {}

  /** As many of the pairs as fit into the column. */
  private static String json(List<Pair> pairs, String textName) {
    List<Object> kept = new ArrayList<>();
    String json = "[]";
    for (Pair pair : pairs) {
      Map<String, Object> object = new HashMap<>();
      object.put("policy_id", bounded(pair.policyId(), 256));
      if (pair.text() != null) {
        object.put(textName, bounded(pair.text(), 1024));
      }
      kept.add(object);
      String longer = JSONArrayUtils.toJSONString(kept);
      if (longer.length() > TEXT_CHARS_MAX) {
        break;
      }
      json = longer;
    }
    return json;
  }

  private static List<Pair> pairs(String json, String textName) {
    try {
      List<Pair> pairs = new ArrayList<>();
      for (Object element : JSONArrayUtils.parse(json)) {
        if (element instanceof Map<?, ?> object && object.get("policy_id") instanceof String id) {
          pairs.add(new Pair(id, object.get(textName) instanceof String text ? text : null));
        }
      }
      return pairs;
    } catch (ParseException e) {
      return List.of();
    }
  }

  private static String bounded(String text, int charsMax) {
    return text.length() <= charsMax ? text : text.substring(0, charsMax);
  }
}

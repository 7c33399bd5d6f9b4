package dev.sallyport.gateway.log;

import dev.sallyport.gateway.log.AppendOutcome.Unavailable;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One writer: a bounded queue, and a thread that commits whatever has come together in it as one
 * transaction. While it waits for the disk the next batch gathers, so batches grow with the load
 * and a lone append waits for nobody. A room belongs to one lane; that is what orders it without a
 * lock.
 *
 * <p>A transaction that fails because of one of its appends (two lanes racing for a key, a
 * deadlock) is repeated append by append. One that fails because the database is away fails all
 * that is queued: callers learn it at once, and nothing waits for a database that does not come
 * back.
 */
final class Lane implements AutoCloseable {

  private static final Logger LOG = LoggerFactory.getLogger(Lane.class);

  /** Some 50 ms of work at the rates measured; beyond it callers are better told to come later. */
  private static final int APPENDS_QUEUED_MAX = 4_096;

  private static final long BYTES_QUEUED_MAX = 32 << 20;

  /** Batches of 100 reached the best rate; larger ones only make everyone wait for the last. */
  private static final int BATCH_APPENDS_MAX = 256;

  private static final long BATCH_BYTES_MAX = 4 << 20;

  private static final int TRIES_MAX = 3;

  private static final long IDLE_MILLIS = 100;

  private final DataSource dataSource;
  private final InstantSource clock;
  private final Durability durability;
  private final LogListener listener;
  private final RemoveProposals proposals;
  private final BlockingQueue<Job> queue = new ArrayBlockingQueue<>(APPENDS_QUEUED_MAX);
  private final AtomicLong bytesQueued = new AtomicLong();
  private final Thread thread;
  private volatile boolean closed;

  /** What waits to be written. */
  private sealed interface Job {
    long bytes();

    void fail();
  }

  private record AppendJob(Append append, long bytes, CompletableFuture<AppendOutcome> outcome)
      implements Job {
    @Override
    public void fail() {
      outcome.complete(new Unavailable());
    }
  }

  private record DeliveryJob(List<InboxEntry> items, CompletableFuture<@Nullable Void> done)
      implements Job {
    @Override
    public long bytes() {
      return 0;
    }

    @Override
    public void fail() {
      done.completeExceptionally(new UnavailableException(new IllegalStateException("refused")));
    }
  }

  Lane(
      int number,
      DataSource dataSource,
      InstantSource clock,
      Durability durability,
      LogListener listener,
      RemoveProposals proposals) {
    this.dataSource = dataSource;
    this.clock = clock;
    this.durability = durability;
    this.listener = listener;
    this.proposals = proposals;
    this.thread = Thread.ofPlatform().name("room-log-" + number).start(this::run);
  }

  CompletableFuture<AppendOutcome> append(Append append) {
    var job = new AppendJob(append, bytes(append), new CompletableFuture<>());
    submit(job);
    return job.outcome();
  }

  CompletableFuture<@Nullable Void> deliver(List<InboxEntry> items) {
    var job = new DeliveryJob(items, new CompletableFuture<>());
    submit(job);
    return job.done();
  }

  private void submit(Job job) {
    if (bytesQueued.addAndGet(job.bytes()) > BYTES_QUEUED_MAX || !queue.offer(job)) {
      bytesQueued.addAndGet(-job.bytes());
      job.fail();
    } else if (closed) {
      // The thread may have looked for the last time already.
      drainAndFail();
    }
  }

  private static long bytes(Append append) {
    long bytes = append.content() instanceof Content.Message message ? message.blob().size() : 0;
    for (var delivery : append.deliveries()) {
      if (delivery.item() instanceof InboxItem.Welcome welcome) {
        bytes += welcome.blob().size();
      }
    }
    return bytes;
  }

  private void run() {
    var batch = new ArrayList<Job>();
    while (true) {
      try {
        var first = queue.poll(IDLE_MILLIS, TimeUnit.MILLISECONDS);
        if (first == null) {
          if (closed) {
            return;
          }
          continue;
        }
        gather(first, batch);
        write(batch);
      } catch (InterruptedException e) {
        // Only close() ends the lane, and it says so.
      } catch (RuntimeException | Error e) {
        LOG.error("a batch of {} appends failed by a fault of ours", batch.size(), e);
        uncertain(batch);
        batch.forEach(Job::fail);
      } finally {
        batch.clear();
      }
    }
  }

  private void gather(Job first, List<Job> batch) {
    long bytes = 0;
    for (Job job = first; job != null; job = queue.poll()) {
      batch.add(job);
      bytes += job.bytes();
      bytesQueued.addAndGet(-job.bytes());
      if (batch.size() == BATCH_APPENDS_MAX || bytes >= BATCH_BYTES_MAX) {
        return;
      }
    }
  }

  private void write(List<Job> batch) {
    try {
      commit(batch);
    } catch (SQLException e) {
      if (batch.size() > 1 && oneIsAtFault(e)) {
        batch.forEach(this::writeAlone);
      } else if (batch.size() == 1 && oneIsAtFault(e)) {
        writeAlone(batch.getFirst());
      } else {
        unavailable(batch, e);
      }
    }
  }

  private void writeAlone(Job job) {
    for (int attempt = 1; ; attempt++) {
      try {
        commit(List.of(job));
        return;
      } catch (SQLException e) {
        if (attempt == TRIES_MAX || !oneIsAtFault(e)) {
          unavailable(List.of(job), e);
          return;
        }
      }
    }
  }

  private void commit(List<Job> batch) throws SQLException {
    var appends = new ArrayList<Append>();
    var items = new ArrayList<InboxEntry>();
    for (var job : batch) {
      switch (job) {
        case AppendJob append -> appends.add(append.append());
        case DeliveryJob delivery -> items.addAll(delivery.items());
      }
    }
    BatchTransaction transaction;
    List<AppendOutcome> outcomes;
    try (var connection = dataSource.getConnection()) {
      connection.setAutoCommit(false);
      try {
        transaction = new BatchTransaction(connection, clock.millis(), durability, proposals);
        outcomes = transaction.run(appends, items);
        connection.commit();
      } catch (SQLException | RuntimeException e) {
        rollBack(connection, e);
        throw e;
      }
    }
    // Told before it is answered: who knows that an entry exists finds it delivered or on its way.
    if (!transaction.entries().isEmpty() || !transaction.inboxEntries().isEmpty()) {
      tell(transaction);
    }
    int next = 0;
    for (var job : batch) {
      switch (job) {
        case AppendJob append -> append.outcome().complete(outcomes.get(next++));
        case DeliveryJob delivery -> delivery.done().complete(null);
      }
    }
  }

  private void tell(BatchTransaction transaction) {
    try {
      listener.appended(transaction.entries(), transaction.inboxEntries(), transaction.versions());
    } catch (RuntimeException e) {
      LOG.error("what was appended could not be told", e);
    }
  }

  private static void rollBack(Connection connection, Exception cause) {
    try {
      connection.rollback();
    } catch (SQLException e) {
      cause.addSuppressed(e);
    }
  }

  /** A violated key, a value that does not fit, a deadlock or lost race: the others may pass. */
  private static boolean oneIsAtFault(SQLException e) {
    var state = e.getSQLState();
    return state != null
        && (state.startsWith("23")
            || state.startsWith("22")
            || state.startsWith("40")
            || state.equals("HYT00"));
  }

  private void unavailable(List<Job> batch, SQLException e) {
    LOG.warn("the database did not take {} appends: {}", batch.size(), e.getMessage());
    uncertain(batch);
    batch.forEach(Job::fail);
    drainAndFail();
  }

  private void drainAndFail() {
    var waiting = new ArrayList<Job>();
    queue.drainTo(waiting);
    for (var job : waiting) {
      bytesQueued.addAndGet(-job.bytes());
      job.fail();
    }
  }

  /** A commit whose answer was lost may have happened. */
  private void uncertain(List<Job> batch) {
    var rooms = new LinkedHashSet<String>();
    var devices = new LinkedHashSet<String>();
    for (var job : batch) {
      switch (job) {
        case AppendJob append -> {
          rooms.add(append.append().roomId());
          append.append().deliveries().forEach(delivery -> devices.add(delivery.deviceId()));
        }
        case DeliveryJob delivery -> delivery.items().forEach(item -> devices.add(item.deviceId()));
      }
    }
    listener.uncertain(rooms, devices);
  }

  /** Writes what is queued, then ends. */
  @Override
  public void close() {
    closed = true;
    try {
      thread.join(TimeUnit.SECONDS.toMillis(10));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}

package dev.sallyport.auth.client;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import com.github.benmanes.caffeine.cache.Ticker;
import java.time.Duration;
import java.util.Optional;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.springframework.transaction.support.TransactionSynchronization;
import org.springframework.transaction.support.TransactionSynchronizationManager;

/**
 * Clients as they were read from the database within the last second, so that a busy client is not
 * read for each of its requests. What this node changes it sees at once, what another node changes
 * after a second at the latest. Ids that mean no client are not remembered. Safe for use by many
 * threads.
 */
final class RecentClients {
  /** How long another node's change may go unseen: as long as a gateway may take to hear of one. */
  static final Duration AGE_MAX = Duration.ofSeconds(1);

  static final int COUNT_MAX = 10_000;

  /** A client, and the hash of its secret. */
  record Known(Client client, @Nullable String secretHash) {
    @Override
    public String toString() {
      return "Known[client=" + client.clientId() + "]";
    }
  }

  private final Cache<String, @Nullable Known> recent;

  /**
   * @param ticker nanoseconds that pass, from no particular time
   */
  RecentClients(Ticker ticker) {
    recent =
        Caffeine.newBuilder()
            .ticker(ticker)
            .expireAfterWrite(AGE_MAX)
            .maximumSize(COUNT_MAX)
            .build();
  }

  /**
   * The client of that id. Within a transaction {@code read} is asked, since that may see what no
   * one else does.
   */
  Optional<Known> find(String clientId, Function<String, Optional<Known>> read) {
    return TransactionSynchronizationManager.isActualTransactionActive()
        ? read.apply(clientId)
        : Optional.ofNullable(recent.get(clientId, id -> read.apply(id).orElse(null)));
  }

  /** That client changes: now, or when the transaction that changes it is committed. */
  void forget(String clientId) {
    if (!TransactionSynchronizationManager.isSynchronizationActive()) {
      recent.invalidate(clientId);
      return;
    }
    TransactionSynchronizationManager.registerSynchronization(
        new TransactionSynchronization() {
          @Override
          public void afterCommit() {
            recent.invalidate(clientId);
          }
        });
  }
}

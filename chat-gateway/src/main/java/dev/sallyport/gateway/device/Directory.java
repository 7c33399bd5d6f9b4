package dev.sallyport.gateway.device;

import dev.sallyport.gateway.log.DatabaseThreads;
import dev.sallyport.gateway.log.UnavailableException;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;
import org.springframework.dao.DataAccessException;
import org.springframework.transaction.TransactionException;
import org.springframework.transaction.support.TransactionTemplate;

/** Runs a transaction on the database threads. */
final class Directory {

  private final DatabaseThreads threads;
  private final TransactionTemplate transactions;

  Directory(DatabaseThreads threads, TransactionTemplate transactions) {
    this.threads = threads;
    this.transactions = transactions;
  }

  /** Fails with {@link UnavailableException} where the database is away. */
  <T> CompletableFuture<T> transaction(Supplier<T> work) {
    return transaction("", work);
  }

  /** The same, in turn with what other callers ask. */
  <T> CompletableFuture<T> transaction(String callerUserId, Supplier<T> work) {
    return threads.call(
        callerUserId,
        () -> {
          try {
            var result = transactions.execute(status -> work.get());
            if (result == null) {
              throw new IllegalStateException("a transaction gave nothing");
            }
            return result;
          } catch (DataAccessException | TransactionException e) {
            // Also for two at once with one key: whoever repeats it finds the other's.
            throw new UnavailableException(e);
          }
        });
  }
}

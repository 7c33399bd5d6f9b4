package dev.sallyport.auth.client;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Optional;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Function;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.springframework.transaction.support.TransactionSynchronization;
import org.springframework.transaction.support.TransactionSynchronizationManager;

final class RecentClientsTest {
  private final AtomicLong nanos = new AtomicLong();
  private final RecentClients recent = new RecentClients(nanos::get);
  private final AtomicInteger reads = new AtomicInteger();

  /** Names the client after how often it was read. */
  private final Function<String, Optional<RecentClients.Known>> read =
      id -> Optional.of(known(id, "read " + reads.incrementAndGet()));

  @AfterEach
  void endTransaction() {
    if (TransactionSynchronizationManager.isSynchronizationActive()) {
      TransactionSynchronizationManager.clear();
    }
  }

  @Test
  void find_withinASecond_isReadOnce() {
    assertThat(nameOf("a")).isEqualTo("read 1");
    nanos.addAndGet(RecentClients.AGE_MAX.toNanos() - 1);

    assertThat(nameOf("a")).isEqualTo("read 1");
  }

  @Test
  void find_afterASecond_isReadAnew() {
    nameOf("a");
    nanos.addAndGet(RecentClients.AGE_MAX.toNanos());

    assertThat(nameOf("a")).isEqualTo("read 2");
  }

  @Test
  void find_unknown_isAskedForEachTime() {
    assertThat(recent.find("a", id -> Optional.empty())).isEmpty();

    assertThat(nameOf("a")).isEqualTo("read 1");
  }

  @Test
  void forget_outsideATransaction_isSeenAtOnce() {
    nameOf("a");
    recent.forget("a");

    assertThat(nameOf("a")).isEqualTo("read 2");
  }

  @Test
  void find_withinATransaction_isReadAndNotKept() {
    nameOf("a");
    begin();

    assertThat(nameOf("a")).isEqualTo("read 2");
    TransactionSynchronizationManager.clear();
    assertThat(nameOf("a")).isEqualTo("read 1");
  }

  @Test
  void forget_withinATransaction_isSeenWhenItIsCommitted() {
    nameOf("a");
    begin();
    recent.forget("a");
    var synchronizations = TransactionSynchronizationManager.getSynchronizations();
    TransactionSynchronizationManager.clear();
    assertThat(nameOf("a")).isEqualTo("read 1");

    synchronizations.forEach(TransactionSynchronization::afterCommit);

    assertThat(nameOf("a")).isEqualTo("read 2");
  }

  @Test
  void toString_hash_isNotShown() {
    assertThat(new RecentClients.Known(client("a", "A"), "hash-of-secret").toString())
        .doesNotContain("hash-of-secret");
  }

  private String nameOf(String id) {
    return recent.find(id, read).orElseThrow().client().name();
  }

  private static void begin() {
    TransactionSynchronizationManager.initSynchronization();
    TransactionSynchronizationManager.setActualTransactionActive(true);
  }

  private static RecentClients.Known known(String id, String name) {
    return new RecentClients.Known(client(id, name), "hash");
  }

  private static Client client(String id, String name) {
    return new Client(
        id,
        name,
        SecurityProfile.WEB,
        ClientAuthentication.CLIENT_SECRET_BASIC,
        null,
        Set.of(),
        Set.of(GrantType.CLIENT_CREDENTIALS),
        Set.of(),
        "ES256",
        false);
  }
}

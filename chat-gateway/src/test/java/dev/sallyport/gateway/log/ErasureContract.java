package dev.sallyport.gateway.log;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.time.Instant;
import org.junit.jupiter.api.Test;

/** Rooms that keep messages for a while, in every store. */
abstract class ErasureContract extends LogFixture {

  private static final Instant START = Instant.parse("2026-01-01T00:00:00Z");

  private int sweep() throws Exception {
    try (var erasure = new Erasure(dataSource(), () -> store().now())) {
      return erasure.sweep();
    }
  }

  private String keeping(Duration retention) {
    var room = room();
    append(event(room, 1, RoomEvent.retention(retention.toSeconds())));
    return room;
  }

  @Test
  void sweep_erasesMessagesThatAreTooOld_notCommitsNotEvents() throws Exception {
    at(START);
    var room = keeping(Duration.ofHours(1));
    var forEver = room();
    appended(application(forEver, "kept"));
    appended(application(room, "old"));
    appended(commit(room, 0, "commit"));
    at(START.plus(Duration.ofMinutes(30)));
    appended(application(room, "young", Long.MAX_VALUE, 1));

    at(START.plus(Duration.ofHours(1)));
    assertThat(sweep()).as("exactly as old as it may be").isZero();
    at(START.plus(Duration.ofHours(1)).plusMillis(1));
    assertThat(sweep()).isEqualTo(1);
    assertThat(sweep()).isZero();

    var page = join(log().read(room, 0, 100));
    assertThat(page.entries())
        .extracting(LogEntry::tombstone)
        .containsExactly(false, false, true, false, false);
    assertThat(page.complete()).isFalse();
    var chain = Chain.start(room);
    for (var entry : page.entries()) {
      assertThat(Chain.verifies(chain, entry)).isTrue();
      chain = entry.chainHash();
    }
    assertThat(join(log().read(forEver, 0, 100)).complete()).isTrue();
    at(START.plus(Duration.ofHours(2)));
    assertThat(sweep()).isEqualTo(1);
  }

  @Test
  void sweep_ofMoreThanOneStretch_erasesAll() throws Exception {
    at(START);
    var room = keeping(Duration.ofHours(1));
    java.util.concurrent.CompletableFuture<AppendOutcome> last = null;
    for (int i = 0; i < 2_300; i++) {
      last = log().append(application(room, "m" + i));
    }
    join(java.util.Objects.requireNonNull(last));
    appended(application(room, "the last"));

    at(START.plus(Duration.ofHours(2)));
    assertThat(sweep()).isEqualTo(2_301);
    appended(application(room, "after"));
    assertThat(sweep()).isZero();
    assertThat(join(log().read(room, 2_303, 10)).complete()).isTrue();
  }

  @Test
  void sweep_afterTheRoomKeepsForEverAgain_erasesNothing() throws Exception {
    at(START);
    var room = keeping(Duration.ofHours(1));
    appended(application(room, "kept after all"));
    append(event(room, 2, RoomEvent.retention(0)));

    at(START.plus(Duration.ofDays(30)));
    assertThat(sweep()).isZero();
    assertThat(readAll(room)).hasSize(4);
  }

  @Test
  void append_repeatedAfterItsMessageWasErased_givesTheFirstAnswer() throws Exception {
    at(START);
    var room = keeping(Duration.ofHours(1));
    var message = application(room, "once");
    var first = appended(message);
    at(START.plus(Duration.ofHours(2)));
    assertThat(sweep()).isEqualTo(1);

    var again = appended(message);

    assertThat(again.repeated()).isTrue();
    assertThat(again.entry().seq()).isEqualTo(first.entry().seq());
    assertThat(again.entry().chainHash()).isEqualTo(first.entry().chainHash());
  }
}

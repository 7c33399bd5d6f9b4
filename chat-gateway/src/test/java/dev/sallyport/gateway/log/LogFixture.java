package dev.sallyport.gateway.log;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import dev.sallyport.gateway.log.AppendOutcome.Appended;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;

/** A store of the room log, and what is appended to it in its tests. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
abstract class LogFixture {

  private @Nullable LogStore store;

  /** Opens the store of this test. */
  abstract LogStore open(Path folder) throws Exception;

  @BeforeAll
  void start(@TempDir Path folder) throws Exception {
    store = open(folder);
  }

  @AfterAll
  void close() throws Exception {
    store().close();
  }

  LogStore store() {
    return Objects.requireNonNull(store, "not open");
  }

  RoomLog log() {
    return store().log();
  }

  RecordingListener told() {
    return store().told();
  }

  DataSource dataSource() {
    return store().dataSource();
  }

  /** Moves the clock that the store reads. */
  void at(Instant now) {
    store().at(now);
  }

  static final String ALICE = "0190d0c0-0000-7000-8000-00000000000a";

  static final String BOB = "0190d0c0-0000-7000-8000-00000000000b";

  final String phone = UUID.randomUUID().toString();

  final String laptop = UUID.randomUUID().toString();

  final AtomicLong ids = new AtomicLong(new Random().nextLong());

  Append commit(
      String room,
      String userId,
      String deviceId,
      long epoch,
      List<Content.Leaf> adds,
      List<Content.Leaf> removes) {
    return new Append(
        room,
        new Append.Author(userId, deviceId, clientMessageId()),
        new Content.Commit(
            bytes("c" + ids.incrementAndGet()), epoch, new Content.Declaration(adds, removes)),
        new Append.Fence.NotRestrictedSince(Long.MAX_VALUE),
        List.of());
  }

  String room() {
    var room = UUID.randomUUID().toString();
    assertThat(append(creation(room))).isInstanceOf(Appended.class);
    return room;
  }

  String roomWithBob() {
    var room = room();
    append(event(room, 1, RoomEvent.about(RoomEvent.Type.JOINED, BOB, "member")));
    return room;
  }

  Append creation(String room) {
    return new Append(
        room,
        new Append.Author(ALICE, phone, ByteString.EMPTY),
        new Content.Event(RoomEvent.created(ALICE, "a room", "invite", "")),
        new Append.Fence.NoRoom(),
        List.of());
  }

  Append event(String room, long version, RoomEvent event) {
    return new Append(
        room,
        new Append.Author(ALICE, phone, ByteString.EMPTY),
        new Content.Event(event),
        new Append.Fence.Exactly(version),
        List.of());
  }

  Append application(String room, String text) {
    return application(room, text, Long.MAX_VALUE);
  }

  Append application(String room, String text, long version) {
    return application(room, text, version, 0);
  }

  Append application(String room, String text, long version, long epoch) {
    return new Append(
        room,
        new Append.Author(ALICE, phone, clientMessageId()),
        new Content.Application(bytes(text), epoch),
        new Append.Fence.NotRestrictedSince(version),
        List.of());
  }

  Append commit(String room, long epoch, String text) {
    return message(
        room,
        phone,
        clientMessageId(),
        new Content.Commit(bytes(text), epoch, Content.Declaration.NONE));
  }

  static Append message(String room, String device, ByteString clientMessageId, Content content) {
    return new Append(
        room,
        new Append.Author(ALICE, device, clientMessageId),
        content,
        new Append.Fence.NotRestrictedSince(Long.MAX_VALUE),
        List.of());
  }

  ByteString clientMessageId() {
    var id = java.nio.ByteBuffer.allocate(16).putLong(0).putLong(ids.incrementAndGet()).flip();
    return ByteString.copyFrom(id);
  }

  static ByteString bytes(String text) {
    return ByteString.copyFromUtf8(text);
  }

  AppendOutcome append(Append append) {
    return join(log().append(append));
  }

  Appended appended(Append append) {
    return (Appended) append(append);
  }

  /** Page by page, with the chain checked from the room id on. */
  List<LogEntry> readAll(String room) {
    var entries = new ArrayList<LogEntry>();
    var chain = Chain.start(room);
    while (true) {
      long after = entries.isEmpty() ? 0 : entries.getLast().seq();
      var page = join(log().read(room, after, 50));
      assertThat(page.complete()).isTrue();
      assertThat(page.chainBefore()).isEqualTo(chain);
      for (var entry : page.entries()) {
        assertThat(Chain.verifies(chain, entry)).isTrue();
        chain = entry.chainHash();
        entries.add(entry);
      }
      if (page.end()) {
        assertThat(entries)
            .extracting(LogEntry::seq)
            .containsExactlyElementsOf(
                java.util.stream.LongStream.rangeClosed(1, entries.size()).boxed().toList());
        return entries;
      }
    }
  }

  static <T extends @org.jspecify.annotations.Nullable Object> T join(CompletableFuture<T> future) {
    return future.orTimeout(30, TimeUnit.SECONDS).join();
  }

  long versionOf(String room) {
    return join(log().room(room)).orElseThrow().version();
  }
}

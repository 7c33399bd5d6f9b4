package dev.sallyport.acceptance.history;

import java.util.List;
import java.util.Map;

/**
 * One line of a history: what one of the clients, or who drives them, did or saw. In the order in
 * which it was seen; {@code at} is nanoseconds since the history began, by one clock for all.
 *
 * <p>Bytes are lower-case hexadecimal. What does not apply is empty or 0. The names of the records
 * are the {@code type} of the lines, their components the members, both in snake case; the format
 * is decision 0304.
 */
public sealed interface Fact {

  long at();

  /** The first line. */
  record Began(
      long at, int version, long seed, String plan, String durability, List<String> gateways)
      implements Fact {}

  /** A device, and whose it is. */
  record Device(long at, String device, String user) implements Fact {}

  /**
   * A request is about to be made: one attempt. A retry of a message is another call with the same
   * {@code deed}.
   *
   * @param call names it among all
   * @param gateway where it goes
   */
  record Called(long at, long call, String device, String user, String gateway, Deed deed)
      implements Fact {}

  /** It was answered: whatever it asked for was done. */
  record Accepted(
      long at,
      long call,
      long seq,
      String chainHash,
      String durability,
      long acceptedAtMs,
      long epoch)
      implements Fact {}

  /**
   * It was answered: nothing was done.
   *
   * @param winner with {@code stale_epoch}: the Commit that ended the epoch
   */
  record Refused(long at, long call, String code, List<Entry> winner) implements Fact {}

  /** There was no answer: it may have been done, now or later, or never. */
  record Unanswered(long at, long call, String why) implements Fact {}

  /** A socket is open. */
  record Opened(long at, String socket, String device, String user, String gateway)
      implements Fact {}

  /** Cursors are about to be named; rooms joined and not named begin after their newest entry. */
  record Subscribing(long at, String socket, Map<String, Long> cursors, long inboxAfter)
      implements Fact {}

  record Delivered(long at, String socket, Entry entry) implements Fact {}

  /**
   * @param item `welcome`, `invitation`, …
   * @param digest SHA-256 of a Welcome
   */
  record Inbox(long at, String socket, long seq, String room, String item, String digest)
      implements Fact {}

  record CaughtUp(long at, String socket, String room, long seq, String chainHash, boolean complete)
      implements Fact {}

  record Ended(long at, String socket, String room, String code) implements Fact {}

  record Closed(long at, String socket, int code) implements Fact {}

  /**
   * A page of a room's log, read over HTTP.
   *
   * @param last whether it was read after everything was healed, by one who may read all
   */
  record Page(
      long at,
      String device,
      String user,
      String gateway,
      String room,
      long afterSeq,
      List<Entry> entries,
      boolean end,
      boolean complete,
      String chainBefore,
      boolean last)
      implements Fact {}

  /** The room as a gateway tells it after everything was healed. */
  record State(
      long at,
      String gateway,
      String room,
      long epoch,
      long lastSeq,
      String groupId,
      List<String> joined)
      implements Fact {}

  /**
   * @param phase `begins` or `ends`
   */
  record Fault(long at, String kind, String target, String phase) implements Fact {}

  /** No fault is left and nothing is asked any more; what follows are the last readings. */
  record Settled(long at) implements Fact {}

  /** For people. */
  record Note(long at, String text) implements Fact {}

  /**
   * What is asked for.
   *
   * @param kind `application`, `proposal`, `commit`; `create`, `invite`, `join`, `leave`, `kick`,
   *     `ban`, `unban`, `reset`, `redact`, `revoke`
   * @param room empty with `create` and `revoke`
   * @param messageId, blobHash, epoch of a message
   * @param subject the user it is about; with `revoke` the device
   * @param seq with `redact`
   */
  record Deed(
      String kind,
      String room,
      String messageId,
      String blobHash,
      long epoch,
      List<Leaf> adds,
      List<Leaf> removes,
      List<Welcome> welcomes,
      String subject,
      long seq) {

    static Deed message(String kind, String room, String messageId, String blobHash, long epoch) {
      return commit(room, messageId, blobHash, epoch, List.of(), List.of(), List.of()).ofKind(kind);
    }

    static Deed commit(
        String room,
        String messageId,
        String blobHash,
        long epoch,
        List<Leaf> adds,
        List<Leaf> removes,
        List<Welcome> welcomes) {
      return new Deed("commit", room, messageId, blobHash, epoch, adds, removes, welcomes, "", 0);
    }

    static Deed change(String kind, String room, String subject, long seq) {
      return new Deed(kind, room, "", "", 0, List.of(), List.of(), List.of(), subject, seq);
    }

    private Deed ofKind(String other) {
      return new Deed(
          other, room, messageId, blobHash, epoch, adds, removes, welcomes, subject, seq);
    }

    boolean isMessage() {
      return !messageId.isEmpty();
    }
  }

  record Leaf(String user, String device) {}

  record Welcome(String device, String digest) {}

  /**
   * An entry of a log, as it came.
   *
   * @param blob SHA-256 of the {@code mls_message} that came with it, taken by whoever received it;
   *     empty where none did
   * @param event the fields of the RoomEvent by field number, numbers in decimal; empty for others
   * @param blobHash, chainHash as told
   */
  record Entry(
      String room,
      long seq,
      int kind,
      String user,
      String device,
      String messageId,
      long acceptedAtMs,
      long epoch,
      String blob,
      List<String> event,
      List<Leaf> adds,
      List<Leaf> removes,
      String blobHash,
      String chainHash) {

    static final int APPLICATION = 1;
    static final int PROPOSAL = 2;
    static final int COMMIT = 3;
    static final int EVENT = 4;

    boolean isEvent() {
      return kind == EVENT;
    }

    /** `created`, `kicked`, …; empty for what is no event. */
    String eventType() {
      return event.isEmpty() ? "" : event.getFirst();
    }

    /** The user an event is about. */
    String subject() {
      return event.size() > 1 ? event.get(1) : "";
    }

    /** The device an event is about. */
    String eventDevice() {
      return event.size() > 9 ? event.get(9) : "";
    }

    /** What stays of a message that was erased. */
    boolean isTombstone() {
      return !isEvent() && blob.isEmpty();
    }

    /** The same entry, whether its message has been erased or not. */
    boolean sameAs(Entry other) {
      return withoutBlob().equals(other.withoutBlob())
          && (blob.isEmpty() || other.blob.isEmpty() || blob.equals(other.blob));
    }

    private Entry withoutBlob() {
      return new Entry(
          room,
          seq,
          kind,
          user,
          device,
          messageId,
          acceptedAtMs,
          epoch,
          "",
          event,
          adds,
          removes,
          blobHash,
          chainHash);
    }

    /** In a few words. */
    String brief() {
      return "%d (%s %s by %s, chain %s)"
          .formatted(
              seq,
              isEvent() ? "event" : "message",
              isEvent() ? eventType() : shortened(messageId),
              shortened(device.isEmpty() ? user : device),
              shortened(chainHash));
    }

    private static String shortened(String text) {
      return text.length() > 8 ? text.substring(0, 8) : text;
    }
  }
}

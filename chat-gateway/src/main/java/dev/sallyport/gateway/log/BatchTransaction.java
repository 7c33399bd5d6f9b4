package dev.sallyport.gateway.log;

import com.google.protobuf.ByteString;
import dev.sallyport.gateway.log.AppendOutcome.Appended;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * Appends of many rooms in one transaction, each with an outcome of its own.
 *
 * <p>First the heads of all rooms are locked, in the order of their ids, and what the devices sent
 * before is looked up. Then each append is decided in memory, in the order given, on the heads as
 * the ones before it left them. Last everything is written in JDBC batches: heads, entries,
 * inboxes. Nobody who holds an inbox waits for a room, so that lanes and nodes cannot lock each
 * other out.
 *
 * <p>For one transaction, on one thread. Outcomes hold only once the caller has committed.
 */
final class BatchTransaction {

  private static final String REPEATED =
      "select "
          + Rows.ENTRY_COLUMNS
          + " from room_entry where sender_device = ? and client_message_id = ?";

  /** Index probes in one round trip: a union is what both databases plan as such. */
  private static final int PROBES_PER_QUERY = 16;

  private final Connection connection;
  private final long nowMillis;
  private final Durability durability;
  private final RemoveProposals proposals;

  private final Map<String, Head> heads = new HashMap<>();
  private final Map<MessageKey, LogEntry> sent = new HashMap<>();
  private final Map<EpochKey, LogEntry> winners = new HashMap<>();
  private final List<LogEntry> entries = new ArrayList<>();
  private final TreeMap<String, List<InboxEntry>> inboxes = new TreeMap<>();
  private final RoomLeaves leaves;

  BatchTransaction(
      Connection connection, long nowMillis, Durability durability, RemoveProposals proposals) {
    this.connection = connection;
    this.nowMillis = nowMillis;
    this.durability = durability;
    this.proposals = proposals;
    this.leaves = new RoomLeaves(connection);
  }

  /** What the database does not know yet, or knew when it was locked. */
  private static final class Head {
    boolean exists;
    boolean touched;
    boolean leavesKnown;
    long version;
    long restrictedAt;
    long epoch;
    long lastSeq;
    long lastAt;
    ByteString chainHash;
    String groupId;

    /** How many leaves have to go. */
    int removals;

    /** Of those, the ones to propose with the next step; empty in between. */
    List<Content.Leaf> toPropose = List.of();

    /** Where the gateway stands in the group. */
    Content.ExternalSender sender = NOWHERE;

    Head(String roomId) {
      chainHash = Chain.start(roomId);
      groupId = roomId;
    }
  }

  /**
   * As many devices as one user has, and some: whoever begins epochs over and over must not fill
   * the log. What is not proposed is held against Commits all the same.
   */
  static final int PROPOSALS_PER_STEP_MAX = 64;

  private static final Content.ExternalSender NOWHERE = new Content.ExternalSender(0, "");

  private record MessageKey(String deviceId, ByteString clientMessageId) {}

  private record EpochKey(String roomId, long epoch) {}

  /**
   * Decides and writes; the outcomes are in the order of the appends.
   *
   * @param items for inboxes, that belong to no append
   */
  List<AppendOutcome> run(List<Append> appends, List<InboxEntry> items) throws SQLException {
    lockHeads(appends);
    findRepeated(appends);
    var outcomes = new ArrayList<AppendOutcome>(appends.size());
    for (var append : appends) {
      outcomes.add(apply(append));
    }
    for (var item : items) {
      inboxes.computeIfAbsent(item.deviceId(), id -> new ArrayList<>()).add(item);
    }
    writeHeads();
    writeEntries();
    writeInboxes();
    return outcomes;
  }

  /** The entries written, in order. */
  List<LogEntry> entries() {
    return entries;
  }

  /** The number of the newest event of each room that was written to. */
  Map<String, Long> versions() {
    var versions = new HashMap<String, Long>();
    heads.forEach(
        (roomId, head) -> {
          if (head.touched) {
            versions.put(roomId, head.version);
          }
        });
    return versions;
  }

  /** The inbox entries written, in order. */
  List<InboxEntry> inboxEntries() {
    return inboxes.values().stream().flatMap(List::stream).toList();
  }

  private AppendOutcome apply(Append append) throws SQLException {
    var key = new MessageKey(append.author().deviceId(), append.author().clientMessageId());
    var before = sent.get(key);
    if (before != null) {
      return repeated(append, before);
    }
    var head = heads.computeIfAbsent(append.roomId(), Head::new);
    var fenced = fenced(append, head);
    if (fenced != null) {
      return fenced;
    }
    var declaration = Content.Declaration.NONE;
    if (append.content() instanceof Content.Message message) {
      if (message.epoch() < head.epoch - RoomLog.EPOCHS_BEHIND_MAX) {
        return new AppendOutcome.StaleEpoch(head.epoch, winner(append.roomId(), message.epoch()));
      }
      if (message.epoch() > head.epoch) {
        return new AppendOutcome.FutureEpoch(head.epoch);
      }
      if (message instanceof Content.Commit commit) {
        switch (check(append, commit, head)) {
          case RoomLeaves.Verdict.Misfit(AppendOutcome outcome) -> {
            return outcome;
          }
          case RoomLeaves.Verdict.Fits(Content.Declaration completed) -> declaration = completed;
        }
      }
      if (head.removals > 0) {
        var pending = RoomLeaves.expelled(connection, append.roomId());
        if (!mayComeBefore(message, pending)) {
          return new AppendOutcome.RemovalPending(pending);
        }
      }
    }
    var entry = advance(append, head, declaration);
    entries.add(entry);
    propose(append.roomId(), head);
    if (!key.clientMessageId().isEmpty()) {
      sent.put(key, entry);
    }
    for (var delivery : append.deliveries()) {
      inboxes
          .computeIfAbsent(delivery.deviceId(), id -> new ArrayList<>())
          .add(
              new InboxEntry(
                  delivery.deviceId(),
                  0,
                  append.roomId(),
                  delivery.item(),
                  entry.acceptedAtMillis()));
    }
    return new Appended(entry, head.epoch, durability, false);
  }

  private RoomLeaves.Verdict check(Append append, Content.Commit commit, Head head)
      throws SQLException {
    if (head.leavesKnown) {
      return leaves.check(append.roomId(), append.author(), commit);
    }
    // Who was there is not known: then nobody comes back by their own word.
    return commit.rejoins()
        ? new RoomLeaves.Verdict.Misfit(new AppendOutcome.NotInGroup(append.author().deviceId()))
        : new RoomLeaves.Verdict.Fits(commit.declaration());
  }

  /** A Commit that removes those leaves, or as many of them as fit in one. */
  private static boolean mayComeBefore(Content.Message message, List<Content.Leaf> pending) {
    return switch (message) {
      case Content.Application application -> false;
      // Nothing is said by it, and a Commit may want it.
      case Content.Proposal proposal -> true;
      case Content.Commit commit when commit.external() -> true;
      case Content.Commit commit -> {
        var removed = new HashSet<String>();
        commit.declaration().removes().forEach(leaf -> removed.add(leaf.deviceId()));
        long covered = pending.stream().filter(leaf -> removed.contains(leaf.deviceId())).count();
        yield covered >= Math.min(pending.size(), RoomLog.REMOVES_PER_COMMIT_MAX);
      }
    };
  }

  /**
   * The gateway's own proposals for the leaves that have to go and were not proposed in this epoch.
   */
  private void propose(String roomId, Head head) throws SQLException {
    var leavesToPropose = head.toPropose;
    head.toPropose = List.of();
    if (head.sender.keyId().isEmpty()) {
      return;
    }
    var groupId = ByteString.copyFromUtf8(head.groupId);
    for (var leaf :
        leavesToPropose.subList(0, Math.min(leavesToPropose.size(), PROPOSALS_PER_STEP_MAX))) {
      if (leaf.leafIndex() == null) {
        continue;
      }
      var blob = proposals.remove(head.sender, groupId, head.epoch, leaf.leafIndex());
      if (blob.isPresent()) {
        var proposal = new Content.Proposal(blob.get(), head.epoch);
        entries.add(
            advance(
                new Append(
                    roomId,
                    Append.Author.GATEWAY,
                    proposal,
                    new Append.Fence.Exactly(head.version),
                    List.of()),
                head,
                Content.Declaration.NONE));
      }
    }
  }

  private AppendOutcome repeated(Append append, LogEntry before) {
    if (!before.roomId().equals(append.roomId())
        || before.kind() != append.content().kind()
        || !before.blobHash().equals(Chain.hash(append.content()))) {
      return new AppendOutcome.IdReused();
    }
    // Nobody can append behind the current epoch, so the first answer follows from the entry.
    long epochAfter = before.kind() == EntryKind.COMMIT ? before.epoch() + 1 : before.epoch();
    return new Appended(before, epochAfter, durability, true);
  }

  private static @Nullable AppendOutcome fenced(Append append, Head head) {
    return switch (append.fence()) {
      case Append.Fence.NoRoom() -> head.exists ? new AppendOutcome.WrongRoom() : null;
      case Append.Fence.Exactly(long version) ->
          !head.exists
              ? new AppendOutcome.WrongRoom()
              : version != head.version ? new AppendOutcome.Fenced(head.version) : null;
      case Append.Fence.NotRestrictedSince(long version) ->
          !head.exists
              ? new AppendOutcome.WrongRoom()
              : version < head.restrictedAt ? new AppendOutcome.Fenced(head.version) : null;
    };
  }

  /**
   * The head after this append, and its entry.
   *
   * @param declaration of a Commit, completed
   */
  private LogEntry advance(Append append, Head head, Content.Declaration declaration)
      throws SQLException {
    long seq = head.lastSeq + 1;
    long at = Math.max(nowMillis, head.lastAt);
    var content = append.content();
    var blobHash = Chain.hash(content);
    var chainHash = Chain.next(head.chainHash, seq, content.kind(), append.author(), at, blobHash);
    LogEntry entry =
        switch (content) {
          case Content.Message message ->
              new LogEntry(
                  append.roomId(),
                  seq,
                  content.kind(),
                  append.author(),
                  at,
                  message.epoch(),
                  message.blob(),
                  null,
                  content instanceof Content.Commit ? declaration : null,
                  blobHash,
                  chainHash);
          case Content.Event(RoomEvent event) ->
              new LogEntry(
                  append.roomId(),
                  seq,
                  content.kind(),
                  append.author(),
                  at,
                  0,
                  null,
                  event,
                  null,
                  blobHash,
                  chainHash);
        };
    if (content instanceof Content.Commit commit) {
      head.epoch = commit.epoch() + 1;
      if (commit.sender() != null) {
        head.sender = commit.sender();
      }
      if (head.leavesKnown) {
        leaves.commit(append.roomId(), append.author(), commit, declaration);
        if (head.removals > 0) {
          // What is left is proposed anew: a proposal is good for one epoch.
          head.toPropose = RoomLeaves.expelled(connection, append.roomId());
          head.removals = head.toPropose.size();
        }
      }
      winners.put(new EpochKey(append.roomId(), commit.epoch()), entry);
      keepGroupInfo(append.roomId(), head.epoch, commit.groupInfo());
    }
    if (content instanceof Content.Event(RoomEvent event)) {
      head.version = seq;
      if (event.type().restricting()) {
        head.restrictedAt = seq;
      }
      if (event.type() == RoomEvent.Type.CREATED) {
        insertRoom(append.roomId(), event, head, at, chainHash);
        leaves.begin(append.roomId(), append.author());
        head.exists = true;
        head.leavesKnown = true;
      }
      if (event.type() == RoomEvent.Type.GROUP_RESET) {
        resetGroup(append, event, head);
      }
      writeMembership(append.roomId(), append.author(), event, seq);
      head.toPropose = expel(append.roomId(), event, seq);
      head.removals += head.toPropose.size();
    }
    head.lastSeq = seq;
    head.lastAt = at;
    head.chainHash = chainHash;
    head.touched = true;
    return entry;
  }

  /** The leaves that by this event have to go. */
  private List<Content.Leaf> expel(String roomId, RoomEvent event, long seq) throws SQLException {
    return switch (event.type()) {
      case KICKED, BANNED, LEFT -> leaves.expelUser(roomId, event.subject(), seq);
      case DEVICE_REMOVED -> leaves.expelDevice(roomId, event.subject(), event.deviceId(), seq);
      case CREATED,
          INVITED,
          JOINED,
          UNBANNED,
          ROLE_CHANGED,
          ARCHIVED,
          MUTED,
          UNMUTED,
          OWNERSHIP_TRANSFERRED,
          RETENTION_CHANGED,
          REDACTED,
          GROUP_RESET,
          DEVICE_ADDED ->
          List.of();
    };
  }

  /** That of the epoch now current, or none. */
  private void keepGroupInfo(String roomId, long epoch, @Nullable ByteString groupInfo)
      throws SQLException {
    update("delete from room_group_info where room_id = ?", roomId);
    if (groupInfo != null) {
      update(
          "insert into room_group_info (room_id, epoch, blob) values (?,?,?)",
          roomId,
          epoch,
          groupInfo.toByteArray());
    }
  }

  /** Another group, at epoch 0, whose first leaf is the author's device. */
  private void resetGroup(Append append, RoomEvent event, Head head) throws SQLException {
    var roomId = append.roomId();
    head.epoch = 0;
    head.leavesKnown = true;
    head.groupId = event.groupId();
    head.removals = 0;
    head.sender = NOWHERE;
    winners.keySet().removeIf(won -> won.roomId().equals(roomId));
    update("delete from room_epoch where room_id = ?", roomId);
    update("delete from room_leaf where room_id = ?", roomId);
    update("delete from room_group_info where room_id = ?", roomId);
    update(
        "update room set group_id = ?, leaves_known = true where id = ?", event.groupId(), roomId);
    leaves.begin(roomId, append.author());
  }

  private void update(String sql, Object... values) throws SQLException {
    try (var update = connection.prepareStatement(sql)) {
      for (int i = 0; i < values.length; i++) {
        update.setObject(i + 1, values[i]);
      }
      update.executeUpdate();
    }
  }

  private @Nullable LogEntry winner(String roomId, long epoch) throws SQLException {
    var here = winners.get(new EpochKey(roomId, epoch));
    if (here != null) {
      return here;
    }
    try (var query =
        connection.prepareStatement(
            "select "
                + Rows.ENTRY_COLUMNS
                + " from room_entry where room_id = ? and seq = (select commit_seq from room_epoch"
                + " where room_id = ? and epoch = ?)")) {
      query.setString(1, roomId);
      query.setString(2, roomId);
      query.setLong(3, epoch);
      try (var rows = query.executeQuery()) {
        return rows.next() ? Rows.entry(rows) : null;
      }
    }
  }

  private void lockHeads(List<Append> appends) throws SQLException {
    var ids = new TreeSet<String>();
    appends.forEach(append -> ids.add(append.roomId()));
    if (ids.isEmpty()) {
      return;
    }
    int places = places(ids.size());
    try (var query = connection.prepareStatement(heads(places))) {
      int place = 0;
      for (var id : ids) {
        query.setString(++place, id);
      }
      while (place < places) {
        query.setString(++place, ids.getLast());
      }
      try (var rows = query.executeQuery()) {
        while (rows.next()) {
          var head = new Head(rows.getString(1));
          head.exists = true;
          head.version = rows.getLong(2);
          head.restrictedAt = rows.getLong(3);
          head.epoch = rows.getLong(4);
          head.lastSeq = rows.getLong(5);
          head.lastAt = rows.getLong(6);
          head.chainHash = ByteString.copyFrom(rows.getBytes(7));
          head.leavesKnown = rows.getBoolean(8);
          head.groupId = rows.getString(9).isEmpty() ? rows.getString(1) : rows.getString(9);
          head.removals = rows.getInt(10);
          head.sender = new Content.ExternalSender(rows.getInt(11), rows.getString(12));
          heads.put(rows.getString(1), head);
        }
      }
    }
  }

  private static String heads(int places) {
    return "select id, version, restricted_at, epoch, last_seq, last_at, chain_hash, leaves_known,"
        + " group_id, removals_pending, sender_index, sender_key from room where id in (?"
        + ",?".repeat(places - 1)
        + ") order by id for update";
  }

  /** A power of two, so that few statements are prepared. */
  static int places(int count) {
    return count <= 1 ? 1 : Integer.highestOneBit(count - 1) << 1;
  }

  private void findRepeated(List<Append> appends) throws SQLException {
    var keys = new LinkedHashSet<MessageKey>();
    for (var append : appends) {
      if (!append.author().clientMessageId().isEmpty()) {
        keys.add(new MessageKey(append.author().deviceId(), append.author().clientMessageId()));
      }
    }
    if (keys.isEmpty()) {
      return;
    }
    var remaining = new ArrayList<>(keys);
    int at = 0;
    while (at < remaining.size()) {
      int probes = remaining.size() - at >= PROBES_PER_QUERY ? PROBES_PER_QUERY : 1;
      probe(remaining.subList(at, at + probes));
      at += probes;
    }
  }

  private void probe(List<MessageKey> keys) throws SQLException {
    var sql = String.join(" union all ", Collections.nCopies(keys.size(), REPEATED));
    try (var query = connection.prepareStatement(sql)) {
      int place = 0;
      for (var key : keys) {
        query.setString(++place, key.deviceId());
        query.setBytes(++place, key.clientMessageId().toByteArray());
      }
      try (var rows = query.executeQuery()) {
        while (rows.next()) {
          var entry = Rows.entry(rows);
          sent.put(
              new MessageKey(entry.author().deviceId(), entry.author().clientMessageId()), entry);
        }
      }
    }
  }

  private void insertRoom(
      String roomId, RoomEvent created, Head head, long at, ByteString chainHash)
      throws SQLException {
    try (var insert =
        connection.prepareStatement(
            "insert into room (id, name, join_rule, classification, archived, version,"
                + " restricted_at, epoch, last_seq, last_at, chain_hash, leaves_known, group_id)"
                + " values (?,?,?,?,?,?,?,?,?,?,?,true,?)")) {
      insert.setString(1, roomId);
      insert.setString(2, created.name());
      insert.setString(3, created.joinRule());
      insert.setString(4, created.classification());
      insert.setBoolean(5, false);
      insert.setLong(6, head.version);
      insert.setLong(7, head.restrictedAt);
      insert.setLong(8, head.epoch);
      insert.setLong(9, 1);
      insert.setLong(10, at);
      insert.setBytes(11, chainHash.toByteArray());
      insert.setString(12, roomId);
      insert.executeUpdate();
    }
  }

  /** The room in memory follows the same rules (see {@code Room#after}). */
  private void writeMembership(String roomId, Append.Author author, RoomEvent event, long seq)
      throws SQLException {
    switch (event.type()) {
      case CREATED -> insertMember(roomId, event, RoomRecord.State.JOINED, seq);
      case INVITED -> insertMember(roomId, event, RoomRecord.State.INVITED, seq);
      case JOINED -> {
        if (!updateMember(roomId, event, RoomRecord.State.JOINED)) {
          insertMember(roomId, event, RoomRecord.State.JOINED, seq);
        }
      }
      case BANNED -> {
        if (!updateMember(roomId, event, RoomRecord.State.BANNED)) {
          insertMember(roomId, event, RoomRecord.State.BANNED, seq);
        }
      }
      case ROLE_CHANGED -> setRole(roomId, event.subject(), event.role());
      case OWNERSHIP_TRANSFERRED -> {
        setRole(roomId, event.subject(), event.role());
        setRole(roomId, author.userId(), FORMER_OWNER);
      }
      case LEFT, KICKED, UNBANNED ->
          update(
              "delete from room_member where room_id = ? and user_id = ?", roomId, event.subject());
      case ARCHIVED -> update("update room set archived = true where id = ?", roomId);
      case MUTED -> {
        unmute(roomId, event.subject());
        update("insert into room_mute (room_id, user_id) values (?,?)", roomId, event.subject());
      }
      case UNMUTED -> unmute(roomId, event.subject());
      case RETENTION_CHANGED ->
          update(
              "update room set retention_seconds = ? where id = ?",
              event.retentionSeconds(),
              roomId);
      case REDACTED ->
          update(
              "update room_entry set blob = null where room_id = ? and seq = ? and kind = ?",
              roomId,
              event.redactedSeq(),
              EntryKind.APPLICATION.number());
      case GROUP_RESET, DEVICE_ADDED, DEVICE_REMOVED -> {}
    }
  }

  /** What the one is who handed the room over; {@code Room#after} says the same. */
  private static final String FORMER_OWNER = "moderator";

  private void setRole(String roomId, String userId, String role) throws SQLException {
    update(
        "update room_member set role = ? where room_id = ? and user_id = ?", role, roomId, userId);
  }

  private void unmute(String roomId, String userId) throws SQLException {
    update("delete from room_mute where room_id = ? and user_id = ?", roomId, userId);
  }

  private void insertMember(String roomId, RoomEvent event, RoomRecord.State state, long seq)
      throws SQLException {
    try (var insert =
        connection.prepareStatement(
            "insert into room_member (room_id, user_id, state, role, since)"
                + " values (?,?,?,?,?)")) {
      insert.setString(1, roomId);
      insert.setString(2, event.subject());
      insert.setString(3, state.name());
      insert.setString(4, event.role());
      insert.setLong(5, seq);
      insert.executeUpdate();
    }
  }

  private boolean updateMember(String roomId, RoomEvent event, RoomRecord.State state)
      throws SQLException {
    try (var update =
        connection.prepareStatement(
            "update room_member set state = ?, role = ? where room_id = ? and user_id = ?")) {
      update.setString(1, state.name());
      update.setString(2, event.role());
      update.setString(3, roomId);
      update.setString(4, event.subject());
      return update.executeUpdate() == 1;
    }
  }

  private void writeHeads() throws SQLException {
    try (var update =
        connection.prepareStatement(
            "update room set version = ?, restricted_at = ?, epoch = ?, last_seq = ?, last_at = ?,"
                + " chain_hash = ?, removals_pending = ?, sender_index = ?, sender_key = ? where id"
                + " = ?")) {
      for (var entry : heads.entrySet()) {
        var head = entry.getValue();
        if (head.touched) {
          update.setLong(1, head.version);
          update.setLong(2, head.restrictedAt);
          update.setLong(3, head.epoch);
          update.setLong(4, head.lastSeq);
          update.setLong(5, head.lastAt);
          update.setBytes(6, head.chainHash.toByteArray());
          update.setInt(7, head.removals);
          update.setInt(8, head.sender.index());
          update.setString(9, head.sender.keyId());
          update.setString(10, entry.getKey());
          update.addBatch();
        }
      }
      update.executeBatch();
    }
  }

  private void writeEntries() throws SQLException {
    if (entries.isEmpty()) {
      return;
    }
    try (var insert = connection.prepareStatement(Rows.INSERT_ENTRY)) {
      for (var entry : entries) {
        Rows.bind(insert, entry);
        insert.addBatch();
      }
      insert.executeBatch();
    }
    if (winners.isEmpty()) {
      return;
    }
    try (var insert =
        connection.prepareStatement(
            "insert into room_epoch (room_id, epoch, commit_seq) values (?,?,?)")) {
      for (var winner : winners.values()) {
        insert.setString(1, winner.roomId());
        insert.setLong(2, winner.epoch());
        insert.setLong(3, winner.seq());
        insert.addBatch();
      }
      insert.executeBatch();
    }
  }

  private void writeInboxes() throws SQLException {
    if (inboxes.isEmpty()) {
      return;
    }
    for (var inbox : inboxes.entrySet()) {
      long seq = lastInboxSeq(inbox.getKey());
      var numbered = new ArrayList<InboxEntry>();
      for (var item : inbox.getValue()) {
        seq++;
        numbered.add(
            new InboxEntry(
                item.deviceId(), seq, item.roomId(), item.item(), item.acceptedAtMillis()));
      }
      inbox.setValue(numbered);
      try (var update =
          connection.prepareStatement("update inbox set last_seq = ? where device_id = ?")) {
        update.setLong(1, seq);
        update.setString(2, inbox.getKey());
        update.executeUpdate();
      }
      prune(inbox.getKey(), seq - RoomLog.INBOX_ENTRIES_MAX);
    }
    try (var insert = connection.prepareStatement(Rows.INSERT_INBOX)) {
      for (var entry : inboxEntries()) {
        Rows.bind(insert, entry);
        insert.addBatch();
      }
      insert.executeBatch();
    }
  }

  private long lastInboxSeq(String deviceId) throws SQLException {
    try (var query =
        connection.prepareStatement("select last_seq from inbox where device_id = ? for update")) {
      query.setString(1, deviceId);
      try (var rows = query.executeQuery()) {
        if (rows.next()) {
          return rows.getLong(1);
        }
      }
    }
    // Two lanes at once collide on the key; the one that fails is repeated by its lane.
    try (var insert =
        connection.prepareStatement(
            "insert into inbox (device_id, last_seq, pruned_to) values (?, 0, 0)")) {
      insert.setString(1, deviceId);
      insert.executeUpdate();
      return 0;
    }
  }

  private void prune(String deviceId, long upTo) throws SQLException {
    if (upTo > 0) {
      prune(connection, deviceId, upTo);
    }
  }

  /** Forgets the entries up to that one. */
  static void prune(Connection connection, String deviceId, long upTo) throws SQLException {
    try (var update =
        connection.prepareStatement(
            "update inbox set pruned_to = ? where device_id = ? and pruned_to < ?"
                + " and last_seq >= ?")) {
      update.setLong(1, upTo);
      update.setString(2, deviceId);
      update.setLong(3, upTo);
      update.setLong(4, upTo);
      if (update.executeUpdate() == 0) {
        return;
      }
    }
    try (var delete =
        connection.prepareStatement("delete from inbox_entry where device_id = ? and seq <= ?")) {
      delete.setString(1, deviceId);
      delete.setLong(2, upTo);
      delete.executeUpdate();
    }
  }
}

package dev.sallyport.gateway.log;

import java.util.Collection;
import java.util.List;
import java.util.Map;

/**
 * Hears what was appended. What was appended on this node comes, for each room and each inbox, in
 * the order of the log, one after the other; a repeated append is not told again. An implementation
 * returns fast: the next append waits for it.
 */
public interface LogListener {

  /**
   * @param versions of the rooms that these entries are in: the number of the newest event of each,
   *     after them
   */
  void appended(List<LogEntry> entries, List<InboxEntry> inboxEntries, Map<String, Long> versions);

  /** It is not known what was appended to these: whoever follows them has to read again. */
  void uncertain(Collection<String> roomIds, Collection<String> deviceIds);

  /**
   * Another node appended this. It may come late, twice, out of order or not at all, and only for
   * rooms that somebody follows here.
   */
  default void elsewhere(LogEntry entry) {}

  /** By what another node tells, the newest event of that room is at least this one. */
  default void changedElsewhere(String roomId, long version) {}
}

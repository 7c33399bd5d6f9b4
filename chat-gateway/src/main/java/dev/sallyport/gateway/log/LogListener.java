package dev.sallyport.gateway.log;

import java.util.Collection;
import java.util.List;

/**
 * Hears what was appended on this node. For each room and each inbox calls come in the order of the
 * log, one after the other; a repeated append is not told again. An implementation returns fast:
 * the next append waits for it.
 */
public interface LogListener {

  void appended(List<LogEntry> entries, List<InboxEntry> inboxEntries);

  /** It is not known what was appended to these: whoever follows them has to read again. */
  void uncertain(Collection<String> roomIds, Collection<String> deviceIds);
}

package dev.sallyport.gateway.log;

import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;

/** Tells several listeners, in the order in which they were added. */
public final class LogListeners implements LogListener {

  private final List<LogListener> listeners = new CopyOnWriteArrayList<>();

  public void add(LogListener listener) {
    listeners.add(listener);
  }

  @Override
  public void appended(
      List<LogEntry> entries, List<InboxEntry> inboxEntries, Map<String, Long> versions) {
    for (var listener : listeners) {
      listener.appended(entries, inboxEntries, versions);
    }
  }

  @Override
  public void uncertain(Collection<String> roomIds, Collection<String> deviceIds) {
    for (var listener : listeners) {
      listener.uncertain(roomIds, deviceIds);
    }
  }

  @Override
  public void elsewhere(LogEntry entry) {
    for (var listener : listeners) {
      listener.elsewhere(entry);
    }
  }

  @Override
  public void changedElsewhere(String roomId, long version) {
    for (var listener : listeners) {
      listener.changedElsewhere(roomId, version);
    }
  }
}

package dev.sallyport.gateway.log;

import java.util.Collection;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

/** Tells several listeners, in the order in which they were added. */
public final class LogListeners implements LogListener {

  private final List<LogListener> listeners = new CopyOnWriteArrayList<>();

  public void add(LogListener listener) {
    listeners.add(listener);
  }

  @Override
  public void appended(List<LogEntry> entries, List<InboxEntry> inboxEntries) {
    for (var listener : listeners) {
      listener.appended(entries, inboxEntries);
    }
  }

  @Override
  public void uncertain(Collection<String> roomIds, Collection<String> deviceIds) {
    for (var listener : listeners) {
      listener.uncertain(roomIds, deviceIds);
    }
  }
}

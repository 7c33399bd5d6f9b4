package dev.sallyport.gateway.log;

import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;

/** Remembers what it was told, in order. */
final class RecordingListener implements LogListener {

  private final List<LogEntry> entries = new ArrayList<>();
  private final List<InboxEntry> inboxEntries = new ArrayList<>();
  private final List<String> uncertainRooms = new ArrayList<>();

  @Override
  public synchronized void appended(
      List<LogEntry> more, List<InboxEntry> moreInbox, Map<String, Long> versions) {
    entries.addAll(more);
    inboxEntries.addAll(moreInbox);
  }

  @Override
  public synchronized void uncertain(Collection<String> roomIds, Collection<String> deviceIds) {
    uncertainRooms.addAll(roomIds);
  }

  synchronized List<LogEntry> entriesOf(String roomId) {
    return entries.stream().filter(entry -> entry.roomId().equals(roomId)).toList();
  }

  synchronized List<InboxEntry> inboxOf(String deviceId) {
    return inboxEntries.stream().filter(entry -> entry.deviceId().equals(deviceId)).toList();
  }

  synchronized List<String> uncertainRooms() {
    return List.copyOf(uncertainRooms);
  }
}

package dev.sallyport.gateway.fanout;

/** What can be followed: the log of a room, or the inbox of a device. */
public sealed interface StreamKey {

  record OfRoom(String roomId) implements StreamKey {}

  record OfInbox(String deviceId) implements StreamKey {
    @Override
    public String roomId() {
      return "";
    }
  }

  /** As the contract names streams: the room, or "" for the inbox. */
  String roomId();
}

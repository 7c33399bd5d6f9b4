package dev.sallyport.gateway.log;

import com.google.protobuf.ByteString;

/** What lies in a device's inbox: things for this device alone, which no room log carries. */
public sealed interface InboxItem {

  /** An MLSMessage(Welcome) by which the device joins the room's group. */
  record Welcome(ByteString blob) implements InboxItem {
    @Override
    public String toString() {
      return "Welcome[" + blob.size() + " bytes]";
    }
  }

  record Invitation(String inviter, String role) implements InboxItem {}

  /** Another device of the same user has that name now. */
  record DeviceRenamed(String deviceId, String name) implements InboxItem {}

  /** A claim left fewer key packages than wanted. */
  record KeyPackagesLow(int remaining) implements InboxItem {}
}

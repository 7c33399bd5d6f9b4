package dev.sallyport.gateway.log;

import com.google.protobuf.ByteString;
import org.jspecify.annotations.Nullable;

/**
 * What a device may want to know of a room's MLS group to join it.
 *
 * @param leaf whether the device is in the group, by what its Commits declared
 * @param epoch the current one
 * @param groupInfo MLSMessage(GroupInfo) of that epoch; null where the last Commit brought none
 */
public record GroupView(boolean leaf, long epoch, @Nullable ByteString groupInfo) {

  @Override
  public String toString() {
    return "GroupView[leaf=" + leaf + ", epoch=" + epoch + "]";
  }
}

package dev.sallyport.gateway.log;

import com.google.protobuf.ByteString;
import java.util.Optional;

/**
 * Makes the gateway's own proposals (RFC 9420 §12.1.8.1) for the log to append. Thread-safe; called
 * within transactions, so it must be fast and must not fail for want of anything outside.
 */
public interface RemoveProposals {

  /** Where the gateway is no external sender of any group. */
  RemoveProposals NONE =
      new RemoveProposals() {
        @Override
        public boolean holds(String keyId) {
          return false;
        }

        @Override
        public Optional<ByteString> remove(
            Content.ExternalSender sender, ByteString groupId, long epoch, int leafIndex) {
          return Optional.empty();
        }
      };

  /** Whether it can sign by that key. */
  boolean holds(String keyId);

  /** MLSMessage with the Remove of that leaf; empty where it does not hold the key. */
  Optional<ByteString> remove(
      Content.ExternalSender sender, ByteString groupId, long epoch, int leafIndex);
}

package dev.sallyport.gateway.log;

import com.google.protobuf.ByteString;
import java.util.Optional;

/** Stands for the gateway as an external sender: its proposals say in words what they are about. */
final class TestProposals implements RemoveProposals {

  static final RemoveProposals MADE = new TestProposals();

  static final String KEY = "the-key";

  private TestProposals() {}

  @Override
  public boolean holds(String keyId) {
    return keyId.equals(KEY);
  }

  @Override
  public Optional<ByteString> remove(
      Content.ExternalSender sender, ByteString groupId, long epoch, int leafIndex) {
    return holds(sender.keyId())
        ? Optional.of(text(sender.index(), groupId.toStringUtf8(), epoch, leafIndex))
        : Optional.empty();
  }

  static ByteString text(int senderIndex, String groupId, long epoch, int leafIndex) {
    return ByteString.copyFromUtf8(
        "sender " + senderIndex + " of " + groupId + "@" + epoch + " removes " + leafIndex);
  }
}

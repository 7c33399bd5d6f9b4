package dev.sallyport.gateway.sender;

import com.google.protobuf.ByteString;
import dev.sallyport.gateway.log.Content;
import dev.sallyport.gateway.log.RemoveProposals;
import dev.sallyport.gateway.mls.ExternalProposal;
import java.util.List;
import java.util.Optional;

/** The keys by which the gateway speaks to groups, the newest first. Immutable, thread-safe. */
final class SenderKeys implements RemoveProposals {

  private final List<SenderKey> keys;
  private final ByteString identity;

  /**
   * @param identity of the basic credential: the gateway's public URL
   */
  SenderKeys(List<SenderKey> keys, String identity) {
    this.keys = List.copyOf(keys);
    this.identity = ByteString.copyFromUtf8(identity);
  }

  List<SenderKey> all() {
    return keys;
  }

  /** The entry for a group's {@code external_senders}. */
  ByteString externalSender(SenderKey key) {
    return ExternalProposal.externalSender(key.publicKey(), identity);
  }

  @Override
  public boolean holds(String keyId) {
    return find(keyId).isPresent();
  }

  @Override
  public Optional<ByteString> remove(
      Content.ExternalSender sender, ByteString groupId, long epoch, int leafIndex) {
    return find(sender.keyId())
        .map(key -> ExternalProposal.remove(groupId, epoch, sender.index(), leafIndex, key::sign));
  }

  private Optional<SenderKey> find(String keyId) {
    return keys.stream().filter(key -> key.id().equals(keyId)).findFirst();
  }
}

package dev.sallyport.gateway.mls;

import com.google.protobuf.ByteString;
import java.util.function.UnaryOperator;

/**
 * Writes what an external sender says to a group (RFC 9420 §12.1.8.1): a PublicMessage of sender
 * type {@code external}. What is signed holds no group context for such a sender (§6.1), so that
 * group id and epoch are all one has to know.
 */
public final class ExternalProposal {

  private static final int MLS10 = 1;
  private static final int PUBLIC_MESSAGE = 1;
  private static final int SENDER_EXTERNAL = 2;
  private static final int CONTENT_PROPOSAL = 2;
  private static final int PROPOSAL_REMOVE = 3;
  private static final int BASIC_CREDENTIAL = 1;

  private ExternalProposal() {}

  /**
   * MLSMessage with a Remove of that leaf (§12.1.3).
   *
   * @param senderIndex in the group's {@code external_senders}
   * @param sign the signature scheme of the group's ciphersuite over the bytes given
   */
  public static ByteString remove(
      ByteString groupId,
      long epoch,
      int senderIndex,
      int leafIndex,
      UnaryOperator<ByteString> sign) {
    // FramedContent (§6), after the version and the wire format: the head of FramedContentTBS and
    // of
    // the message alike.
    var framed =
        new WireWriter()
            .uint16(MLS10)
            .uint16(PUBLIC_MESSAGE)
            .vector(groupId)
            .uint64(epoch)
            .uint8(SENDER_EXTERNAL)
            .uint32(senderIndex)
            .vector(ByteString.EMPTY)
            .uint8(CONTENT_PROPOSAL)
            .uint16(PROPOSAL_REMOVE)
            .uint32(leafIndex)
            .written();
    var signature = sign.apply(signContent("FramedContentTBS", framed));
    // An external sender has no membership tag (§6.2).
    return new WireWriter().bytes(framed).vector(signature).written();
  }

  /** SignContent (§5.1.2). */
  private static ByteString signContent(String label, ByteString content) {
    return new WireWriter()
        .vector(ByteString.copyFromUtf8("MLS 1.0 " + label))
        .vector(content)
        .written();
  }

  /** An entry of {@code external_senders}, with a basic credential of that identity. */
  public static ByteString externalSender(ByteString signatureKey, ByteString identity) {
    return new WireWriter()
        .vector(signatureKey)
        .uint16(BASIC_CREDENTIAL)
        .vector(identity)
        .written();
  }
}

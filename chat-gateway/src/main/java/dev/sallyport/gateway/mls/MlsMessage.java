package dev.sallyport.gateway.mls;

import com.google.protobuf.ByteString;

/** What is clear to a relay in an MLSMessage (RFC 9420 §6). */
public sealed interface MlsMessage {

  /** A message of a group: what is sent to a room. */
  sealed interface Framed extends MlsMessage {
    ByteString groupId();

    /** Never negative: higher ones are malformed, no group gets there. */
    long epoch();

    ContentType contentType();
  }

  /** §6.3. */
  record PrivateMessage(ByteString groupId, long epoch, ContentType contentType)
      implements Framed {}

  /** §6.2; its content is clear too, but is not for a relay to read. */
  record PublicMessage(ByteString groupId, long epoch, SenderType sender, ContentType contentType)
      implements Framed {}

  /** §12.4.3.1; names no group. */
  record Welcome(int cipherSuite) implements MlsMessage {}

  /** §12.4.3. */
  record GroupInfo(int cipherSuite, ByteString groupId, long epoch) implements MlsMessage {}

  /**
   * §10.
   *
   * @param initKey public; unique to each key package
   * @param signatureKey of the leaf
   * @param identity of the leaf's basic credential
   * @param notBefore, notAfter seconds since the Unix epoch
   */
  record KeyPackage(
      int cipherSuite,
      ByteString initKey,
      ByteString signatureKey,
      ByteString identity,
      long notBefore,
      long notAfter)
      implements MlsMessage {

    @Override
    public String toString() {
      return "KeyPackage[cipherSuite=" + cipherSuite + "]";
    }
  }

  /**
   * It is no MLS message of a kind that is taken.
   *
   * @param reason for people: lower-case, without input
   */
  record Malformed(String reason) implements MlsMessage {}

  /** §6, ContentType. */
  enum ContentType {
    APPLICATION,
    PROPOSAL,
    COMMIT
  }

  /** §6, SenderType. */
  enum SenderType {
    MEMBER,
    EXTERNAL,
    NEW_MEMBER_PROPOSAL,
    NEW_MEMBER_COMMIT
  }
}

package dev.sallyport.gateway.mls;

import com.google.protobuf.ByteString;
import dev.sallyport.gateway.mls.MlsMessage.ContentType;
import dev.sallyport.gateway.mls.MlsMessage.GroupInfo;
import dev.sallyport.gateway.mls.MlsMessage.KeyPackage;
import dev.sallyport.gateway.mls.MlsMessage.Malformed;
import dev.sallyport.gateway.mls.MlsMessage.PrivateMessage;
import dev.sallyport.gateway.mls.MlsMessage.PublicMessage;
import dev.sallyport.gateway.mls.MlsMessage.SenderType;
import dev.sallyport.gateway.mls.MlsMessage.Welcome;

/**
 * Reads the clear part of an MLSMessage (RFC 9420 §6): pure, linear in the input, never throws.
 * PrivateMessages, Welcomes and KeyPackages must end where their last field ends; of a
 * PublicMessage and a GroupInfo only the head is read.
 */
public final class MlsHeader {

  private static final int MLS10 = 1;

  /** RFC 9750 leaves group ids open; ours are room ids of 36 bytes. */
  private static final int GROUP_ID_BYTES_MAX = 255;

  private static final int BASIC_CREDENTIAL = 1;
  private static final int SOURCE_KEY_PACKAGE = 1;

  private MlsHeader() {}

  public static MlsMessage read(ByteString bytes) {
    var wire = new Wire(bytes);
    if (wire.uint16() != MLS10) {
      return new Malformed("not a message of mls 1.0");
    }
    return switch (wire.uint16()) {
      case 1 -> publicMessage(wire);
      case 2 -> privateMessage(wire);
      case 3 -> welcome(wire);
      case 4 -> groupInfo(wire);
      case 5 -> keyPackage(wire);
      default -> new Malformed("the wire format is unknown");
    };
  }

  private static MlsMessage privateMessage(Wire wire) {
    var groupId = wire.vector();
    long epoch = wire.uint64();
    var contentType = contentType(wire);
    wire.skipVector().skipVector().skipVector();
    if (!wire.atEnd() || wrong(groupId, epoch)) {
      return new Malformed("not a whole PrivateMessage");
    }
    return new PrivateMessage(groupId, epoch, contentType);
  }

  private static MlsMessage publicMessage(Wire wire) {
    var groupId = wire.vector();
    long epoch = wire.uint64();
    var sender = senderType(wire);
    switch (sender) {
      case MEMBER, EXTERNAL -> wire.uint32();
      case NEW_MEMBER_PROPOSAL, NEW_MEMBER_COMMIT -> {}
    }
    wire.skipVector();
    var contentType = contentType(wire);
    if (wire.failed() || wire.atEnd() || wrong(groupId, epoch)) {
      return new Malformed("not a PublicMessage");
    }
    return new PublicMessage(groupId, epoch, sender, contentType);
  }

  private static MlsMessage welcome(Wire wire) {
    int cipherSuite = wire.uint16();
    wire.skipVector().skipVector();
    return wire.atEnd() ? new Welcome(cipherSuite) : new Malformed("not a whole Welcome");
  }

  private static MlsMessage groupInfo(Wire wire) {
    int version = wire.uint16();
    int cipherSuite = wire.uint16();
    var groupId = wire.vector();
    long epoch = wire.uint64();
    if (wire.failed() || version != MLS10 || wrong(groupId, epoch)) {
      return new Malformed("not a GroupInfo");
    }
    return new GroupInfo(cipherSuite, groupId, epoch);
  }

  private static MlsMessage keyPackage(Wire wire) {
    int version = wire.uint16();
    int cipherSuite = wire.uint16();
    var initKey = wire.vector();
    // LeafNode, §7.2
    wire.skipVector();
    var signatureKey = wire.vector();
    int credentialType = wire.uint16();
    var identity = wire.vector();
    // Capabilities: versions, ciphersuites, extensions, proposals, credentials
    wire.skipVector().skipVector().skipVector().skipVector().skipVector();
    int source = wire.uint8();
    long notBefore = wire.uint64();
    long notAfter = wire.uint64();
    // the leaf's extensions and signature, then the package's
    wire.skipVector().skipVector().skipVector().skipVector();
    if (!wire.atEnd() || version != MLS10 || initKey.isEmpty()) {
      return new Malformed("not a whole KeyPackage");
    }
    if (credentialType != BASIC_CREDENTIAL) {
      return new Malformed("the credential is not a basic one");
    }
    if (source != SOURCE_KEY_PACKAGE) {
      return new Malformed("the leaf is not that of a key package");
    }
    return new KeyPackage(cipherSuite, initKey, signatureKey, identity, notBefore, notAfter);
  }

  private static boolean wrong(ByteString groupId, long epoch) {
    return groupId.size() > GROUP_ID_BYTES_MAX || epoch < 0;
  }

  private static ContentType contentType(Wire wire) {
    return switch (wire.uint8()) {
      case 1 -> ContentType.APPLICATION;
      case 2 -> ContentType.PROPOSAL;
      case 3 -> ContentType.COMMIT;
      default -> {
        wire.fail();
        yield ContentType.APPLICATION;
      }
    };
  }

  private static SenderType senderType(Wire wire) {
    return switch (wire.uint8()) {
      case 1 -> SenderType.MEMBER;
      case 2 -> SenderType.EXTERNAL;
      case 3 -> SenderType.NEW_MEMBER_PROPOSAL;
      case 4 -> SenderType.NEW_MEMBER_COMMIT;
      default -> {
        wire.fail();
        yield SenderType.MEMBER;
      }
    };
  }
}

package dev.sallyport.acceptance.client;

import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import org.bouncycastle.mls.TreeKEM.LeafIndex;
import org.bouncycastle.mls.codec.ContentType;
import org.bouncycastle.mls.codec.Proposal;
import org.bouncycastle.mls.codec.WireFormat;
import org.bouncycastle.mls.crypto.Secret;
import org.bouncycastle.mls.protocol.Group;

/** One MLS group, at one epoch at a time. Not thread-safe. */
public final class MlsGroup {

  private final MlsDevice device;
  private final CredentialVerifier verifier;
  private Group group;

  MlsGroup(MlsDevice device, CredentialVerifier verifier, Group group) {
    this.device = device;
    this.verifier = verifier;
    this.group = group;
  }

  public String roomId() {
    return new String(group.getGroupID(), StandardCharsets.US_ASCII);
  }

  public long epoch() {
    return group.getEpoch();
  }

  /** Equal in all members of the same epoch: nobody stands between them. */
  public String epochAuthenticator() {
    return HexFormat.of().formatHex(group.getEpochAuthenticator());
  }

  /** Who is in the group, by credentials that the issuer vouches for; leaf order. */
  public List<CredentialVerifier.Member> members() {
    var members = new ArrayList<CredentialVerifier.Member>();
    var tree = group.getTree();
    for (int i = 0; i < tree.getSize().leafCount(); i++) {
      var index = new LeafIndex(i);
      if (tree.hasLeaf(index)) {
        var leaf = tree.getLeafNode(index);
        members.add(verifier.verify(leaf.getCredential().getIdentity(), leaf.getSignatureKey()));
      }
    }
    return members;
  }

  /**
   * A Commit that is made but not in force. It is to be applied once the relay has accepted it:
   * another Commit may have won the epoch (RFC 9750).
   */
  public final class PendingCommit {
    private final Group next;
    private final byte[] commit;
    private final byte[] welcome;

    PendingCommit(Group next, byte[] commit, byte[] welcome) {
      this.next = next;
      this.commit = commit;
      this.welcome = welcome;
    }

    public byte[] commit() {
      return commit.clone();
    }

    public byte[] welcome() {
      return welcome.clone();
    }

    public void apply() {
      group = next;
    }
  }

  /** Adds the owner of a key package, given as an MLSMessage; its credential is checked first. */
  public PendingCommit add(byte[] keyPackage) {
    try {
      var added = MlsDevice.decode(keyPackage).keyPackage;
      var leaf = added.getLeafNode();
      verifier.verify(leaf.getCredential().getIdentity(), leaf.getSignatureKey());
      var leafSecret = new byte[device.suite.getKDF().getHashLength()];
      new SecureRandom().nextBytes(leafSecret);
      var made =
          group.commit(
              new Secret(leafSecret),
              new Group.CommitOptions(List.of(Proposal.add(added)), true, true, null),
              new Group.MessageOptions(true, new byte[0], 0),
              new Group.CommitParameters(Group.NORMAL_COMMIT_PARAMS));
      var commit = MlsDevice.encode(made.message);
      // One object holds both; the wire format says which is encoded.
      made.message.wireFormat = WireFormat.mls_welcome;
      return new PendingCommit(made.group, commit, MlsDevice.encode(made.message));
    } catch (MlsException e) {
      throw e;
    } catch (Exception e) {
      throw new MlsException("no commit", e);
    }
  }

  public byte[] encrypt(String text) {
    try {
      return MlsDevice.encode(group.protect(new byte[0], text.getBytes(StandardCharsets.UTF_8), 0));
    } catch (Exception e) {
      throw new MlsException("cannot be sealed", e);
    }
  }

  /** Takes in another member's message: its text, or empty for a Commit or a proposal. */
  public Optional<String> receive(byte[] bytes) {
    try {
      var message = MlsDevice.decode(bytes);
      if (message.getContentType() == ContentType.APPLICATION) {
        return Optional.of(new String(group.unprotect(message)[1], StandardCharsets.UTF_8));
      }
      var next = group.handle(bytes, null);
      if (next != null) {
        group = next;
        members();
      }
      return Optional.empty();
    } catch (MlsException e) {
      throw e;
    } catch (Exception e) {
      throw new MlsException("cannot be opened", e);
    }
  }
}

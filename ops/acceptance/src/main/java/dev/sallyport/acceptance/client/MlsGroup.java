package dev.sallyport.acceptance.client;

import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.function.IntPredicate;
import org.bouncycastle.mls.TreeKEM.LeafIndex;
import org.bouncycastle.mls.codec.ContentType;
import org.bouncycastle.mls.codec.FramedContent;
import org.bouncycastle.mls.codec.MLSInputStream;
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

  /** The leaf at which that device is; empty if it is not in the group. */
  public Optional<Integer> leafOf(String deviceId) {
    var tree = group.getTree();
    for (int i = 0; i < tree.getSize().leafCount(); i++) {
      var index = new LeafIndex(i);
      if (tree.hasLeaf(index)) {
        var leaf = tree.getLeafNode(index);
        var member = verifier.verify(leaf.getCredential().getIdentity(), leaf.getSignatureKey());
        if (member.deviceId().equals(deviceId)) {
          return Optional.of(i);
        }
      }
    }
    return Optional.empty();
  }

  /**
   * Takes in what the gateway proposes as an external sender: nothing but the Remove of a leaf that
   * the client finds to be out.
   */
  public void receiveProposal(byte[] bytes, IntPredicate isOut) {
    try {
      var proposed =
          (FramedContent)
              MLSInputStream.decode(
                  Arrays.copyOfRange(bytes, Short.BYTES * 2, bytes.length), FramedContent.class);
      var remove =
          proposed.getContentType() == ContentType.PROPOSAL
              ? proposed.getProposal().getRemove()
              : null;
      if (remove == null || !isOut.test(remove.removed.value())) {
        throw new MlsException("the gateway may only propose to remove who is out");
      }
      group.handle(bytes, null);
    } catch (MlsException e) {
      throw e;
    } catch (Exception e) {
      throw new MlsException("not a proposal of an external sender of this group", e);
    }
  }

  /**
   * A Commit that is made but not in force. It is to be applied once the relay has accepted it:
   * another Commit may have won the epoch (RFC 9750).
   */
  public final class PendingCommit {
    private final Group next;
    private final byte[] commit;
    private final byte[] welcome;
    private final byte[] groupInfo;

    PendingCommit(Group next, byte[] commit, byte[] welcome, byte[] groupInfo) {
      this.next = next;
      this.commit = commit;
      this.welcome = welcome;
      this.groupInfo = groupInfo;
    }

    /** Of the next epoch, with the tree, for who joins externally. */
    public byte[] groupInfo() {
      return groupInfo.clone();
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

  /**
   * A device that is about to be in the group, by an external Commit that is made but not in force.
   */
  public record Joining(MlsGroup group, byte[] commit, boolean rejoins) {}

  /** Adds the owner of a key package, given as an MLSMessage; its credential is checked first. */
  public PendingCommit add(byte[] keyPackage) {
    return commit(List.of(keyPackage), List.of());
  }

  /**
   * Commits what was proposed to the group, by reference, and besides that removes these leaves and
   * adds the owners of these key packages, in this order. One that only adds has no path: whoever
   * is added should commit at once, which renews it.
   */
  public PendingCommit commit(List<byte[]> keyPackages, List<Integer> removes) {
    try {
      var proposals = new ArrayList<Proposal>();
      for (int leaf : removes) {
        proposals.add(Proposal.remove(new LeafIndex(leaf)));
      }
      for (var keyPackage : keyPackages) {
        var added = MlsDevice.decode(keyPackage).keyPackage;
        var leaf = added.getLeafNode();
        verifier.verify(leaf.getCredential().getIdentity(), leaf.getSignatureKey());
        proposals.add(Proposal.add(added));
      }
      var leafSecret = new byte[device.suite.getKDF().getHashLength()];
      new SecureRandom().nextBytes(leafSecret);
      var made =
          group.commit(
              new Secret(leafSecret),
              new Group.CommitOptions(proposals, true, keyPackages.isEmpty(), null),
              new Group.MessageOptions(true, new byte[0], 0),
              new Group.CommitParameters(Group.NORMAL_COMMIT_PARAMS));
      var commit = MlsDevice.encode(made.message);
      // One object holds both; the wire format says which is encoded.
      made.message.wireFormat = WireFormat.mls_welcome;
      return new PendingCommit(
          made.group,
          commit,
          MlsDevice.encode(made.message),
          MlsDevice.encode(made.group.getGroupInfo(true)));
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

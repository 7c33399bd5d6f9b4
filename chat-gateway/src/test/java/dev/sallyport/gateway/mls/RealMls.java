package dev.sallyport.gateway.mls;

import com.google.protobuf.ByteString;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.List;
import org.bouncycastle.crypto.params.Ed25519PrivateKeyParameters;
import org.bouncycastle.mls.TreeKEM.LeafNode;
import org.bouncycastle.mls.TreeKEM.LifeTime;
import org.bouncycastle.mls.codec.Capabilities;
import org.bouncycastle.mls.codec.Credential;
import org.bouncycastle.mls.codec.Extension;
import org.bouncycastle.mls.codec.KeyPackage;
import org.bouncycastle.mls.codec.MLSInputStream;
import org.bouncycastle.mls.codec.MLSMessage;
import org.bouncycastle.mls.codec.MLSOutputStream;
import org.bouncycastle.mls.codec.Proposal;
import org.bouncycastle.mls.codec.WireFormat;
import org.bouncycastle.mls.crypto.MlsCipherSuite;
import org.bouncycastle.mls.crypto.Secret;
import org.bouncycastle.mls.protocol.Group;

/** Makes MLS messages with Bouncy Castle. */
public final class RealMls {

  private final MlsCipherSuite suite;
  private final Ed25519PrivateKeyParameters signatureKey;
  private final String credential;

  public RealMls(Ed25519PrivateKeyParameters signatureKey, String credential) throws Exception {
    this.suite =
        MlsCipherSuite.getSuite(MlsCipherSuite.MLS_128_DHKEMX25519_AES128GCM_SHA256_Ed25519);
    this.signatureKey = signatureKey;
    this.credential = credential;
  }

  public static RealMls of(String credential) throws Exception {
    return new RealMls(new Ed25519PrivateKeyParameters(new SecureRandom()), credential);
  }

  public byte[] publicKey() {
    return signatureKey.generatePublicKey().getEncoded();
  }

  /** MLSMessage(KeyPackage), good from {@code notBefore} to {@code notAfter} (seconds). */
  public ByteString keyPackage(long notBefore, long notAfter) throws Exception {
    return encode(MLSMessage.keyPackage(package_(notBefore, notAfter)));
  }

  private KeyPackage package_(long notBefore, long notAfter) throws Exception {
    var initKey = suite.getHPKE().generatePrivateKey();
    return new KeyPackage(
        suite,
        suite.getHPKE().serializePublicKey(initKey.getPublic()),
        leaf(suite.getHPKE().generatePrivateKey(), notBefore, notAfter),
        new ArrayList<>(),
        signatureKey.getEncoded());
  }

  private LeafNode leaf(
      org.bouncycastle.crypto.AsymmetricCipherKeyPair leafKey, long notBefore, long notAfter)
      throws Exception {
    var lifetime = ByteBuffer.allocate(16).putLong(notBefore).putLong(notAfter).array();
    return new LeafNode(
        suite,
        suite.getHPKE().serializePublicKey(leafKey.getPublic()),
        publicKey(),
        Credential.forBasic(credential.getBytes(StandardCharsets.US_ASCII)),
        new Capabilities(),
        new LifeTime(new MLSInputStream(lifetime)),
        new ArrayList<>(),
        signatureKey.getEncoded());
  }

  /** What a group of one says first: an application message, a Commit that adds, its Welcome. */
  public record Said(
      ByteString application, ByteString commit, ByteString welcome, ByteString afterCommit) {}

  /** Makes a group and lets it speak; Commits as PrivateMessage or PublicMessage. */
  public Said speak(String groupId, RealMls added, boolean encryptedCommit) throws Exception {
    var leafKey = suite.getHPKE().generatePrivateKey();
    var group =
        new Group(
            groupId.getBytes(StandardCharsets.US_ASCII),
            suite,
            leafKey,
            signatureKey.getEncoded(),
            leaf(leafKey, 0, Long.MAX_VALUE)
                .copy(suite.getHPKE().serializePublicKey(leafKey.getPublic())),
            new ArrayList<>());
    var application =
        encode(group.protect(new byte[] {1, 2}, "sealed".getBytes(StandardCharsets.UTF_8), 0));
    var leafSecret = new byte[suite.getKDF().getHashLength()];
    new SecureRandom().nextBytes(leafSecret);
    var made =
        group.commit(
            new Secret(leafSecret),
            new Group.CommitOptions(
                List.of(Proposal.add(added.package_(0, Long.MAX_VALUE))), true, true, null),
            new Group.MessageOptions(encryptedCommit, new byte[0], 0),
            new Group.CommitParameters(Group.NORMAL_COMMIT_PARAMS));
    var commit = encode(made.message);
    made.message.wireFormat = WireFormat.mls_welcome;
    return new Said(
        application,
        commit,
        encode(made.message),
        encode(made.group.protect(new byte[0], "sealed".getBytes(StandardCharsets.UTF_8), 0)));
  }

  /**
   * A group of three, at epoch 1, that has an external sender; the first leaf acts. Bouncy Castle
   * 1.84 makes no Commit that would leave it alone.
   */
  public static final class Members {
    private Group group;

    private Members(Group group) {
      this.group = group;
    }

    /**
     * Makes one.
     *
     * @param externalSender the only entry of {@code external_senders}
     */
    public static Members of(String groupId, ByteString externalSender) throws Exception {
      var one = RealMls.of("one");
      var leafKey = one.suite.getHPKE().generatePrivateKey();
      var sender =
          (org.bouncycastle.mls.codec.ExternalSender)
              MLSInputStream.decode(
                  externalSender.toByteArray(), org.bouncycastle.mls.codec.ExternalSender.class);
      var group =
          new Group(
              groupId.getBytes(StandardCharsets.US_ASCII),
              one.suite,
              leafKey,
              one.signatureKey.getEncoded(),
              one.leaf(leafKey, 0, Long.MAX_VALUE)
                  .copy(one.suite.getHPKE().serializePublicKey(leafKey.getPublic())),
              List.of(Extension.externalSender(List.of(sender))));
      var members = new Members(group);
      members.commit(
          Proposal.add(RealMls.of("two").package_(0, Long.MAX_VALUE)),
          Proposal.add(RealMls.of("three").package_(0, Long.MAX_VALUE)));
      return members;
    }

    /** Takes in a proposal. */
    public void receive(ByteString message) throws Exception {
      group.handle(message.toByteArray(), null);
    }

    /** Commits what was proposed; says how many leaves are left. */
    public int commit() throws Exception {
      commit(new Proposal[0]);
      return leaves();
    }

    private void commit(Proposal... proposals) throws Exception {
      var leafSecret = new byte[group.getSuite().getKDF().getHashLength()];
      new SecureRandom().nextBytes(leafSecret);
      group =
          group.commit(
                  new Secret(leafSecret),
                  new Group.CommitOptions(List.of(proposals), true, true, null),
                  new Group.MessageOptions(true, new byte[0], 0),
                  new Group.CommitParameters(Group.NORMAL_COMMIT_PARAMS))
              .group;
    }

    public int leaves() {
      int leaves = 0;
      for (int i = 0; i < group.getTree().getSize().leafCount(); i++) {
        leaves += group.getTree().hasLeaf(new org.bouncycastle.mls.TreeKEM.LeafIndex(i)) ? 1 : 0;
      }
      return leaves;
    }
  }

  private static ByteString encode(MLSMessage message) throws Exception {
    return ByteString.copyFrom(MLSOutputStream.encode(message));
  }
}

package dev.sallyport.acceptance.client;

import dev.sallyport.client.DeviceKey;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import org.bouncycastle.crypto.AsymmetricCipherKeyPair;
import org.bouncycastle.mls.TreeKEM.LeafIndex;
import org.bouncycastle.mls.TreeKEM.LeafNode;
import org.bouncycastle.mls.TreeKEM.LifeTime;
import org.bouncycastle.mls.codec.Capabilities;
import org.bouncycastle.mls.codec.Credential;
import org.bouncycastle.mls.codec.Extension;
import org.bouncycastle.mls.codec.ExternalSender;
import org.bouncycastle.mls.codec.KeyPackage;
import org.bouncycastle.mls.codec.MLSInputStream;
import org.bouncycastle.mls.codec.MLSMessage;
import org.bouncycastle.mls.codec.MLSOutputStream;
import org.bouncycastle.mls.crypto.MlsCipherSuite;
import org.bouncycastle.mls.crypto.Secret;
import org.bouncycastle.mls.protocol.Group;
import org.jspecify.annotations.Nullable;

/** A device as MLS sees it: a signature key and the issuer's credential for it. */
public final class MlsDevice {

  /** Clocks differ: a key package made just now must be good at once elsewhere. */
  private static final Duration NOT_BEFORE_SKEW = Duration.ofHours(1);

  /** Shorter than the credential, which a key package must not outlive. */
  private static final Duration KEY_PACKAGE_LIFE = Duration.ofDays(28);

  private final DeviceKey key;
  private final String credential;
  private final CredentialVerifier verifier;
  final MlsCipherSuite suite;

  public MlsDevice(DeviceKey key, String credential, CredentialVerifier verifier) {
    this.key = key;
    this.credential = credential;
    this.verifier = verifier;
    try {
      this.suite =
          MlsCipherSuite.getSuite(MlsCipherSuite.MLS_128_DHKEMX25519_AES128GCM_SHA256_Ed25519);
    } catch (Exception e) {
      throw new MlsException("the ciphersuite is missing", e);
    }
  }

  /** A key package with the private keys that belong to it; only its bytes leave the device. */
  public static final class OwnKeyPackage {
    final AsymmetricCipherKeyPair initKey;
    final AsymmetricCipherKeyPair leafKey;
    final KeyPackage keyPackage;

    OwnKeyPackage(
        AsymmetricCipherKeyPair initKey, AsymmetricCipherKeyPair leafKey, KeyPackage keyPackage) {
      this.initKey = initKey;
      this.leafKey = leafKey;
      this.keyPackage = keyPackage;
    }

    /** The MLSMessage for the directory. */
    public byte[] bytes() {
      return encode(MLSMessage.keyPackage(keyPackage));
    }
  }

  public OwnKeyPackage keyPackage() {
    try {
      var initKey = suite.getHPKE().generatePrivateKey();
      var leafKey = suite.getHPKE().generatePrivateKey();
      var keyPackage =
          new KeyPackage(
              suite,
              suite.getHPKE().serializePublicKey(initKey.getPublic()),
              leafNode(leafKey),
              new ArrayList<>(),
              key.privateKey());
      return new OwnKeyPackage(initKey, leafKey, keyPackage);
    } catch (Exception e) {
      throw new MlsException("no key package", e);
    }
  }

  /** A group of one; its id is the room id in ASCII. */
  public MlsGroup createGroup(String groupId) {
    return createGroup(groupId, null);
  }

  /**
   * The same, with the gateway among the group's external senders.
   *
   * @param externalSender its entry, as the gateway publishes it; null: there is none
   */
  public MlsGroup createGroup(String groupId, byte @Nullable [] externalSender) {
    try {
      var extensions = new ArrayList<Extension>();
      if (externalSender != null) {
        extensions.add(
            Extension.externalSender(
                List.of(
                    (ExternalSender) MLSInputStream.decode(externalSender, ExternalSender.class))));
      }
      var leafKey = suite.getHPKE().generatePrivateKey();
      var leaf = leafNode(leafKey);
      var group =
          new Group(
              groupId.getBytes(StandardCharsets.US_ASCII),
              suite,
              leafKey,
              key.privateKey(),
              leaf.copy(leaf.getEncryptionKey()),
              extensions);
      return new MlsGroup(this, verifier, group);
    } catch (Exception e) {
      throw new MlsException("no group", e);
    }
  }

  /** Joins by a Welcome that was made for this key package; every member is checked. */
  public MlsGroup join(byte[] welcome, OwnKeyPackage own) {
    try {
      var group =
          new Group(
              suite.getHPKE().serializePrivateKey(own.initKey.getPrivate()),
              own.leafKey,
              key.privateKey(),
              own.keyPackage,
              decode(welcome).welcome,
              null,
              new HashMap<>(),
              new HashMap<>());
      var joined = new MlsGroup(this, verifier, group);
      joined.members();
      return joined;
    } catch (MlsException e) {
      throw e;
    } catch (Exception e) {
      throw new MlsException("the Welcome is not for this key package", e);
    }
  }

  /**
   * An external Commit (RFC 9420 §12.4.3.2) by which this device joins, or comes back with its
   * state lost: then the leaf it had is removed by the same Commit.
   */
  public MlsGroup.Joining joinExternally(byte[] groupInfo) {
    try {
      var own = keyPackage();
      var info = decode(groupInfo).groupInfo;
      var signer = suite.deserializeSignaturePrivateKey(key.privateKey());
      var before = new Group(signer, info, null).getTree();
      LeafIndex prior = null;
      for (int i = 0; i < before.getSize().leafCount(); i++) {
        var index = new LeafIndex(i);
        if (before.hasLeaf(index)
            && Arrays.equals(before.getLeafNode(index).getSignatureKey(), key.publicKey())) {
          prior = index;
        }
      }
      var leafSecret = new byte[suite.getKDF().getHashLength()];
      new SecureRandom().nextBytes(leafSecret);
      var made =
          Group.externalJoin(
              new Secret(leafSecret),
              signer,
              own.keyPackage,
              info,
              null,
              new Group.MessageOptions(false, new byte[0], 0),
              prior,
              new HashMap<>());
      var joined = new MlsGroup(this, verifier, made.group);
      joined.members();
      return new MlsGroup.Joining(joined, encode(made.message), prior != null);
    } catch (MlsException e) {
      throw e;
    } catch (Exception e) {
      throw new MlsException("cannot join by this GroupInfo", e);
    }
  }

  private LeafNode leafNode(AsymmetricCipherKeyPair leafKey) throws Exception {
    var now = Instant.now();
    var lifetime = ByteBuffer.allocate(16);
    lifetime.putLong(now.minus(NOT_BEFORE_SKEW).getEpochSecond());
    lifetime.putLong(now.plus(KEY_PACKAGE_LIFE).getEpochSecond());
    return new LeafNode(
        suite,
        suite.getHPKE().serializePublicKey(leafKey.getPublic()),
        key.publicKey(),
        Credential.forBasic(credential.getBytes(StandardCharsets.US_ASCII)),
        new Capabilities(),
        new LifeTime(new MLSInputStream(lifetime.array())),
        new ArrayList<>(),
        key.privateKey());
  }

  static byte[] encode(MLSMessage message) {
    try {
      return MLSOutputStream.encode(message);
    } catch (Exception e) {
      throw new MlsException("the message cannot be encoded", e);
    }
  }

  static MLSMessage decode(byte[] bytes) {
    try {
      return (MLSMessage) MLSInputStream.decode(bytes, MLSMessage.class);
    } catch (Exception e) {
      throw new MlsException("not an MLS message", e);
    }
  }
}

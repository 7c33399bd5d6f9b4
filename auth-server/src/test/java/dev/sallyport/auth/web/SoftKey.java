package dev.sallyport.auth.web;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.ByteArrayOutputStream;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.MessageDigest;
import java.security.Signature;
import java.security.interfaces.ECPublicKey;
import java.security.spec.ECGenParameterSpec;
import java.util.Base64;
import java.util.UUID;

/**
 * An authenticator and its browser, written from Web Authentication, level 3, sections 5.8 and 6.
 */
final class SoftKey {

  private static final int PRESENT = 0x01;
  private static final int VERIFIED = 0x04;
  private static final int ATTESTED = 0x40;

  private final String origin;
  private final byte[] id = UUID.randomUUID().toString().getBytes(UTF_8);
  private final KeyPair pair;
  private int count;

  SoftKey(String origin) {
    this.origin = origin;
    try {
      KeyPairGenerator generator = KeyPairGenerator.getInstance("EC");
      generator.initialize(new ECGenParameterSpec("secp256r1"));
      this.pair = generator.generateKeyPair();
    } catch (GeneralSecurityException e) {
      throw new AssertionError(e);
    }
  }

  /** As {@code navigator.credentials.create} answers, in JSON. */
  String make(String challenge, boolean verified) {
    ByteArrayOutputStream object = new ByteArrayOutputStream();
    object.writeBytes(new byte[] {(byte) 0xa3, 0x63});
    object.writeBytes("fmt".getBytes(UTF_8));
    object.write(0x64);
    object.writeBytes("none".getBytes(UTF_8));
    object.write(0x67);
    object.writeBytes("attStmt".getBytes(UTF_8));
    object.writeBytes(new byte[] {(byte) 0xa0, 0x68});
    object.writeBytes("authData".getBytes(UTF_8));
    byte[] data = data(ATTESTED | PRESENT | (verified ? VERIFIED : 0), key());
    object.writeBytes(new byte[] {0x58, (byte) data.length});
    object.writeBytes(data);
    return answer(
        "\"clientDataJSON\":\"%s\",\"attestationObject\":\"%s\",\"transports\":[\"internal\"]"
            .formatted(
                text(client("webauthn.create", challenge, origin)), text(object.toByteArray())));
  }

  /** As {@code navigator.credentials.get} answers, in JSON. */
  String show(String challenge, boolean verified) {
    count++;
    return show(challenge, verified, origin);
  }

  /** Of a site that only looks like ours. */
  String showAt(String elsewhere, String challenge) {
    return show(challenge, true, elsewhere);
  }

  /** A copy of this key: its count does not grow. */
  String showWithoutCounting(String challenge) {
    return show(challenge, true, origin);
  }

  private String show(String challenge, boolean verified, String from) {
    byte[] client = client("webauthn.get", challenge, from);
    byte[] data = data(PRESENT | (verified ? VERIFIED : 0), new byte[0]);
    try {
      Signature signature = Signature.getInstance("SHA256withECDSA");
      signature.initSign(pair.getPrivate());
      signature.update(data);
      signature.update(sha256(client));
      return answer(
          "\"clientDataJSON\":\"%s\",\"authenticatorData\":\"%s\",\"signature\":\"%s\""
              .formatted(text(client), text(data), text(signature.sign())));
    } catch (GeneralSecurityException e) {
      throw new AssertionError(e);
    }
  }

  private String answer(String response) {
    return "{\"id\":\"%1$s\",\"rawId\":\"%1$s\",\"type\":\"public-key\",\"clientExtensionResults\":{},\"response\":{%2$s}}"
        .formatted(text(id), response);
  }

  private static byte[] client(String type, String challenge, String from) {
    return "{\"type\":\"%s\",\"challenge\":\"%s\",\"origin\":\"%s\",\"crossOrigin\":false}"
        .formatted(type, challenge, from)
        .getBytes(UTF_8);
  }

  private byte[] data(int flags, byte[] attested) {
    return ByteBuffer.allocate(37 + attested.length)
        .put(sha256("localhost".getBytes(UTF_8)))
        .put((byte) flags)
        .putInt(count)
        .put(attested)
        .array();
  }

  /** No model, the id, and the public key in COSE (RFC 9053 section 7.1.1). */
  private byte[] key() {
    ECPublicKey key = (ECPublicKey) pair.getPublic();
    return ByteBuffer.allocate(16 + 2 + id.length + 77)
        .put(new byte[16])
        .putShort((short) id.length)
        .put(id)
        .put(new byte[] {(byte) 0xa5, 0x01, 0x02, 0x03, 0x26, 0x20, 0x01, 0x21, 0x58, 0x20})
        .put(coordinate(key.getW().getAffineX()))
        .put(new byte[] {0x22, 0x58, 0x20})
        .put(coordinate(key.getW().getAffineY()))
        .array();
  }

  private static byte[] coordinate(BigInteger value) {
    byte[] bytes = value.toByteArray();
    byte[] fixed = new byte[32];
    int length = Math.min(32, bytes.length);
    System.arraycopy(bytes, bytes.length - length, fixed, 32 - length, length);
    return fixed;
  }

  private static byte[] sha256(byte[] bytes) {
    try {
      return MessageDigest.getInstance("SHA-256").digest(bytes);
    } catch (GeneralSecurityException e) {
      throw new AssertionError(e);
    }
  }

  private static String text(byte[] bytes) {
    return Base64.getUrlEncoder().withoutPadding().encodeToString(bytes);
  }
}

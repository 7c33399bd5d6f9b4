package dev.sallyport.client;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.InvalidAlgorithmParameterException;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.security.SecureRandom;
import java.util.Arrays;
import java.util.Base64;
import java.util.Optional;
import javax.crypto.AEADBadTagException;
import javax.crypto.Cipher;
import javax.crypto.KDF;
import javax.crypto.Mac;
import javax.crypto.SecretKey;
import javax.crypto.spec.GCMParameterSpec;
import javax.crypto.spec.HKDFParameterSpec;
import javax.crypto.spec.SecretKeySpec;

/**
 * The keys of one backup version, format {@code sallyport.backup.v1} (chat-gateway/docs/clients.md,
 * with vectors): from a {@link RecoveryKey} and the version's salt by HKDF-SHA256 (RFC 5869), parts
 * by AES-256-GCM with a random nonce, bound to their id. Immutable, thread-safe.
 */
public final class BackupKey {

  public static final String ALGORITHM = "sallyport.backup.v1";

  /** With the name before it, what fits into one part of the gateway. */
  public static final int CONTENT_BYTES_MAX = 255 * 1024;

  static final int NAME_BYTES_MAX = 512;

  private static final int SALT_BYTES = 32;
  private static final int CHECK_BYTES = 16;
  private static final int NONCE_BYTES = 12;
  private static final int TAG_BITS = 128;
  private static final byte FORMAT = 1;

  private final byte[] salt;
  private final SecretKey parts;
  private final SecretKey names;
  private final byte[] check;

  private BackupKey(RecoveryKey recovery, byte[] salt) {
    this.salt = salt.clone();
    try {
      KDF hkdf = KDF.getInstance("HKDF-SHA256");
      this.parts = new SecretKeySpec(derived(hkdf, recovery, salt, "part", 32), "AES");
      this.names = new SecretKeySpec(derived(hkdf, recovery, salt, "name", 32), "HmacSHA256");
      this.check = derived(hkdf, recovery, salt, "check", CHECK_BYTES);
    } catch (NoSuchAlgorithmException | InvalidAlgorithmParameterException e) {
      throw new IllegalStateException("this platform has no HKDF-SHA256", e);
    }
  }

  private static byte[] derived(KDF hkdf, RecoveryKey recovery, byte[] salt, String what, int bytes)
      throws InvalidAlgorithmParameterException, NoSuchAlgorithmException {
    return hkdf.deriveData(
        HKDFParameterSpec.ofExtract()
            .addIKM(recovery.bytes())
            .addSalt(salt)
            .thenExpand((ALGORITHM + " " + what).getBytes(StandardCharsets.US_ASCII), bytes));
  }

  /** For a new version. */
  public static BackupKey create(RecoveryKey recovery, SecureRandom random) {
    byte[] salt = new byte[SALT_BYTES];
    random.nextBytes(salt);
    return new BackupKey(recovery, salt);
  }

  /** For a version that is there; empty where that is not its recovery key. */
  public static Optional<BackupKey> of(RecoveryKey recovery, byte[] keyInfo) {
    if (keyInfo.length != SALT_BYTES + CHECK_BYTES) {
      return Optional.empty();
    }
    var key = new BackupKey(recovery, Arrays.copyOf(keyInfo, SALT_BYTES));
    return MessageDigest.isEqual(key.check, Arrays.copyOfRange(keyInfo, SALT_BYTES, keyInfo.length))
        ? Optional.of(key)
        : Optional.empty();
  }

  /** What the version keeps for whoever has the recovery key: the salt, and a check of the two. */
  public byte[] keyInfo() {
    return ByteBuffer.allocate(SALT_BYTES + CHECK_BYTES).put(salt).put(check).array();
  }

  /** A part that was opened. */
  public record Opened(String name, byte[] content) {
    @Override
    public String toString() {
      return "Opened[" + content.length + " bytes]";
    }
  }

  /** Under which id the part of that name is kept: says nothing without the key. */
  public String id(String name) {
    try {
      Mac mac = Mac.getInstance("HmacSHA256");
      mac.init(names);
      return Base64.getUrlEncoder().withoutPadding().encodeToString(mac.doFinal(utf8(name)));
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("this platform has no HMAC-SHA256", e);
    }
  }

  /**
   * Seals the part of that name: at most 2³² times under one key.
   *
   * @throws IllegalArgumentException where name or content are too long
   */
  public byte[] seal(String name, byte[] content, SecureRandom random) {
    byte[] nonce = new byte[NONCE_BYTES];
    random.nextBytes(nonce);
    return seal(name, content, nonce);
  }

  byte[] seal(String name, byte[] content, byte[] nonce) {
    byte[] written = utf8(name);
    if (written.length > NAME_BYTES_MAX || content.length > CONTENT_BYTES_MAX) {
      throw new IllegalArgumentException("name or content is too long for one part");
    }
    byte[] clear =
        ByteBuffer.allocate(2 + written.length + content.length)
            .putShort((short) written.length)
            .put(written)
            .put(content)
            .array();
    try {
      Cipher cipher = cipher(Cipher.ENCRYPT_MODE, nonce, id(name));
      byte[] sealed = cipher.doFinal(clear);
      return ByteBuffer.allocate(1 + NONCE_BYTES + sealed.length)
          .put(FORMAT)
          .put(nonce)
          .put(sealed)
          .array();
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("this platform has no AES-256-GCM", e);
    }
  }

  /** Opens what was kept under that id; empty where it is not what was sealed for it. */
  public Optional<Opened> open(String id, byte[] part) {
    if (part.length < 1 + NONCE_BYTES + TAG_BITS / 8 + 2 || part[0] != FORMAT) {
      return Optional.empty();
    }
    byte[] clear;
    try {
      clear =
          cipher(Cipher.DECRYPT_MODE, Arrays.copyOfRange(part, 1, 1 + NONCE_BYTES), id)
              .doFinal(part, 1 + NONCE_BYTES, part.length - 1 - NONCE_BYTES);
    } catch (AEADBadTagException e) {
      return Optional.empty();
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("this platform has no AES-256-GCM", e);
    }
    ByteBuffer reader = ByteBuffer.wrap(clear);
    int length = Short.toUnsignedInt(reader.getShort());
    if (length > reader.remaining()) {
      return Optional.empty();
    }
    try {
      String name =
          StandardCharsets.UTF_8
              .newDecoder()
              .onMalformedInput(CodingErrorAction.REPORT)
              .decode(reader.slice(reader.position(), length))
              .toString();
      byte[] content = Arrays.copyOfRange(clear, 2 + length, clear.length);
      return id(name).equals(id) ? Optional.of(new Opened(name, content)) : Optional.empty();
    } catch (CharacterCodingException e) {
      return Optional.empty();
    }
  }

  private Cipher cipher(int mode, byte[] nonce, String id) throws GeneralSecurityException {
    Cipher cipher = Cipher.getInstance("AES/GCM/NoPadding");
    cipher.init(mode, parts, new GCMParameterSpec(TAG_BITS, nonce));
    cipher.updateAAD((ALGORITHM + " " + id).getBytes(StandardCharsets.UTF_8));
    return cipher;
  }

  private static byte[] utf8(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  @Override
  public String toString() {
    return "BackupKey";
  }
}

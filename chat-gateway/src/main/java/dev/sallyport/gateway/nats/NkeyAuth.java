package dev.sallyport.gateway.nats;

import com.google.crypto.tink.subtle.Ed25519Sign;
import dev.sallyport.gateway.issuer.StartRefused;
import io.nats.client.AuthHandler;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Signs in with a user's NKey: Ed25519, the seed in a file as `nsc` and `nk` write it. NATS's own
 * class for it needs a library that nothing else here does.
 */
final class NkeyAuth implements AuthHandler {

  private static final int FILE_BYTES_MAX = 4 * 1024;
  private static final int SEED_BYTES = 32;
  private static final int SEED_PREFIX = 18 << 3;
  private static final int USER_PREFIX = 20 << 3;
  private static final String ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
  private static final int CHARS = 58;

  private final Ed25519Sign signer;
  private final String publicKey;

  private NkeyAuth(Ed25519Sign signer, String publicKey) {
    this.signer = signer;
    this.publicKey = publicKey;
  }

  /**
   * @throws StartRefused if the file holds no seed of a user's key
   */
  static NkeyAuth read(Path file) throws IOException {
    if (Files.size(file) > FILE_BYTES_MAX) {
      throw new StartRefused("file `" + file + "` is too long");
    }
    var line =
        Files.readAllLines(file).stream()
            .map(String::strip)
            .filter(text -> text.length() == CHARS && text.startsWith("SU"))
            .findFirst()
            .orElse(null);
    var seed = line == null ? null : seed(line);
    if (seed == null) {
      throw new StartRefused("file `" + file + "` holds no seed of a user's nkey");
    }
    try {
      var pair = Ed25519Sign.KeyPair.newKeyPairFromSeed(seed);
      return new NkeyAuth(
          new Ed25519Sign(pair.getPrivateKey()), encoded((byte) USER_PREFIX, pair.getPublicKey()));
    } catch (GeneralSecurityException e) {
      throw new StartRefused("file `" + file + "` holds a seed that makes no key");
    }
  }

  /** Two bytes of kind, the seed, two of CRC; null if it is not one. */
  private static byte @Nullable [] seed(String text) {
    byte[] raw = new byte[2 + SEED_BYTES + 2];
    int bits = 0;
    int value = 0;
    int at = 0;
    for (char c : text.toCharArray()) {
      int digit = ALPHABET.indexOf(c);
      if (digit < 0) {
        return null;
      }
      value = (value << 5 | digit) & 0xfff;
      bits += 5;
      if (bits >= 8 && at < raw.length) {
        bits -= 8;
        raw[at++] = (byte) (value >> bits);
      }
    }
    int kind = (raw[0] & 7) << 5 | (raw[1] & 0xf8) >> 3;
    int crc = ByteBuffer.wrap(raw, raw.length - 2, 2).order(ByteOrder.LITTLE_ENDIAN).getShort();
    boolean good =
        (raw[0] & 0xf8) == SEED_PREFIX
            && kind == USER_PREFIX
            && (crc & 0xffff) == crc(raw, raw.length - 2);
    return good ? Arrays.copyOfRange(raw, 2, 2 + SEED_BYTES) : null;
  }

  private static String encoded(byte prefix, byte[] key) {
    var raw =
        ByteBuffer.allocate(1 + key.length + 2).order(ByteOrder.LITTLE_ENDIAN).put(prefix).put(key);
    raw.putShort((short) crc(raw.array(), 1 + key.length));
    var text = new StringBuilder();
    int bits = 0;
    int value = 0;
    for (byte b : raw.array()) {
      value = (value << 8 | (b & 0xff)) & 0xfff;
      bits += 8;
      while (bits >= 5) {
        bits -= 5;
        text.append(ALPHABET.charAt(value >> bits & 31));
      }
    }
    if (bits > 0) {
      text.append(ALPHABET.charAt(value << (5 - bits) & 31));
    }
    return text.toString();
  }

  /** CRC-16/XMODEM. */
  private static int crc(byte[] bytes, int length) {
    int crc = 0;
    for (int i = 0; i < length; i++) {
      crc ^= (bytes[i] & 0xff) << 8;
      for (int bit = 0; bit < 8; bit++) {
        crc = (crc & 0x8000) != 0 ? crc << 1 ^ 0x1021 : crc << 1;
      }
      crc &= 0xffff;
    }
    return crc;
  }

  @Override
  public byte[] sign(byte[] nonce) {
    try {
      return signer.sign(nonce);
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException(e);
    }
  }

  @Override
  public char[] getID() {
    return publicKey.toCharArray();
  }

  /** Only servers with accounts of their own operators ask for one. */
  @Override
  public char[] getJWT() {
    return new char[0];
  }
}

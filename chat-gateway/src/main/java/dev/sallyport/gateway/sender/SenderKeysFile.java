package dev.sallyport.gateway.sender;

import com.nimbusds.jose.jwk.JWK;
import com.nimbusds.jose.jwk.JWKSet;
import com.nimbusds.jose.jwk.OctetKeyPair;
import dev.sallyport.gateway.issuer.StartRefused;
import dev.sallyport.gateway.issuer.TrustFolder;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.text.ParseException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;

/**
 * The keys on disk: a JWK set with private keys (0600), the newest first. Made at the first start;
 * whoever runs several gateways of one public URL gives them the same file.
 *
 * <p>A key that is due for rotation stays behind the new one, since groups carry it until a Commit
 * of theirs says otherwise. One that must not be used any more is taken out of the file by hand.
 */
final class SenderKeysFile {

  private static final int FILE_BYTES_MAX = 64 * 1024;

  /** A key a year for a lifetime; clients read them all. */
  private static final int KEYS_MAX = 64;

  private SenderKeysFile() {}

  /**
   * The keys in the file, with a new one where there is none or the newest is too old.
   *
   * @param rotateAfter zero: never
   * @throws StartRefused if the file is not what this class writes
   */
  static List<SenderKey> readOrMake(
      Path file, Duration rotateAfter, SecureRandom random, Instant now) throws IOException {
    var keys = new ArrayList<SenderKey>();
    if (Files.exists(file)) {
      keys.addAll(read(file));
    } else if (file.toAbsolutePath().getParent() != null) {
      Files.createDirectories(file.toAbsolutePath().getParent());
    }
    boolean due =
        keys.isEmpty()
            || (!rotateAfter.isZero()
                && keys.size() < KEYS_MAX
                && keys.getFirst().madeAt().plus(rotateAfter).isBefore(now));
    if (due) {
      keys.addFirst(SenderKey.make(random, now));
      write(file, keys);
    }
    return List.copyOf(keys);
  }

  private static List<SenderKey> read(Path file) throws IOException {
    if (Files.size(file) > FILE_BYTES_MAX) {
      throw new StartRefused("file `" + file + "` is too long");
    }
    try {
      var keys = new ArrayList<SenderKey>();
      for (var jwk : JWKSet.parse(Files.readString(file)).getKeys()) {
        if (!(jwk instanceof OctetKeyPair pair)) {
          throw new StartRefused("file `" + file + "` holds a key of another kind");
        }
        keys.add(SenderKey.of(pair));
      }
      if (keys.isEmpty() || keys.size() > KEYS_MAX) {
        throw new StartRefused("file `" + file + "` holds no key, or too many");
      }
      return keys;
    } catch (ParseException | IllegalArgumentException e) {
      // Without the cause: its message may quote a key.
      throw new StartRefused("file `" + file + "` does not hold keys of an external sender");
    }
  }

  private static void write(Path file, List<SenderKey> keys) throws IOException {
    var set = new JWKSet(keys.stream().<JWK>map(SenderKey::pair).toList());
    TrustFolder.replace(file, set.toString(false).getBytes(StandardCharsets.UTF_8), "rw-------");
  }
}

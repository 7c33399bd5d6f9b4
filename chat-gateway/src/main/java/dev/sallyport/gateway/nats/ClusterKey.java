package dev.sallyport.gateway.nats;

import dev.sallyport.gateway.issuer.StartRefused;
import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.SecureRandom;
import java.util.Base64;

/**
 * The secret that the gateways of one public URL share: base64 of 32 bytes and more in a file
 * (0600), made where there is none.
 */
final class ClusterKey {

  private static final int BYTES = 32;
  private static final int FILE_BYTES_MAX = 4 * 1024;

  private ClusterKey() {}

  /**
   * The key in the file, or a new one put there; of two who make it at once one wins for both.
   *
   * @throws StartRefused if the file holds none
   */
  static byte[] readOrMake(Path file, SecureRandom random) throws IOException {
    if (!Files.exists(file)) {
      make(file.toAbsolutePath(), random);
    }
    if (Files.size(file) > FILE_BYTES_MAX) {
      throw new StartRefused("file `" + file + "` is too long");
    }
    byte[] key;
    try {
      key = Base64.getMimeDecoder().decode(Files.readString(file).strip());
    } catch (IllegalArgumentException | IOException e) {
      // Without the cause: its message may quote the key.
      throw new StartRefused("file `" + file + "` does not hold base64");
    }
    if (key.length < BYTES) {
      throw new StartRefused("file `" + file + "` holds less than " + BYTES + " bytes");
    }
    return key;
  }

  private static void make(Path file, SecureRandom random) throws IOException {
    byte[] key = new byte[BYTES];
    random.nextBytes(key);
    Files.createDirectories(file.getParent());
    var made =
        Files.createTempFile(
            file.getParent(),
            ".cluster-key",
            "",
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
    try {
      Files.write(made, Base64.getEncoder().encode(key));
      // A link, unlike a move, never replaces what another one put there.
      Files.createLink(file, made);
    } catch (FileAlreadyExistsException e) {
      // Another gateway was faster.
    } catch (UnsupportedOperationException e) {
      Files.move(made, file, StandardCopyOption.ATOMIC_MOVE);
    } finally {
      Files.deleteIfExists(made);
    }
  }
}

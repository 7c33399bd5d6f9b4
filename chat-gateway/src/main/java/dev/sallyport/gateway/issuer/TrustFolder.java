package dev.sallyport.gateway.issuer;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Optional;
import org.springframework.stereotype.Component;

/**
 * The folder {@code trust/}: what the gateway believes, kept over a restart. A file is replaced
 * whole or not at all: written beside, forced to disk, renamed, the folder forced. Thread-safe.
 */
@Component
public final class TrustFolder {
  private final Path folder;

  public TrustFolder(IssuerSettings settings) {
    this.folder = settings.trust();
  }

  /**
   * The file's bytes; empty if there is none.
   *
   * @throws IOException if it cannot be read or is longer than {@code bytesMax}
   */
  public Optional<byte[]> read(String name, int bytesMax) throws IOException {
    Path file = folder.resolve(name);
    try (var in = Files.newInputStream(file)) {
      byte[] bytes = in.readNBytes(bytesMax + 1);
      if (bytes.length > bytesMax) {
        throw new IOException("file `" + name + "` is longer than " + bytesMax + " bytes");
      }
      return Optional.of(bytes);
    } catch (NoSuchFileException e) {
      return Optional.empty();
    }
  }

  /** Replaces the file atomically; it is on disk when this returns. */
  public synchronized void write(String name, byte[] bytes) throws IOException {
    Files.createDirectories(folder);
    replace(folder.resolve(name), bytes, "rw-r-----");
  }

  /**
   * Puts the bytes in place of the file, which never exists half-written or with wider permissions.
   */
  public static void replace(Path file, byte[] bytes, String permissions) throws IOException {
    Path beside = file.resolveSibling("." + file.getFileName() + ".tmp");
    Files.deleteIfExists(beside);
    Files.createFile(
        beside, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString(permissions)));
    try (FileChannel out = FileChannel.open(beside, StandardOpenOption.WRITE)) {
      ByteBuffer rest = ByteBuffer.wrap(bytes);
      while (rest.hasRemaining()) {
        out.write(rest);
      }
      out.force(true);
    }
    Files.move(beside, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    try (FileChannel folder = FileChannel.open(file.toAbsolutePath().getParent())) {
      folder.force(true);
    }
  }
}

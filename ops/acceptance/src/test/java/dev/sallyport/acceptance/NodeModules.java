package dev.sallyport.acceptance;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;

/**
 * Installs the Node side's locked dependencies, once, where they are missing or older than the
 * lock.
 */
final class NodeModules {

  private static final long INSTALL_SECONDS_MAX = 300;

  static synchronized void install() {
    Path lock = NodeProcess.FOLDER.resolve("package-lock.json");
    Path installed = NodeProcess.FOLDER.resolve("node_modules/.package-lock.json");
    try {
      if (Files.exists(installed)
          && Files.getLastModifiedTime(installed).compareTo(Files.getLastModifiedTime(lock)) >= 0) {
        return;
      }
      Files.createDirectories(Sallyport.LOGS);
      var npm =
          new ProcessBuilder("npm", "ci", "--no-audit", "--no-fund")
              .directory(NodeProcess.FOLDER.toFile())
              .redirectErrorStream(true)
              .redirectOutput(Sallyport.LOGS.resolve("npm.log").toFile())
              .start();
      if (!npm.waitFor(INSTALL_SECONDS_MAX, TimeUnit.SECONDS) || npm.exitValue() != 0) {
        npm.destroyForcibly();
        throw new IllegalStateException("`npm ci` failed, see target/acceptance/npm.log");
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
  }

  private NodeModules() {}
}

package dev.sallyport.auth.password;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.sallyport.auth.installation.Installation;
import dev.sallyport.auth.installation.SettingRefused;
import dev.sallyport.auth.vault.PrivateFile;
import dev.sallyport.auth.vault.RandomIds;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.stereotype.Component;

/**
 * The file with the one-time password of the first admin: written before the account is made, gone
 * once it is replaced.
 */
@Component
class AdminPasswordFile {

  static final String USERNAME = "admin";

  private static final Logger LOG = LoggerFactory.getLogger(AdminPasswordFile.class);
  private static final int PASSWORD_BYTES = 18;

  private final Path file;
  private final RandomIds ids;

  AdminPasswordFile(Installation installation, RandomIds ids) {
    this.file = installation.data().resolve("admin-password");
    this.ids = ids;
  }

  /**
   * The password in the file, which is written where it is missing: a start that was killed half
   * way goes on here.
   */
  String password() {
    try {
      if (!Files.exists(file)) {
        PrivateFile.write(file, ids.base64url(PASSWORD_BYTES) + "\n");
      }
      return Files.readString(file, UTF_8).strip();
    } catch (IOException e) {
      throw new SettingRefused("cannot write `" + file + "`: " + e.getMessage(), e);
    }
  }

  /** The password of this account was replaced. */
  void forget(String username) {
    if (!username.equals(USERNAME)) {
      return;
    }
    try {
      Files.deleteIfExists(file);
    } catch (IOException e) {
      LOG.warn("cannot delete the one-time password, which is void now: {}", file, e);
    }
  }

  Path path() {
    return file;
  }
}

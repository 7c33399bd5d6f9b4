package dev.sallyport.auth.vault;

import static java.nio.charset.StandardCharsets.US_ASCII;

import dev.sallyport.auth.installation.SettingRefused;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.Base64;

/** The file with the master key: 32 random bytes in base64, readable by its owner alone. */
final class MasterKeyFile {

  /** 32 bytes take 44 characters; more than this is another file. */
  private static final int SIZE_MAX = 256;

  private MasterKeyFile() {}

  /** Reads the key; where there is none, makes one only if {@code mayCreate}. */
  static byte[] read(Path file, boolean mayCreate, SecureRandom random) {
    try {
      if (!Files.exists(file)) {
        if (!mayCreate) {
          throw new SettingRefused(
              "no master key at `"
                  + file
                  + "`: make one with `(umask 077; head -c 32 /dev/urandom | base64 > FILE)` and name it in"
                  + " `sallyport.master-key-file`");
        }
        byte[] key = new byte[Vault.KEY_BYTES];
        random.nextBytes(key);
        PrivateFile.write(file, Base64.getEncoder().encodeToString(key) + "\n");
        Vault.wipe(key);
      }
      if (Files.size(file) > SIZE_MAX) {
        throw new SettingRefused(
            "`" + file + "` is not a master key: it must hold 32 bytes in base64");
      }
      byte[] key = Base64.getDecoder().decode(Files.readString(file, US_ASCII).strip());
      if (key.length != Vault.KEY_BYTES) {
        throw new SettingRefused(
            "`" + file + "` is not a master key: it must hold 32 bytes in base64");
      }
      return key;
    } catch (IllegalArgumentException e) {
      // without the cause: its message could quote a character of the key
      throw new SettingRefused(
          "`" + file + "` is not a master key: it must hold 32 bytes in base64");
    } catch (IOException e) {
      throw new SettingRefused("cannot read the master key `" + file + "`: " + e.getMessage(), e);
    }
  }
}

package dev.sallyport.auth.vault;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sallyport.auth.installation.SettingRefused;
import dev.sallyport.auth.vault.Vault.SealBroken;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.SecureRandom;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Base64;
import java.util.HashSet;
import java.util.Set;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class VaultTest {

  private static final byte[] SECRET = "the secret".getBytes(UTF_8);

  private final SecureRandom random = new SecureRandom();
  private final Vault vault = new Vault(new byte[32], random);

  @Test
  void open_forTheSamePurpose_givesItBack() {
    byte[] sealed = vault.seal(SECRET, "totp/a");
    assertThat(vault.open(sealed, "totp/a")).isEqualTo(SECRET);
    assertThat(vault.seal(SECRET, "totp/a")).isNotEqualTo(sealed);
    assertThat(new String(sealed, UTF_8)).doesNotContain("secret");
  }

  @Test
  void open_forAnotherPurposeOrKey_isRefused() {
    byte[] sealed = vault.seal(SECRET, "totp/a");
    assertThatThrownBy(() -> vault.open(sealed, "totp/b")).isInstanceOf(SealBroken.class);
    byte[] otherKey = new byte[32];
    otherKey[31] = 1;
    assertThatThrownBy(() -> new Vault(otherKey, random).open(sealed, "totp/a"))
        .isInstanceOf(SealBroken.class);
  }

  @Test
  void open_anyBitChanged_isRefused() {
    byte[] sealed = vault.seal(SECRET, "p");
    for (int bit = 0; bit < sealed.length * 8; bit++) {
      byte[] changed = sealed.clone();
      changed[bit / 8] ^= (byte) (1 << bit % 8);
      assertThatThrownBy(() -> vault.open(changed, "p")).isInstanceOf(SealBroken.class);
    }
    assertThatThrownBy(() -> vault.open(new byte[0], "p")).isInstanceOf(SealBroken.class);
  }

  @Test
  void mac_ofAnotherPurpose_differs() {
    assertThat(vault.mac(SECRET, "a")).hasSize(32).isNotEqualTo(vault.mac(SECRET, "b"));
    assertThat(vault.mac(SECRET, "a")).isEqualTo(vault.mac(SECRET, "a"));
  }

  @Test
  void masterKey_missing_isMadeOnlyWhereAllowed(@TempDir Path folder) throws Exception {
    Path file = folder.resolve("sub").resolve("master.key");
    assertThatThrownBy(() -> MasterKeyFile.read(file, false, random))
        .isInstanceOf(SettingRefused.class)
        .hasMessageContaining("sallyport.master-key-file");
    byte[] made = MasterKeyFile.read(file, true, random);
    assertThat(Files.getPosixFilePermissions(file))
        .isEqualTo(PosixFilePermissions.fromString("rw-------"));
    assertThat(MasterKeyFile.read(file, true, random)).isEqualTo(made);
    assertThatThrownBy(() -> PrivateFile.write(file, "other"))
        .isInstanceOf(FileAlreadyExistsException.class);
  }

  @Test
  void masterKey_ofAnotherForm_isRefusedWithoutShowingIt(@TempDir Path folder) throws Exception {
    for (String text :
        new String[] {
          "",
          "not base64 !",
          Base64.getEncoder().encodeToString(new byte[31]),
          Base64.getEncoder().encodeToString(new byte[33]),
          "A".repeat(300)
        }) {
      Path file = Files.writeString(Files.createTempFile(folder, "key", ""), text);
      assertThatThrownBy(() -> MasterKeyFile.read(file, true, random))
          .isInstanceOf(SettingRefused.class)
          .hasNoCause();
    }
  }

  @Test
  void uuid7_hasItsVersionVariantAndTime() {
    Instant now = Instant.parse("2026-11-23T10:00:00.123Z");
    RandomIds ids = new RandomIds(random, InstantSource.fixed(now));
    Set<String> seen = new HashSet<>();
    for (int i = 0; i < 1000; i++) {
      String text = ids.uuid7();
      UUID uuid = UUID.fromString(text);
      assertThat(uuid.toString()).isEqualTo(text);
      assertThat(uuid.version()).isEqualTo(7);
      assertThat(uuid.variant()).isEqualTo(2);
      assertThat(uuid.getMostSignificantBits() >>> 16).isEqualTo(now.toEpochMilli());
      assertThat(seen.add(text)).isTrue();
    }
    assertThat(ids.sid()).hasSize(22);
  }
}

package dev.sallyport.client;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.security.SecureRandom;
import java.util.HexFormat;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** The vectors of chat-gateway/docs/clients.md, which were made with Python's cryptography. */
class BackupKeyTest {

  private static final String RECOVERY =
      "AAAQ-EAYE-AUDA-OCAJ-BIFQ-YDIO-B4IB-CEQT-CQKR-MFYY-DENB-WHA5-DYPW-GDI";
  private static final byte[] INFO =
      HexFormat.of()
          .parseHex(
              "202122232425262728292a2b2c2d2e2f303132333435363738393a3b3c3d3e3f"
                  + "1445db296cab1cf04ac715f05dfb1bf7");
  private static final String ID = "UX-QppSN3nILzx7ptqEdZ4QsGkOXwyc6vNq5ZclDeZ0";
  private static final byte[] PART =
      HexFormat.of()
          .parseHex(
              "01404142434445464748494a4bb771b19ab47f78e00d10cc85d971a067ca5888a3"
                  + "36ab9ba66da036c1d668");

  private final SecureRandom random = new SecureRandom();

  private static RecoveryKey recovery() {
    return RecoveryKey.parse(RECOVERY).orElseThrow();
  }

  @Test
  void vectors_hold() {
    var key = BackupKey.of(recovery(), INFO).orElseThrow();
    assertEquals(RECOVERY, recovery().text());
    assertEquals(ID, key.id("room/42"));
    assertArrayEquals(INFO, key.keyInfo());
    var opened = key.open(ID, PART).orElseThrow();
    assertEquals("room/42", opened.name());
    assertArrayEquals("hello".getBytes(UTF_8), opened.content());
    byte[] nonce = HexFormat.of().parseHex("404142434445464748494a4b");
    assertArrayEquals(PART, key.seal("room/42", "hello".getBytes(UTF_8), nonce));
  }

  @Test
  void part_opensOnlyWhole_underItsId_byItsKey() {
    var key = BackupKey.create(recovery(), random);
    byte[] content = new byte[BackupKey.CONTENT_BYTES_MAX];
    byte[] part = key.seal("n".repeat(512), content, random);
    assertTrue(part.length <= 256 * 1024);
    String id = key.id("n".repeat(512));
    assertArrayEquals(content, key.open(id, part).orElseThrow().content());
    assertEquals(Optional.empty(), key.open(key.id("other"), part));
    assertEquals(Optional.empty(), BackupKey.create(recovery(), random).open(id, part));
    for (int at : new int[] {0, 1, 13, part.length - 1}) {
      part[at] ^= 1;
      assertEquals(Optional.empty(), key.open(id, part), "byte " + at);
      part[at] ^= 1;
    }
    for (int length = 0; length < 40; length++) {
      assertEquals(Optional.empty(), key.open(id, new byte[length]));
    }
    assertThrows(
        IllegalArgumentException.class,
        () -> key.seal("", new byte[BackupKey.CONTENT_BYTES_MAX + 1], random));
    assertThrows(
        IllegalArgumentException.class, () -> key.seal("n".repeat(513), new byte[0], random));
  }

  @Test
  void otherRecoveryKey_isKnownAtOnce() {
    assertEquals(Optional.empty(), BackupKey.of(RecoveryKey.generate(random), INFO));
    assertEquals(Optional.empty(), BackupKey.of(recovery(), new byte[48]));
    assertEquals(Optional.empty(), BackupKey.of(recovery(), new byte[0]));
  }

  @Test
  void text_isReadAsPeopleWriteIt_andSlipsShow() {
    for (int i = 0; i < 100; i++) {
      var key = RecoveryKey.generate(random);
      var copied = " " + key.text().toLowerCase(java.util.Locale.ROOT).replace("-", " ") + "\n";
      assertArrayEquals(key.bytes(), RecoveryKey.parse(copied).orElseThrow().bytes());
    }
    assertEquals(Optional.empty(), RecoveryKey.parse(""));
    assertEquals(Optional.empty(), RecoveryKey.parse(RECOVERY + "A"));
    assertEquals(Optional.empty(), RecoveryKey.parse("A".repeat(10_000)));
    assertEquals(Optional.empty(), RecoveryKey.parse(RECOVERY.replace("AAAQ", "ABAQ")));
    assertEquals(Optional.empty(), RecoveryKey.parse(RECOVERY.replace("GDI", "GDJ")));
    assertEquals(Optional.empty(), RecoveryKey.parse(RECOVERY.replace('A', '1')));
    assertEquals("RecoveryKey", recovery().toString());
  }

  @Test
  void anything_isReadWithoutAFault() {
    long seed = 7;
    var bytes = new Random(seed);
    var key = BackupKey.of(recovery(), INFO).orElseThrow();
    for (int i = 0; i < 5_000; i++) {
      byte[] some = new byte[bytes.nextInt(80)];
      bytes.nextBytes(some);
      if (some.length > 0) {
        some[0] = 1;
      }
      assertEquals(Optional.empty(), key.open(ID, some), "seed " + seed);
      assertEquals(Optional.empty(), BackupKey.of(recovery(), some), "seed " + seed);
      assertEquals(
          Optional.empty(),
          RecoveryKey.parse(new String(some, java.nio.charset.StandardCharsets.ISO_8859_1)));
    }
  }
}

package dev.sallyport.gateway.mls;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import dev.sallyport.gateway.mls.MlsMessage.ContentType;
import dev.sallyport.gateway.mls.MlsMessage.KeyPackage;
import dev.sallyport.gateway.mls.MlsMessage.Malformed;
import dev.sallyport.gateway.mls.MlsMessage.PrivateMessage;
import dev.sallyport.gateway.mls.MlsMessage.PublicMessage;
import dev.sallyport.gateway.mls.MlsMessage.SenderType;
import dev.sallyport.gateway.mls.MlsMessage.Welcome;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** RFC 9420 §6, §10; messages made by Bouncy Castle. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class MlsHeaderTest {

  private static final String ROOM = "0190d0c0-0000-7000-8000-000000000001";
  private static final ByteString GROUP = ByteString.copyFromUtf8(ROOM);
  private static final int SUITE = 1;

  private RealMls alice;
  private RealMls.Said sealed;
  private RealMls.Said open;

  @BeforeAll
  void speak() throws Exception {
    alice = RealMls.of("alice's credential");
    var bob = RealMls.of("bob's credential");
    sealed = alice.speak(ROOM, bob, true);
    open = alice.speak(ROOM, bob, false);
  }

  @Test
  void read_application_namesGroupEpochAndContent() {
    assertThat(MlsHeader.read(sealed.application()))
        .isEqualTo(new PrivateMessage(GROUP, 0, ContentType.APPLICATION));
    assertThat(MlsHeader.read(sealed.afterCommit()))
        .isEqualTo(new PrivateMessage(GROUP, 1, ContentType.APPLICATION));
  }

  @Test
  void read_sealedCommit() {
    assertThat(MlsHeader.read(sealed.commit()))
        .isEqualTo(new PrivateMessage(GROUP, 0, ContentType.COMMIT));
  }

  @Test
  void read_openCommit_namesItsSenderToo() {
    assertThat(MlsHeader.read(open.commit()))
        .isEqualTo(new PublicMessage(GROUP, 0, SenderType.MEMBER, ContentType.COMMIT));
  }

  @Test
  void read_welcome() {
    assertThat(MlsHeader.read(sealed.welcome())).isEqualTo(new Welcome(SUITE));
  }

  @Test
  void read_keyPackage_showsWhoseItIsAndHowLongItIsGood() throws Exception {
    assertThat(MlsHeader.read(alice.keyPackage(1_000, 2_000)))
        .isInstanceOfSatisfying(
            KeyPackage.class,
            read -> {
              assertThat(read.cipherSuite()).isEqualTo(SUITE);
              assertThat(read.identity().toStringUtf8()).isEqualTo("alice's credential");
              assertThat(read.signatureKey()).isEqualTo(ByteString.copyFrom(alice.publicKey()));
              assertThat(read.notBefore()).isEqualTo(1_000);
              assertThat(read.notAfter()).isEqualTo(2_000);
              assertThat(read.initKey().size()).isEqualTo(32);
            });
  }

  @Test
  void read_anythingCutShort_isMalformed() throws Exception {
    for (var whole :
        List.of(sealed.application(), sealed.commit(), sealed.welcome(), alice.keyPackage(1, 2))) {
      for (int length = 0; length < whole.size(); length++) {
        assertThat(MlsHeader.read(whole.substring(0, length))).isInstanceOf(Malformed.class);
      }
    }
  }

  @Test
  void read_bytesBehindTheEnd_isMalformed() throws Exception {
    for (var whole : List.of(sealed.application(), sealed.welcome(), alice.keyPackage(1, 2))) {
      assertThat(MlsHeader.read(whole.concat(ByteString.copyFrom(new byte[1]))))
          .isInstanceOf(Malformed.class);
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        // version 2
        "0002000200",
        // wire formats 0 and 6
        "00010000",
        "00010006",
        // content type 4
        "0001 0002 00 0000000000000000 04 00 00 00",
        // a length in two bytes where one would do
        "0001 0002 4000 0000000000000000 01 00 00 00",
        // a length in four bytes where two would do
        "0001 0002 80000040 0000000000000000 01 00 00 00",
        // the fourth form, which MLS does not use
        "0001 0002 c000000000000000 0000000000000000 01 00 00 00",
        // a vector longer than what is there
        "0001 0002 bfffffff 0000000000000000 01 00 00 00",
        // an epoch beyond 2^63-1
        "0001 0002 00 8000000000000000 01 00 00 00",
        // sender type 5
        "0001 0001 00 0000000000000000 05 00 03 00",
      })
  void read_notAsTheRfcHasIt_isMalformed(String hex) {
    var bytes = ByteString.copyFrom(HexFormat.of().parseHex(hex.replace(" ", "")));
    assertThat(MlsHeader.read(bytes)).isInstanceOf(Malformed.class);
  }

  @Test
  void read_shortest_isRead() {
    var bytes =
        ByteString.copyFrom(
            HexFormat.of().parseHex("00010002" + "00" + "00".repeat(8) + "01000000"));
    assertThat(MlsHeader.read(bytes))
        .isEqualTo(new PrivateMessage(ByteString.EMPTY, 0, ContentType.APPLICATION));
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4})
  void read_garbage_neverThrows(long seed) throws Exception {
    var random = new Random(seed);
    var seeds =
        List.of(
            sealed.application(),
            sealed.commit(),
            open.commit(),
            sealed.welcome(),
            alice.keyPackage(1, 2));
    for (int i = 0; i < 20_000; i++) {
      byte[] bytes;
      if (random.nextInt(4) == 0) {
        bytes = new byte[random.nextInt(200)];
        random.nextBytes(bytes);
        if (bytes.length > 3) {
          bytes[0] = 0;
          bytes[1] = 1;
          bytes[2] = 0;
          bytes[3] = (byte) random.nextInt(7);
        }
      } else {
        bytes = seeds.get(random.nextInt(seeds.size())).toByteArray();
        for (int changes = random.nextInt(8); changes >= 0; changes--) {
          bytes[random.nextInt(Math.min(bytes.length, 120))] = (byte) random.nextInt();
        }
      }
      var read = MlsHeader.read(ByteString.copyFrom(bytes));
      if (read instanceof MlsMessage.Framed framed) {
        assertThat(framed.epoch()).isNotNegative();
        assertThat(framed.groupId().size()).isLessThanOrEqualTo(255);
      }
    }
  }
}

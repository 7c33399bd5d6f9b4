package dev.sallyport.gateway.sender;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import dev.sallyport.gateway.issuer.StartRefused;
import dev.sallyport.gateway.log.Content;
import dev.sallyport.gateway.mls.MlsHeader;
import dev.sallyport.gateway.mls.MlsMessage;
import dev.sallyport.gateway.mls.RealMls;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SenderKeysTest {

  private static final Instant START = Instant.parse("2026-11-01T00:00:00Z");
  private static final Duration YEAR = Duration.ofDays(365);

  @TempDir private Path folder;

  private List<SenderKey> keys(Instant now) throws Exception {
    return SenderKeysFile.readOrMake(
        folder.resolve("keys/external-sender-keys.json"), YEAR, new SecureRandom(), now);
  }

  private Path file() {
    return folder.resolve("keys/external-sender-keys.json");
  }

  @Test
  void readOrMake_atTheFirstStart_makesAKeyThatOnlyTheOwnerReads() throws Exception {
    var made = keys(START);

    assertThat(made).hasSize(1);
    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file())))
        .isEqualTo("rw-------");
    assertThat(keys(START.plus(Duration.ofDays(364))))
        .extracting(SenderKey::id)
        .containsExactly(made.getFirst().id());
  }

  @Test
  void readOrMake_afterAYear_putsANewKeyBeforeTheOld() throws Exception {
    var old = keys(START).getFirst().id();

    var rotated = keys(START.plus(YEAR).plusSeconds(1));

    assertThat(rotated).hasSize(2).extracting(SenderKey::id).element(1).isEqualTo(old);
    assertThat(new SenderKeys(rotated, "https://gateway.example").holds(old)).isTrue();
    assertThat(keys(START.plus(YEAR).plusSeconds(2))).hasSize(2);
  }

  @Test
  void readOrMake_fileThatWasTamperedWith_isRefusedWithoutQuotingIt() throws Exception {
    keys(START);
    var good = Files.readString(file());
    var secret = good.replaceAll(".*\"d\":\"([^\"]+)\".*", "$1");
    var other = SenderKey.make(new SecureRandom(), START).pair().getX().toString();
    var own = good.replaceAll(".*\"x\":\"([^\"]+)\".*", "$1");
    for (var bad :
        List.of(
            "",
            "{}",
            "{\"keys\":[]}",
            good.replace("Ed25519", "X25519"),
            good.replace(secret, other),
            good.replace(own, other),
            good.replace("\"d\"", "\"dd\""))) {
      Files.writeString(file(), bad);
      assertThatThrownBy(() -> keys(START))
          .isInstanceOf(StartRefused.class)
          .hasMessageContaining("external-sender-keys.json")
          .hasMessageNotContaining(secret)
          .hasNoCause();
    }
  }

  @Test
  void toString_ofAKey_showsNothingPrivate() {
    var key = SenderKey.make(new SecureRandom(), START);

    assertThat(key.toString()).isEqualTo("SenderKey[" + key.id() + "]");
  }

  @Test
  void remove_isReadByBouncyCastleAsTheGroupsExternalSender() throws Exception {
    var keys = new SenderKeys(List.of(SenderKey.make(new SecureRandom(), START)), "https://g");
    var key = keys.all().getFirst();
    var group = RealMls.Members.of("a group", keys.externalSender(key));
    var sender = new Content.ExternalSender(0, key.id());
    var groupId = ByteString.copyFromUtf8("a group");

    var proposal = keys.remove(sender, groupId, 1, 2).orElseThrow();

    assertThat(MlsHeader.read(proposal))
        .isEqualTo(
            new MlsMessage.PublicMessage(
                groupId, 1, MlsMessage.SenderType.EXTERNAL, MlsMessage.ContentType.PROPOSAL));
    group.receive(proposal);
    assertThat(group.commit()).isEqualTo(2);
  }

  @Test
  void remove_byAnotherKey_isRefusedByTheGroup() throws Exception {
    var keys = new SenderKeys(List.of(SenderKey.make(new SecureRandom(), START)), "https://g");
    var others = new SenderKeys(List.of(SenderKey.make(new SecureRandom(), START)), "https://g");
    var group = RealMls.Members.of("a group", keys.externalSender(keys.all().getFirst()));
    var forged =
        others
            .remove(
                new Content.ExternalSender(0, others.all().getFirst().id()),
                ByteString.copyFromUtf8("a group"),
                1,
                2)
            .orElseThrow();

    assertThatThrownBy(() -> group.receive(forged)).isInstanceOf(Exception.class);
    assertThat(group.leaves()).isEqualTo(3);
    assertThat(
            keys.remove(
                new Content.ExternalSender(0, others.all().getFirst().id()),
                ByteString.copyFromUtf8("a group"),
                1,
                2))
        .isEmpty();
  }
}

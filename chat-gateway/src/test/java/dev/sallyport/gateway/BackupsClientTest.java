package dev.sallyport.gateway;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sallyport.client.Api;
import dev.sallyport.client.BackupKey;
import dev.sallyport.client.Backups;
import dev.sallyport.client.DpopKey;
import dev.sallyport.client.ProblemException;
import dev.sallyport.client.RecoveryKey;
import dev.sallyport.gateway.testing.FakeAuthServer;
import dev.sallyport.gateway.testing.Person;
import java.security.SecureRandom;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import org.junit.jupiter.api.Test;

/** Saving and restoring by the published client library. */
class BackupsClientTest extends HttpFixture {

  private final SecureRandom random = new SecureRandom();

  private static Backups of(Person person) {
    return new Backups(
        new Api(
            "http://127.0.0.1:" + gateway.port(),
            FakeAuthServer.AUDIENCE,
            DpopKey.fromJwk(person.key().jwk(), clock::instant),
            () -> auth.token(person)));
  }

  /** With a key and a session of its own. */
  private static Person anotherDeviceOf(Person person) {
    Person other = someone();
    return new Person(person.userId(), UUID.randomUUID().toString(), other.sid(), other.key());
  }

  private static Map<String, String> restored(Backups backups, String written) {
    var version = backups.overview().versions().getFirst();
    assertThat(version.algorithm()).isEqualTo(BackupKey.ALGORITHM);
    var key =
        BackupKey.of(RecoveryKey.parse(written).orElseThrow(), version.keyInfo()).orElseThrow();
    var all = new HashMap<String, String>();
    for (var part : backups.list(version.number())) {
      var bytes = backups.get(version.number(), part.id()).orElseThrow().bytes();
      var opened = key.open(part.id(), bytes).orElseThrow();
      all.put(opened.name(), new String(opened.content(), UTF_8));
    }
    return all;
  }

  @Test
  void newDevice_restoresWhatTheFirstSaved_byTheRecoveryKeyAlone() {
    Person alice = someone();
    Backups laptop = of(alice);
    assertThat(laptop.overview().versions()).isEmpty();
    var recovery = RecoveryKey.generate(random);
    var key = BackupKey.create(recovery, random);
    long version = laptop.make(0, BackupKey.ALGORITHM, key.keyInfo()).number();
    var saved = new HashMap<String, String>();
    for (int i = 0; i < 120; i++) {
      String name = "room/" + i;
      saved.put(name, "what was said in " + i);
      byte[] sealed = key.seal(name, saved.get(name).getBytes(UTF_8), random);
      assertThat(laptop.put(version, key.id(name), sealed, null))
          .isInstanceOf(Backups.Put.Written.class);
      assertThat(new String(sealed, UTF_8)).doesNotContain("said");
    }

    Person phone = anotherDeviceOf(alice);
    assertThat(restored(of(phone), recovery.text())).isEqualTo(saved);
    assertThat(laptop.overview().visitors())
        .anySatisfy(
            visitor -> {
              assertThat(visitor.deviceId()).isEqualTo(phone.deviceId());
              assertThat(visitor.readAt()).isPresent();
              assertThat(visitor.writtenAt()).isEmpty();
            });
    assertThat(of(someone()).overview().versions()).isEmpty();
  }

  @Test
  void twoDevices_loseNothingOfEachOther_andRotateTheKey() {
    Person alice = someone();
    Backups laptop = of(alice);
    Backups phone = of(anotherDeviceOf(alice));
    long version = laptop.make(0, "x", new byte[] {1}).number();
    var first = (Backups.Put.Written) laptop.put(version, "a_b-c", new byte[] {1}, null);
    assertThat(phone.put(version, "a_b-c", new byte[] {2}, null))
        .isEqualTo(new Backups.Put.Changed(Optional.of(first.etag())));
    assertThat(phone.put(version, "a_b-c", new byte[] {2}, first.etag()))
        .isInstanceOf(Backups.Put.Written.class);
    assertThat(laptop.put(version, "a_b-c", new byte[] {3}, first.etag()))
        .isInstanceOf(Backups.Put.Changed.class);
    assertThat(laptop.put(version, "gone", new byte[] {3}, first.etag()))
        .isEqualTo(new Backups.Put.Changed(Optional.empty()));
    assertThat(laptop.get(version, "a_b-c").orElseThrow().bytes()).containsExactly(2);

    long next = phone.make(version, "x", new byte[] {2}).number();
    assertThatThrownBy(() -> laptop.put(version, "late", new byte[] {3}, null))
        .isInstanceOf(ProblemException.class)
        .hasMessageContaining("not_current");
    phone.delete(version);
    assertThat(laptop.get(version, "a_b-c")).isEmpty();
    assertThat(phone.put(next, "p", new byte[] {1}, null)).isInstanceOf(Backups.Put.Written.class);
    phone.delete(next, "p");
    assertThat(laptop.list(next)).isEmpty();
  }
}

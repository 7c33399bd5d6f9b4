package dev.sallyport.gateway.nats;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import com.google.protobuf.ByteString;
import dev.sallyport.gateway.door.ProofUse;
import dev.sallyport.gateway.fanout.Frames;
import dev.sallyport.gateway.fanout.StreamKey;
import dev.sallyport.gateway.issuer.StartRefused;
import dev.sallyport.gateway.log.Append;
import dev.sallyport.gateway.log.Content;
import dev.sallyport.gateway.log.EntryKind;
import dev.sallyport.gateway.log.InboxEntry;
import dev.sallyport.gateway.log.LogEntry;
import dev.sallyport.gateway.log.LogListener;
import dev.sallyport.gateway.log.RoomEvent;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.nats.client.NKey;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.KeyPairGenerator;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.Collection;
import java.util.Date;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.bouncycastle.asn1.x500.X500Name;
import org.bouncycastle.asn1.x509.Extension;
import org.bouncycastle.asn1.x509.GeneralName;
import org.bouncycastle.asn1.x509.GeneralNames;
import org.bouncycastle.cert.jcajce.JcaX509v3CertificateBuilder;
import org.bouncycastle.operator.jcajce.JcaContentSignerBuilder;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What crosses between gateways, byte by byte, and the ways to sign in at NATS. */
class BetweenGatewaysTest {

  private static final Duration SOON = Duration.ofSeconds(30);
  private static final String ROOM = "0190d0c0-0000-7000-8000-00000000000a";
  private static final String DEVICE = "0190d0c0-0000-7000-8000-00000000000b";

  private final Subjects subjects = new Subjects("test", "https://gateway.example");
  private final Seal seal = new Seal(new byte[32]);

  /** Keeps what it is told. */
  private static final class Told implements LogListener {
    final List<Object> all = new ArrayList<>();

    @Override
    public void appended(
        List<LogEntry> entries, List<InboxEntry> inboxEntries, Map<String, Long> versions) {}

    @Override
    public void uncertain(Collection<String> roomIds, Collection<String> deviceIds) {}

    @Override
    public void elsewhere(LogEntry entry) {
      all.add(entry);
    }

    @Override
    public void changedElsewhere(String roomId, long version) {
      all.add(roomId + "/" + version);
    }
  }

  private NatsNodes nodes(Told told) {
    return new NatsNodes(
        new NatsLink(() -> new io.nats.client.Options.Builder(), message -> {}, Map.of(), () -> {}),
        subjects,
        seal,
        told,
        (stream, seq) -> told.all.add(stream + "/" + seq),
        new SimpleMeterRegistry());
  }

  private static ByteString hash(int of) {
    byte[] hash = new byte[32];
    Arrays.fill(hash, (byte) of);
    return ByteString.copyFrom(hash);
  }

  private static LogEntry entry(
      EntryKind kind,
      @Nullable ByteString blob,
      @Nullable RoomEvent event,
      Content.@Nullable Declaration declaration) {
    return new LogEntry(
        ROOM,
        7,
        kind,
        new Append.Author("user", DEVICE, hash(9).substring(0, 16)),
        1234,
        3,
        blob,
        event,
        declaration,
        hash(1),
        hash(2));
  }

  private static final List<LogEntry> ENTRIES =
      List.of(
          entry(EntryKind.APPLICATION, ByteString.copyFromUtf8("sealed"), null, null),
          entry(EntryKind.PROPOSAL, ByteString.copyFromUtf8("sealed"), null, null),
          entry(
              EntryKind.COMMIT,
              ByteString.copyFromUtf8("sealed"),
              null,
              new Content.Declaration(
                  List.of(new Content.Leaf("user", DEVICE, null)),
                  List.of(new Content.Leaf("other", DEVICE, 3)))),
          entry(EntryKind.EVENT, null, RoomEvent.about(RoomEvent.Type.KICKED, "other", ""), null));

  @Test
  void entries_arriveAsTheyWere() {
    var told = new Told();
    var nodes = nodes(told);
    var subject = subjects.of(new StreamKey.OfRoom(ROOM));
    for (var entry : ENTRIES) {
      assertThat(nodes.hear(subject, seal.seal(subject, Frames.roomEntry(entry).toByteArray())))
          .isTrue();
    }
    assertThat(told.all).isEqualTo(ENTRIES);
  }

  @Test
  void message_onAnotherSubject_isRefused() {
    var told = new Told();
    var nodes = nodes(told);
    var payload = Frames.roomEntry(ENTRIES.getFirst()).toByteArray();
    var subject = subjects.of(new StreamKey.OfRoom(ROOM));
    var other = subjects.of(new StreamKey.OfRoom(DEVICE));
    byte[] otherKey = new byte[32];
    otherKey[0] = 1;
    assertThat(nodes.hear(other, seal.seal(subject, payload))).isFalse();
    // Sealed for that subject, it still is of another room.
    assertThat(nodes.hear(other, seal.seal(other, payload))).isFalse();
    assertThat(nodes.hear(subject, new Seal(otherKey).seal(subject, payload))).isFalse();
    for (var strange : List.of("", "test", subjects.changed + ".x", "test.x.room.*")) {
      assertThat(nodes.hear(strange, seal.seal(strange, payload))).isFalse();
    }
    assertThat(told.all).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3})
  void hear_anything_neverFails_andTellsOnlyWhatIsSealed(long seed) {
    var told = new Told();
    var nodes = nodes(told);
    var random = new Random(seed);
    var all =
        List.of(
            subjects.of(new StreamKey.OfRoom(ROOM)),
            subjects.of(new StreamKey.OfInbox(DEVICE)),
            subjects.changed);
    for (int i = 0; i < 20_000; i++) {
      var subject = all.get(random.nextInt(all.size()));
      byte[] payload = Frames.roomEntry(ENTRIES.get(random.nextInt(ENTRIES.size()))).toByteArray();
      int changes = random.nextInt(4);
      for (int c = 0; c < changes; c++) {
        payload[random.nextInt(payload.length)] = (byte) random.nextInt();
      }
      payload = Arrays.copyOf(payload, random.nextInt(payload.length + 8));
      // By a gateway that went mad: sealed well, and still to be parsed with care.
      var sealed = seal.seal(subject, payload);
      nodes.hear(subject, sealed);
      int before = told.all.size();
      sealed[random.nextInt(sealed.length)] ^= (byte) (1 << random.nextInt(8));
      assertThat(nodes.hear(subject, sealed)).isFalse();
      assertThat(told.all).hasSize(before);
      var proofs = new ProofsOverNats(link(), subjects, seal, new SecureRandom());
      proofs.answer(subject, seal.seal(subject, payload), new Node.Proofs());
    }
  }

  private static NatsLink link() {
    return new NatsLink(
        () -> new io.nats.client.Options.Builder(), message -> {}, Map.of(), () -> {});
  }

  @Test
  void question_withLengthsBeyondItsEnd_isNotAnswered() {
    var proofs = new ProofsOverNats(link(), subjects, seal, new SecureRandom());
    var memory = new Node.Proofs();
    var subject = subjects.proofs(memory.node()).orElseThrow();
    byte[] question = ProofsOverNats.question(new byte[16], new ProofUse("n", "k", "j"));
    assertThat(proofs.answer(subject, seal.seal(subject, question), memory)).isPresent();
    ByteBuffer.wrap(question).putShort(16, (short) -1);
    assertThat(proofs.answer(subject, seal.seal(subject, question), memory)).isEmpty();
    assertThat(proofs.answer(subject, new byte[100_000], memory)).isEmpty();
    assertThat(proofs.answer(subject, question, memory)).isEmpty();
  }

  @Test
  void clusterKey_isMadeOnceAndKeptPrivate(@TempDir Path folder) throws Exception {
    var file = folder.resolve("a").resolve("cluster-key");
    byte[] made = ClusterKey.readOrMake(file, new SecureRandom());
    assertThat(made).hasSize(32);
    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file)))
        .isEqualTo("rw-------");
    assertThat(ClusterKey.readOrMake(file, new SecureRandom())).isEqualTo(made);
    try (var files = Files.list(file.getParent())) {
      assertThat(files).containsExactly(file);
    }
    for (var bad : List.of("", "c2hvcnQ=", "*".repeat(64), "x".repeat(5_000))) {
      Files.writeString(file, bad);
      assertThatThrownBy(() -> ClusterKey.readOrMake(file, new SecureRandom()))
          .isInstanceOf(StartRefused.class);
    }
  }

  @Test
  void settings_namesAndWaysToSignIn_areChecked() {
    assertThatThrownBy(() -> new NatsSettings("nats://x", "", "", "", null, null, "with.dot"))
        .isInstanceOf(StartRefused.class);
    assertThatThrownBy(() -> new NatsSettings("nats://x", "u", "p", "t", null, null, "a"))
        .isInstanceOf(StartRefused.class);
    assertThatThrownBy(() -> new NatsSettings("nats://x", "", "p", "", null, null, "a"))
        .isInstanceOf(StartRefused.class);
    assertThat(new NatsSettings("nats://x", "u", "secret", "", null, null, "a").toString())
        .doesNotContain("secret");
  }

  private static boolean connects(NatsSettings settings, boolean expected) {
    try (var link =
        new NatsLink(() -> NatsWiring.options(settings), message -> {}, Map.of(), () -> {})) {
      link.start();
      await()
          .atMost(SOON)
          .pollInterval(Duration.ofMillis(20))
          .until(() -> expected ? link.connected() : !link.trouble().isEmpty());
      return link.connected();
    }
  }

  @Test
  void signIn_byNkey(@TempDir Path folder) throws Exception {
    var key = NKey.createUser(new SecureRandom());
    var stranger = NKey.createUser(new SecureRandom());
    var file = Files.writeString(folder.resolve("nk"), new String(key.getSeed()) + "\n");
    var other = Files.writeString(folder.resolve("other"), new String(stranger.getSeed()));
    assertThat(new String(NkeyAuth.read(file).getID())).isEqualTo(new String(key.getPublicKey()));
    try (var server =
        new NatsServer(
            "authorization { users: [ { nkey: " + new String(key.getPublicKey()) + " } ] }")) {
      server.start();
      var url = server.url();
      assertThat(connects(new NatsSettings(url, "", "", "", file, null, "a"), true)).isTrue();
      assertThat(connects(new NatsSettings(url, "", "", "", other, null, "a"), false)).isFalse();
      assertThat(connects(new NatsSettings(url, "u", "p", "", null, null, "a"), false)).isFalse();
    }
    Files.writeString(file, "SU" + "A".repeat(56));
    assertThatThrownBy(() -> NkeyAuth.read(file)).isInstanceOf(StartRefused.class);
  }

  @Test
  void tls_isOnlyBelievedForTheHostItNames(@TempDir Path folder) throws Exception {
    var pair = KeyPairGenerator.getInstance("EC").generateKeyPair();
    var name = new X500Name("CN=localhost");
    var now = Instant.now();
    var certificate =
        new JcaX509v3CertificateBuilder(
                name,
                BigInteger.ONE,
                Date.from(now.minusSeconds(60)),
                Date.from(now.plusSeconds(3600)),
                name,
                pair.getPublic())
            .addExtension(
                Extension.subjectAlternativeName,
                false,
                new GeneralNames(new GeneralName(GeneralName.dNSName, "localhost")))
            .build(new JcaContentSignerBuilder("SHA256withECDSA").build(pair.getPrivate()));
    var pem = pem(folder.resolve("cert.pem"), "CERTIFICATE", certificate.getEncoded());
    var key = pem(folder.resolve("key.pem"), "PRIVATE KEY", pair.getPrivate().getEncoded());
    try (var server =
        new NatsServer("tls { cert_file: \"%s\", key_file: \"%s\" }".formatted(pem, key))) {
      server.start();
      var named = server.url("tls", "localhost");
      var other = server.url("tls", "127.0.0.1");
      assertThat(connects(new NatsSettings(named, "", "", "", null, pem, "a"), true)).isTrue();
      assertThat(connects(new NatsSettings(other, "", "", "", null, pem, "a"), false)).isFalse();
      assertThat(connects(new NatsSettings(named, "", "", "", null, null, "a"), false)).isFalse();
    }
  }

  private static Path pem(Path file, String type, byte[] der) throws Exception {
    var body = Base64.getMimeEncoder(64, "\n".getBytes(StandardCharsets.US_ASCII));
    return Files.writeString(
        file,
        "-----BEGIN %s-----\n%s\n-----END %s-----\n"
            .formatted(type, body.encodeToString(der), type));
  }
}

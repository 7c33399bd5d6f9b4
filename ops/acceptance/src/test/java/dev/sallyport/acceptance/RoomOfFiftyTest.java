package dev.sallyport.acceptance;

import static dev.sallyport.acceptance.Report.step;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.protobuf.ByteString;
import com.nimbusds.jose.jwk.JWKSet;
import dev.sallyport.acceptance.client.ChatClient;
import dev.sallyport.acceptance.client.CredentialVerifier;
import dev.sallyport.client.Api;
import dev.sallyport.client.GatewaySocket;
import dev.sallyport.client.OidcClient;
import dev.sallyport.gateway.protocol.Accepted;
import dev.sallyport.gateway.protocol.CommitDeclaration;
import dev.sallyport.gateway.protocol.DeclaredLeaf;
import dev.sallyport.gateway.protocol.EntryKind;
import dev.sallyport.gateway.protocol.ExternalSender;
import dev.sallyport.gateway.protocol.WelcomeDelivery;
import java.net.URI;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestInstance.Lifecycle;
import org.junit.jupiter.api.Timeout;

/**
 * Fifty devices of three people in one room, half of them Bouncy Castle and half ts-mls, each with
 * its own socket. They join, leave, are kicked, renew their keys, race for epochs and lose their
 * state at random; every message is opened by exactly those who should.
 *
 * <p>{@code -Dsallyport.fifty.steps=N} runs longer, {@code -Dsallyport.fifty.devices=N} with more
 * or fewer devices, {@code -Dsallyport.fifty.seed=S} repeats a run.
 */
@TestInstance(Lifecycle.PER_CLASS)
@SuppressWarnings("NullAway.Init")
class RoomOfFiftyTest {

  private static final int DEVICES = Integer.getInteger("sallyport.fifty.devices", 50);
  private static final int STEPS = Integer.getInteger("sallyport.fifty.steps", 12);
  private static final long SEED =
      Long.getLong("sallyport.fifty.seed", new Random().nextLong(1_000_000));

  private static final String SCOPE = "openid profile offline_access chat.read chat.write";
  private static final List<String> PEOPLE = List.of("alice", "bob", "dora");
  private static final Duration SOON = Duration.ofSeconds(60);

  private static final Duration TOKEN_LIFE = Duration.ofMinutes(5);

  /** Fifty exchanges take their time. */
  private static final Duration REFRESH_AFTER = Duration.ofMinutes(2);

  private static final int KEY_PACKAGES = 12;

  /** Of Welcomes in one frame, which may have 128 KiB in all. */
  private static final int WELCOME_BYTES_MAX = 80_000;

  /** Some 1,100 bytes a leaf, nearly all of them its credential. */
  private static final int LEAF_BYTES = 1_300;

  private final Sallyport sallyport = new Sallyport(TOKEN_LIFE);
  private final Random random = new Random(SEED);
  private final Map<String, ChatClient> people = new LinkedHashMap<>();
  private final Map<String, Api> apis = new HashMap<>();
  private final List<Seat> seats = new ArrayList<>();
  private Browser browser;
  private NodeProcess node;
  private Instant refreshed;

  private String room;
  private String owner;

  /** Who is in the group, in no order that matters. */
  private final Set<Seat> in = new LinkedHashSet<>();

  /** Who was, and still holds what they had. */
  private final Set<Seat> stale = new LinkedHashSet<>();

  private int opened;
  private int shut;
  private final Map<String, Integer> done = new LinkedHashMap<>();

  @BeforeAll
  void start() throws Exception {
    NodeModules.install();
    Report.heading("A room of " + DEVICES + " devices, seed " + SEED);
    browser = new Browser();
    node = new NodeProcess("mls-fifty", "mls.mjs", Map.of());
    sallyport.startAuthServer();
    sallyport.startGateway("--sallyport.bundle-wait=" + ServerProcess.START_MAX.toSeconds() + "s");
    sallyport.awaitHealthy();
    for (var username : PEOPLE) {
      var client = new ChatClient(sallyport.issuer(), sallyport.gatewayUrl(), Sallyport.CLIENT_ID);
      var person = new Person(username, sallyport.demoPassword(username), browser.of(username));
      try (OidcClient.SignIn signIn = client.oidc().begin(SCOPE)) {
        person.signIn(signIn.authorizationUri().toString());
        client.signedIn(signIn.finish(SOON));
      }
      people.put(client.userId(), client);
    }
    owner = people.keySet().iterator().next();
    var keys = JWKSet.load(URI.create(sallyport.issuer() + "/v1/keys/device").toURL());
    var verifier = new CredentialVerifier(sallyport.issuer(), () -> keys);
    var users = List.copyOf(people.keySet());
    refreshed = Instant.now();
    for (int i = 0; i < DEVICES; i++) {
      seats.add(seat(users.get(i % users.size()), i, verifier));
    }
  }

  private Seat seat(String userId, int number, CredentialVerifier verifier) {
    var client = client(userId);
    var engine =
        number / PEOPLE.size() % 2 == 0
            ? new Engine.BouncyCastle(verifier)
            : new Engine.TsMls(node, "device-" + number, sallyport.issuer());
    var proof = engine.proof(sallyport.issuer(), client.accessToken());
    var made =
        client
            .authApi()
            .post("/v1/devices", Map.of("name", "device " + number, "proof", proof))
            .orThrow();
    var credential = made.text("credential");
    var seat = new Seat(userId, made.text("device_id"), engine);
    engine.credential(credential);
    var token = token(seat);
    var api = new Api(sallyport.gatewayUrl(), client.dpop(), () -> token);
    api.call("PUT", "/v1/devices/" + seat.deviceId, Map.of("credential", credential)).orThrow();
    var keyPackages = new ArrayList<String>();
    for (int i = 0; i < KEY_PACKAGES; i++) {
      keyPackages.add(Base64.getEncoder().encodeToString(engine.keyPackage()));
    }
    api.post("/v1/devices/" + seat.deviceId + "/key-packages", Map.of("key_packages", keyPackages))
        .orThrow();
    seat.opened(
        GatewaySocket.openByHeaders(
            sallyport.gatewayUrl(), token, client.dpop(), frame -> seat.take(frame)));
    apis.putIfAbsent(userId, new Api(sallyport.gatewayUrl(), client.dpop(), () -> token(seat)));
    return seat;
  }

  private String token(Seat seat) {
    var client = client(seat.userId);
    return client
        .oidc()
        .exchange(client.accessToken(), sallyport.gatewayUrl(), null, seat.deviceId)
        .accessToken();
  }

  @AfterAll
  void stop() throws Exception {
    for (var seat : seats) {
      seat.socket().close();
    }
    for (var client : people.values()) {
      client.close();
    }
    for (AutoCloseable each : new AutoCloseable[] {node, browser, sallyport}) {
      if (each != null) {
        each.close();
      }
    }
  }

  // ------------------------------------------------------------------ the test

  @Test
  @Timeout(value = 12, unit = TimeUnit.HOURS)
  void room_whereDevicesComeAndGo_isReadByExactlyThoseInTheGroup() {
    begin();
    while (in.size() < seats.size()) {
      commit(pick(in), outside(), List.of(), CommitDeclaration.newBuilder());
    }
    say();
    step("F  %d devices are in the group, at epoch %d", in.size(), epoch());
    // Here, where no leaf is blank: later chance may leave none that could.
    comeBack(BOUNCY_CASTLE);
    comeBack(TS_MLS);
    say();
    for (int i = 0; i < STEPS; i++) {
      chance();
      say();
    }
    // Whatever chance left out.
    kick();
    say();
    foundAnew();
    say();
    step("F  seed %d: %s", SEED, done);
    step("F  %d messages opened by those in the group, %d not by those out of it", opened, shut);
    assertTrue(opened > 0 && shut > 0);
  }

  private void chance() {
    switch (random.nextInt(10)) {
      case 0, 1 -> renew(pick(in));
      case 2, 3 -> {
        if (in.size() < seats.size() / 2) {
          add();
        } else {
          leave();
        }
      }
      case 4, 5 -> {
        if (in.size() < seats.size()) {
          add();
        } else {
          leave();
        }
      }
      case 6 -> race();
      case 7 -> comeBack(BOUNCY_CASTLE);
      case 8 -> comeBack(TS_MLS);
      default -> kick();
    }
  }

  private static final Class<? extends Engine> BOUNCY_CASTLE = Engine.BouncyCastle.class;
  private static final Class<? extends Engine> TS_MLS = Engine.TsMls.class;

  private void count(String what) {
    done.merge(what, 1, Integer::sum);
  }

  private Seat pick(Collection<Seat> from) {
    return List.copyOf(from).get(random.nextInt(from.size()));
  }

  private Seat otherThan(Seat one) {
    var others = new ArrayList<>(in);
    others.remove(one);
    return pick(others);
  }

  private List<Seat> of(String userId) {
    return seats.stream().filter(seat -> seat.userId.equals(userId)).toList();
  }

  private ChatClient client(String userId) {
    return Objects.requireNonNull(people.get(userId));
  }

  private Api api(String userId) {
    return Objects.requireNonNull(apis.get(userId));
  }

  private long epoch() {
    return ((Number)
            Objects.requireNonNull(
                api(owner).get("/v1/rooms/" + room).orThrow().json().get("epoch")))
        .longValue();
  }

  // ------------------------------------------------------------------ what happens

  /** The first device founds room and group, which carries the gateway as an external sender. */
  private void begin() {
    var founder = seats.getFirst();
    room = api(owner).post("/v1/rooms", Map.of("name", "fifty")).orThrow().text("room_id");
    for (var userId : people.keySet()) {
      if (!userId.equals(owner)) {
        letIn(userId);
      }
    }
    of(owner).forEach(this::follow);
    found(founder, room);
  }

  private void found(Seat founder, String groupId) {
    var key = api(owner).get("/v1/keys/external-sender").orThrow().list("keys").getFirst();
    founder.engine.createGroup(
        groupId, Base64.getUrlDecoder().decode(String.valueOf(key.get("external_sender"))));
    in.add(founder);
    // Bouncy Castle 1.84 makes no Commit in a group of one that adds nobody.
    commit(
        founder,
        outside(),
        List.of(),
        CommitDeclaration.newBuilder()
            .setExternalSender(
                ExternalSender.newBuilder().setKeyId(String.valueOf(key.get("kid")))));
  }

  /** The owner ends the group for another; what was sealed for the old one is of no use. */
  private void foundAnew() {
    var founder = of(owner).getFirst();
    var old = pick(in.stream().filter(seat -> seat != founder).toList());
    var groupId =
        api(owner).post("/v1/rooms/" + room + "/group-resets", Map.of()).orThrow().text("group_id");
    stale.addAll(in);
    stale.remove(founder);
    in.clear();
    var refused =
        assertThrows(
            GatewaySocket.RefusedException.class,
            () -> old.socket().send(room, old.engine.seal("to the old group"), null));
    assertEquals("other_group", refused.refused().getCode());
    found(founder, groupId);
    count("founded anew");
  }

  private void letIn(String userId) {
    api(owner)
        .post("/v1/rooms/" + room + "/invitations", Map.of("user_id", userId, "role", "member"))
        .orThrow();
    api(userId).post("/v1/rooms/" + room + "/join", Map.of()).orThrow();
    of(userId).forEach(this::follow);
  }

  private void follow(Seat seat) {
    seat.away();
    seat.socket().subscribe(Map.of(room, 0L), 0);
  }

  /** One or more who are not in the group, as many as fit in one Commit's frame. */
  private List<Seat> outside() {
    var outside = new ArrayList<>(seats);
    outside.removeAll(in);
    java.util.Collections.shuffle(outside, random);
    int fitting =
        Math.max(1, WELCOME_BYTES_MAX / ((in.size() + Math.min(8, outside.size())) * LEAF_BYTES));
    return outside.subList(0, Math.min(Math.min(8, fitting), outside.size()));
  }

  /**
   * One who is not in the group joins, and commits at once. It is what a client should do (its keys
   * come from the directory), and without it the tree has leaves that are merged in some nodes and
   * not in others, which is valid (RFC 9420 §12.4.3.1) and yet refused by ts-mls 1.6.4 when it
   * joins.
   */
  private void add() {
    var added = outside().subList(0, 1);
    commit(pick(in), added, List.of(), CommitDeclaration.newBuilder());
    commit(added.getFirst(), List.of(), List.of(), CommitDeclaration.newBuilder());
    count("joined");
  }

  /** A device is taken out by another of its person, or by the room's owner. */
  private void leave() {
    var gone = pick(in);
    var may =
        in.stream()
            .filter(
                seat ->
                    seat != gone && (seat.userId.equals(gone.userId) || seat.userId.equals(owner)))
            .toList();
    if (!may.isEmpty() && in.size() > 3) {
      commit(pick(may), List.of(), List.of(gone), CommitDeclaration.newBuilder());
      count("left");
    }
  }

  private void renew(Seat committer) {
    commit(committer, List.of(), List.of(), CommitDeclaration.newBuilder());
    count("renewed");
  }

  /** Two commit to one epoch: the second is told the first, processes it and commits anew. */
  private void race() {
    var one = pick(in);
    var other = otherThan(one);
    var lost = other.engine.commit(List.of(), List.of());
    commit(one, List.of(), List.of(), CommitDeclaration.newBuilder());
    var refused =
        assertThrows(
            GatewaySocket.RefusedException.class,
            () -> other.socket().send(room, lost.commit(), CommitDeclaration.getDefaultInstance()));
    assertEquals("stale_epoch", refused.refused().getCode());
    renew(other);
    count("raced");
  }

  /** A device has lost its state, and comes back by the GroupInfo of another's Commit. */
  private void comeBack(Class<? extends Engine> kind) {
    // Bouncy Castle 1.84 takes such a Commit only if it puts the device where it was, which is
    // where
    // no leaf before it is blank.
    var observer = in.stream().filter(seat -> TS_MLS.isInstance(seat.engine)).findFirst();
    if (observer.isEmpty() || in.size() < 3) {
      return;
    }
    var leaves = new java.util.TreeMap<Integer, Seat>();
    in.forEach(seat -> leaves.put(observer.get().engine.leafOf(seat.deviceId), seat));
    var lost = new ArrayList<Seat>();
    for (int leaf = 0; leaves.containsKey(leaf); leaf++) {
      if (kind.isInstance(leaves.get(leaf).engine)) {
        lost.add(leaves.get(leaf));
      }
    }
    if (lost.isEmpty()) {
      return;
    }
    var seat = pick(lost);
    var other = otherThan(seat);
    var made = other.engine.commit(List.of(), List.of());
    accept(
        other,
        made.commit(),
        List.of(),
        CommitDeclaration.newBuilder().setGroupInfo(ByteString.copyFrom(made.groupInfo())).build());
    var client = client(seat.userId);
    var info =
        new Api(sallyport.gatewayUrl(), client.dpop(), () -> token(seat))
            .get("/v1/rooms/" + room + "/group-info")
            .orThrow();
    int before = other.engine.leafOf(seat.deviceId);
    var joining = seat.engine.joinExternally(Base64.getDecoder().decode(info.text("group_info")));
    assertTrue(joining.rejoins());
    var accepted =
        seat.socket()
            .send(
                room,
                joining.commit(),
                CommitDeclaration.newBuilder()
                    .addAdds(leaf(seat))
                    .addRemoves(leaf(seat).toBuilder().setLeafIndex(before))
                    .build());
    seat.engine.apply();
    everyoneReceives(accepted, seat, Set.of());
    same();
    count(kind == TS_MLS ? "came back (ts-mls)" : "came back (Bouncy Castle)");
  }

  /**
   * Someone is kicked: the gateway proposes to remove each of their devices, nobody can say
   * anything until a member's device commits that, and then they are back with no device at all.
   */
  private void kick() {
    var others = people.keySet().stream().filter(user -> !user.equals(owner)).toList();
    var userId = others.get(random.nextInt(others.size()));
    var gone = in.stream().filter(seat -> seat.userId.equals(userId)).toList();
    var stay = in.stream().filter(seat -> !seat.userId.equals(userId)).toList();
    if (gone.isEmpty() || stay.size() < 2) {
      return;
    }
    var out = new TreeSet<Integer>();
    gone.forEach(seat -> out.add(stay.getFirst().engine.leafOf(seat.deviceId)));
    api(owner).post("/v1/rooms/" + room + "/kicks", Map.of("user_id", userId)).orThrow();
    var head = api(owner).get("/v1/rooms/" + room).orThrow().json();
    long last = ((Number) Objects.requireNonNull(head.get("last_seq"))).longValue();
    assertEquals(true, head.get("removal_pending"));

    var speaker = pick(stay);
    // Sealed by a group that is thrown away: an engine counts what it seals.
    var refused =
        assertThrows(
            GatewaySocket.RefusedException.class,
            () -> speaker.socket().send(room, speaker.engine.seal("too soon"), null));
    assertEquals("removal_pending", refused.refused().getCode());
    assertEquals(
        out,
        new TreeSet<>(
            refused.refused().getRemovalsList().stream().map(DeclaredLeaf::getLeafIndex).toList()));

    for (var seat : seats) {
      if (seat.userId.equals(userId)) {
        // The last entry that is theirs to see.
        assertEquals("kicked", seat.await(last - gone.size()).getEvent().getType());
        continue;
      }
      for (long seq = last - gone.size() + 1; seq <= last; seq++) {
        var entry = seat.await(seq);
        assertEquals(EntryKind.PROPOSAL, entry.getKind());
        assertEquals("", entry.getSenderUserId());
        if (in.contains(seat)) {
          seat.engine.receiveProposal(entry.getMlsMessage().toByteArray(), out);
        }
      }
    }
    var committer = pick(stay);
    var made = committer.engine.commit(List.of(), List.of());
    var declaration = CommitDeclaration.newBuilder();
    for (var seat : gone) {
      declaration.addRemoves(leaf(seat));
    }
    in.removeAll(gone);
    stale.addAll(gone);
    accept(committer, made.commit(), List.of(), declaration.build());
    count("kicked");
    say();
    letIn(userId);
  }

  /** Someone who is in the group says something: all others in it open it, and nobody else can. */
  private void say() {
    keepFresh();
    var sender = pick(in);
    var text = "message " + (opened + shut) + " " + random.nextLong();
    var sealed = sender.engine.seal(text);
    var accepted = sender.socket().send(room, sealed, null);
    var members = members();
    for (var seat : seats) {
      if (members.contains(seat.userId)) {
        var entry = seat.await(accepted.getSeq());
        if (in.contains(seat) && seat != sender) {
          assertEquals(text, seat.engine.open(entry.getMlsMessage().toByteArray()));
          opened++;
        }
      }
      if (stale.contains(seat)) {
        assertThrows(RuntimeException.class, () -> seat.engine.open(sealed), seat.deviceId);
        shut++;
      }
    }
  }

  /** The users whose devices are delivered to. */
  private Set<String> members() {
    var members = new LinkedHashSet<String>();
    for (var member : api(owner).get("/v1/rooms/" + room).orThrow().list("members")) {
      if ("joined".equals(member.get("state"))) {
        members.add(String.valueOf(member.get("user_id")));
      }
    }
    return members;
  }

  // ------------------------------------------------------------------ Commits

  private static DeclaredLeaf leaf(Seat seat) {
    return DeclaredLeaf.newBuilder().setUserId(seat.userId).setDeviceId(seat.deviceId).build();
  }

  private void commit(
      Seat committer, List<Seat> added, List<Seat> removed, CommitDeclaration.Builder declaration) {
    keepFresh();
    var keyPackages = claim(committer, added);
    var leaves = removed.stream().map(seat -> committer.engine.leafOf(seat.deviceId)).toList();
    var made = committer.engine.commit(added.stream().map(keyPackages::get).toList(), leaves);
    for (int i = 0; i < removed.size(); i++) {
      declaration.addRemoves(leaf(removed.get(i)).toBuilder().setLeafIndex(leaves.get(i)));
    }
    for (var seat : added) {
      declaration.addAdds(leaf(seat));
      declaration.addWelcomes(
          WelcomeDelivery.newBuilder()
              .setDeviceId(seat.deviceId)
              .setWelcome(ByteString.copyFrom(Objects.requireNonNull(made.welcome()))));
    }
    in.removeAll(removed);
    stale.addAll(removed);
    accept(committer, made.commit(), added, declaration.build());
    for (var seat : added) {
      seat.engine.join(seat.welcome(), Objects.requireNonNull(keyPackages.get(seat)));
      in.add(seat);
      stale.remove(seat);
    }
    if (!added.isEmpty()) {
      same();
    }
  }

  private void accept(
      Seat committer, byte[] commit, List<Seat> added, CommitDeclaration declaration) {
    var accepted = committer.socket().send(room, commit, declaration);
    committer.engine.apply();
    everyoneReceives(accepted, committer, Set.copyOf(added));
    same();
  }

  private void everyoneReceives(Accepted accepted, Seat committer, Set<Seat> added) {
    var members = members();
    for (var seat : seats) {
      if (!members.contains(seat.userId)) {
        continue;
      }
      var entry = seat.await(accepted.getSeq());
      assertEquals(EntryKind.COMMIT, entry.getKind());
      if (in.contains(seat) && seat != committer && !added.contains(seat)) {
        seat.engine.receive(entry.getMlsMessage().toByteArray());
      }
      if (seat == committer) {
        for (var declared : entry.getCommit().getAddsList()) {
          assertEquals(
              seat.engine.leafOf(declared.getDeviceId()),
              declared.getLeafIndex(),
              "the gateway and the members count leaves alike");
        }
      }
    }
  }

  /** All who are in the group are in one epoch of it. */
  private void same() {
    assertEquals(
        1,
        in.stream().map(seat -> seat.engine.authenticator()).distinct().count(),
        () -> "seed " + SEED);
  }

  private Map<Seat, byte[]> claim(Seat committer, List<Seat> added) {
    if (added.isEmpty()) {
      return Map.of();
    }
    var users = added.stream().map(seat -> seat.userId).distinct().toList();
    var claimed =
        api(committer.userId)
            .post("/v1/rooms/" + room + "/key-package-claims", Map.of("user_ids", users))
            .orThrow()
            .list("key_packages");
    var found = new HashMap<Seat, byte[]>();
    for (var one : claimed) {
      for (var seat : added) {
        if (seat.deviceId.equals(one.get("device_id"))) {
          found.put(seat, Base64.getDecoder().decode(String.valueOf(one.get("key_package"))));
        }
      }
    }
    for (var seat : added) {
      // Not in the claim: the device that asks, and who has none left.
      found.computeIfAbsent(seat, one -> one.engine.keyPackage());
    }
    return found;
  }

  /** Sockets outlive their tokens by new ones put on them. */
  private void keepFresh() {
    if (Instant.now().isAfter(refreshed.plus(REFRESH_AFTER))) {
      for (var seat : seats) {
        seat.socket().refresh(token(seat));
      }
      refreshed = Instant.now();
    }
  }
}

package dev.sallyport.acceptance.client;

import com.google.protobuf.ByteString;
import com.nimbusds.jose.jwk.JWKSet;
import com.nimbusds.jwt.JWTClaimsSet;
import dev.sallyport.client.Api;
import dev.sallyport.client.DeviceKey;
import dev.sallyport.client.DpopKey;
import dev.sallyport.client.GatewaySocket;
import dev.sallyport.client.OidcClient;
import dev.sallyport.client.Session;
import dev.sallyport.gateway.protocol.Accepted;
import dev.sallyport.gateway.protocol.CommitDeclaration;
import dev.sallyport.gateway.protocol.DeclaredLeaf;
import dev.sallyport.gateway.protocol.EntryKind;
import dev.sallyport.gateway.protocol.Ready;
import dev.sallyport.gateway.protocol.RoomEntry;
import dev.sallyport.gateway.protocol.ServerFrame;
import dev.sallyport.gateway.protocol.WelcomeDelivery;
import java.io.IOException;
import java.net.URI;
import java.text.ParseException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * One device of one person: signs in, gets its credential, creates rooms and adds others to them,
 * sends and receives sealed messages. Thread-safe; groups live in memory only.
 */
public final class ChatClient implements AutoCloseable {

  private final String issuer;
  private final String gatewayUrl;
  private final DpopKey dpop = DpopKey.generate();
  private final DeviceKey deviceKey = DeviceKey.generate();
  private final OidcClient oidc;
  private final Api authApi;
  private final Api gatewayApi;
  private final Map<String, MlsGroup> groups = new ConcurrentHashMap<>();
  private final Map<String, Long> cursors = new ConcurrentHashMap<>();
  private final BlockingQueue<Message> messages = new LinkedBlockingQueue<>();
  private final ReentrantLock groupLock = new ReentrantLock();
  // Frames are taken in one after the other, and never by the thread that reads the socket: who
  // holds the lock may be waiting for that thread.
  private final ScheduledExecutorService refreshing =
      Executors.newSingleThreadScheduledExecutor(
          Thread.ofPlatform().daemon().name("refresh").factory());
  private final ExecutorService inOrder =
      Executors.newSingleThreadExecutor(Thread.ofVirtual().name("frames").factory());
  private @Nullable Session session;
  private @Nullable JWTClaimsSet idClaims;
  private @Nullable String deviceId;
  private @Nullable MlsDevice mls;
  private @Nullable GatewaySocket socket;

  public ChatClient(String issuer, String gatewayUrl, String clientId) {
    this.issuer = issuer;
    this.gatewayUrl = gatewayUrl;
    this.oidc = OidcClient.discover(issuer, clientId, dpop);
    this.authApi = new Api(issuer, dpop, this::accessToken);
    this.gatewayApi = new Api(gatewayUrl, dpop, () -> gatewayToken(null));
  }

  /** A message that was opened. */
  public record Message(String roomId, long seq, String fromUserId, String text) {}

  public OidcClient oidc() {
    return oidc;
  }

  public DpopKey dpop() {
    return dpop;
  }

  public Api authApi() {
    return authApi;
  }

  public Api gatewayApi() {
    return gatewayApi;
  }

  /** Takes over what a sign-in by {@link #oidc} yielded. */
  public void signedIn(OidcClient.Tokens yielded) {
    session = new Session(oidc, yielded, gatewayUrl);
    idClaims = yielded.idClaims();
  }

  /** The checked claims of the ID token. */
  public JWTClaimsSet idClaims() {
    return Objects.requireNonNull(idClaims, "not signed in");
  }

  public String userId() {
    return idClaims().getSubject();
  }

  public String deviceId() {
    return Objects.requireNonNull(deviceId, "no device registered");
  }

  private Session session() {
    return Objects.requireNonNull(session, "not signed in");
  }

  /** A live access token for the auth-server's own API. */
  public String accessToken() {
    return session().accessToken();
  }

  /** A fresh gateway token (RFC 8693), naming this device once it is registered. */
  public String gatewayToken(@Nullable String scope) {
    return oidc.exchange(accessToken(), gatewayUrl, scope, deviceId).accessToken();
  }

  /** Has the issuer vouch for this device's signature key; the credential it gave. */
  public String registerDevice(String name) {
    var proof = deviceKey.proof(issuer, accessToken());
    var answer = authApi.post("/v1/devices", Map.of("name", name, "proof", proof)).orThrow();
    deviceId = answer.text("device_id");
    var credential = answer.text("credential");
    mls = new MlsDevice(deviceKey, credential, new CredentialVerifier(issuer, this::deviceKeys));
    gatewayApi.call("PUT", "/v1/devices/" + deviceId, Map.of("credential", credential)).orThrow();
    return credential;
  }

  private JWKSet deviceKeys() {
    try {
      return JWKSet.load(URI.create(issuer + "/v1/keys/device").toURL());
    } catch (IOException | ParseException e) {
      throw new IllegalStateException("the issuer's device keys cannot be read", e);
    }
  }

  /** Opens a socket with the token in headers and starts delivery after what is already here. */
  public void connect() {
    var opened =
        GatewaySocket.openByHeaders(
            gatewayUrl, gatewayToken(null), dpop, frame -> inOrder.execute(() -> take(frame)));
    socket = opened;
    opened.subscribe(cursors, 0);
    keepFresh(opened, opened.ready());
  }

  /** The socket outlives its token: a new one is put on it in band, in time. */
  private void keepFresh(GatewaySocket open, Ready ready) {
    var life = Duration.between(Instant.now(), Instant.ofEpochMilli(ready.getTokenExpiresAtMs()));
    var _ =
        refreshing.schedule(
            () -> {
              // What fails here shows as a socket that the gateway closes.
              if (!open.closed().isDone()) {
                keepFresh(open, open.refresh(gatewayToken(null)));
              }
            },
            Math.max(0, life.toMillis() * 2 / 3),
            TimeUnit.MILLISECONDS);
  }

  public GatewaySocket socket() {
    return Objects.requireNonNull(socket, "not connected");
  }

  private MlsGroup group(String roomId) {
    return Objects.requireNonNull(groups.get(roomId), "not in this group");
  }

  public String createRoom(String name) {
    var roomId = gatewayApi.post("/v1/rooms", Map.of("name", name)).orThrow().text("room_id");
    groups.put(roomId, Objects.requireNonNull(mls, "no device").createGroup(roomId));
    cursors.putIfAbsent(roomId, 0L);
    socket().subscribe(cursors, 0);
    return roomId;
  }

  public void invite(String roomId, String userId) {
    gatewayApi
        .post("/v1/rooms/" + roomId + "/invitations", Map.of("user_id", userId, "role", "member"))
        .orThrow();
  }

  /** Adds one member's device to the room's group by a Commit. */
  public Accepted add(String roomId, String userId) {
    var claimed =
        gatewayApi
            .post(
                "/v1/rooms/" + roomId + "/key-package-claims", Map.of("user_ids", List.of(userId)))
            .orThrow()
            .list("key_packages");
    if (claimed.size() != 1) {
      throw new IllegalStateException("expected one key package, not " + claimed.size());
    }
    var theirs = claimed.getFirst();
    groupLock.lock();
    try {
      var pending =
          group(roomId).add(Base64.getDecoder().decode((String) theirs.get("key_package")));
      var theirDevice = (String) Objects.requireNonNull(theirs.get("device_id"));
      var declaration =
          CommitDeclaration.newBuilder()
              .addAdds(DeclaredLeaf.newBuilder().setUserId(userId).setDeviceId(theirDevice))
              .addWelcomes(
                  WelcomeDelivery.newBuilder()
                      .setDeviceId(theirDevice)
                      .setWelcome(ByteString.copyFrom(pending.welcome())))
              .build();
      var accepted = socket().send(roomId, pending.commit(), declaration);
      pending.apply();
      return accepted;
    } finally {
      groupLock.unlock();
    }
  }

  /** Seals and sends. */
  public Accepted say(String roomId, String text) {
    groupLock.lock();
    try {
      return socket().send(roomId, group(roomId).encrypt(text), null);
    } finally {
      groupLock.unlock();
    }
  }

  public long epoch(String roomId) {
    return group(roomId).epoch();
  }

  public String epochAuthenticator(String roomId) {
    return group(roomId).epochAuthenticator();
  }

  public List<CredentialVerifier.Member> members(String roomId) {
    return new ArrayList<>(group(roomId).members());
  }

  /** The next message of someone else. */
  public Message nextMessage(Duration within) {
    try {
      var message = messages.poll(within.toMillis(), TimeUnit.MILLISECONDS);
      if (message == null) {
        throw new AssertionError("no message within " + within);
      }
      return message;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
  }

  private void take(ServerFrame frame) {
    if (frame.getBodyCase() != ServerFrame.BodyCase.ROOM_ENTRY) {
      return;
    }
    var entry = frame.getRoomEntry();
    var seen = cursors.getOrDefault(entry.getRoomId(), 0L);
    if (entry.getSeq() <= seen) {
      return;
    }
    cursors.put(entry.getRoomId(), entry.getSeq());
    if (entry.getKind() != EntryKind.EVENT && !entry.getSenderDeviceId().equals(deviceId)) {
      open(entry);
    }
  }

  private void open(RoomEntry entry) {
    var group = groups.get(entry.getRoomId());
    if (group == null || entry.getMlsMessage().isEmpty()) {
      return;
    }
    groupLock.lock();
    try {
      group
          .receive(entry.getMlsMessage().toByteArray())
          .ifPresent(
              text ->
                  messages.add(
                      new Message(
                          entry.getRoomId(), entry.getSeq(), entry.getSenderUserId(), text)));
    } finally {
      groupLock.unlock();
    }
  }

  @Override
  public void close() {
    if (socket != null) {
      socket.close();
    }
    refreshing.shutdownNow();
    inOrder.shutdownNow();
  }
}

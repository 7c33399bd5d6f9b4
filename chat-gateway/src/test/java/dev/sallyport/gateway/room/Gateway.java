package dev.sallyport.gateway.room;

import com.google.protobuf.ByteString;
import com.nimbusds.jose.JOSEObjectType;
import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.JWSHeader;
import com.nimbusds.jose.crypto.ECDSASigner;
import com.nimbusds.jose.jwk.Curve;
import com.nimbusds.jose.jwk.ECKey;
import com.nimbusds.jose.jwk.OctetKeyPair;
import com.nimbusds.jose.jwk.gen.ECKeyGenerator;
import com.nimbusds.jose.util.Base64URL;
import com.nimbusds.jwt.JWTClaimsSet;
import com.nimbusds.jwt.SignedJWT;
import dev.sallyport.gateway.door.Caller;
import dev.sallyport.gateway.door.GatewayToken;
import dev.sallyport.gateway.door.PolicyDoor;
import dev.sallyport.gateway.door.RoomLimits;
import dev.sallyport.gateway.issuer.DeviceKeys;
import dev.sallyport.gateway.mls.RealMls;
import dev.sallyport.gateway.socket.Relay;
import dev.sallyport.policy.value.StringValue;
import dev.sallyport.policy.value.Value;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Clock;
import java.time.Instant;
import java.util.Date;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.bouncycastle.crypto.params.Ed25519PrivateKeyParameters;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.SpringBootConfiguration;
import org.springframework.boot.WebApplicationType;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.boot.persistence.autoconfigure.EntityScan;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.ComponentScan;
import org.springframework.data.jpa.repository.config.EnableJpaRepositories;

/** Everything behind the doors, on a real database, without HTTP. */
public final class Gateway implements AutoCloseable {

  private static final String ISSUER = "https://issuer.example";

  static final String PUBLIC_URL = "https://gateway.example";

  private final ConfigurableApplicationContext context;
  private final ECKey deviceKey;

  @SpringBootConfiguration(proxyBeanMethods = false)
  @EnableAutoConfiguration
  @ComponentScan({
    "dev.sallyport.gateway.limit",
    "dev.sallyport.gateway.log",
    "dev.sallyport.gateway.quota",
    "dev.sallyport.gateway.device",
    "dev.sallyport.gateway.room",
    "dev.sallyport.gateway.sender"
  })
  @EntityScan("dev.sallyport.gateway.device")
  @EnableJpaRepositories("dev.sallyport.gateway.device")
  static class Parts {

    @Bean
    TestDoor door() {
      return new TestDoor();
    }

    @Bean
    Clock clock() {
      return Clock.systemUTC();
    }

    @Bean
    SecureRandom random() {
      return new SecureRandom();
    }

    @Bean
    ECKey deviceKey() throws Exception {
      return new ECKeyGenerator(Curve.P_256).keyID("device-key").generate();
    }

    @Bean
    DeviceKeys deviceKeys(ECKey key) {
      return kid -> kid.equals(key.getKeyID()) ? Optional.of(key.toPublicJWK()) : Optional.empty();
    }
  }

  /** Opens it on the database of that URL, which it migrates. */
  public Gateway(String jdbcUrl, String user) {
    Path data;
    try {
      data = Files.createTempDirectory("gateway");
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    context =
        new SpringApplicationBuilder(Parts.class)
            .web(WebApplicationType.NONE)
            .run(
                "--spring.datasource.url=" + jdbcUrl,
                "--spring.datasource.username=" + user,
                "--spring.datasource.password=",
                "--spring.datasource.hikari.maximum-pool-size=16",
                "--spring.main.banner-mode=off",
                "--sallyport.issuer=" + ISSUER,
                "--sallyport.public-url=" + PUBLIC_URL,
                "--sallyport.data=" + data,
                // Contracts of rooms and their log send faster than clients may.
                "--sallyport.limits.messages-per-room-burst=1000000",
                "--sallyport.limits.messages-per-room=1000000",
                "--logging.level.root=warn");
    deviceKey = context.getBean(ECKey.class);
  }

  public <T> T part(Class<T> type) {
    return context.getBean(type);
  }

  TestDoor door() {
    return (TestDoor) context.getBean(PolicyDoor.class);
  }

  Relay relay() {
    return part(Relay.class);
  }

  RoomActions rooms() {
    return part(RoomActions.class);
  }

  /** A new room of that person's. */
  public String room(Caller owner) {
    if (join(rooms().create(owner, "", "invite", "")) instanceof RoomOutcome.Done(Room made)) {
      return made.id();
    }
    throw new AssertionError("no room");
  }

  /** One person with one device. */
  public Caller person(String... attributes) throws Exception {
    return person(UUID.randomUUID().toString(), true, attributes);
  }

  public Caller person(String userId, boolean mfa, String... attributes) throws Exception {
    Map<String, Value> values =
        attributes.length == 0 ? Map.of() : Map.of(attributes[0], StringValue.of(attributes[1]));
    return person(
        userId, UUID.randomUUID().toString(), Set.of("chat.read", "chat.write"), mfa, values);
  }

  /** The same person on the same device, with a token of that scope alone. */
  Caller withScope(Caller caller, String scope) {
    return person(caller.userId(), deviceOf(caller), Set.of(scope), true, Map.of());
  }

  /** The same person on the same device, with a token for that room alone. */
  Caller limitedTo(Caller caller, String room) {
    return new Caller(
        new GatewayToken(
            caller.userId(),
            deviceOf(caller),
            "client",
            "sid",
            null,
            "jkt",
            caller.scopes(),
            true,
            Set.of(),
            Set.of(),
            Map.of(),
            new RoomLimits(Map.of(room, Set.of("message.read"))),
            Instant.now(),
            Instant.now().plusSeconds(3600)),
        InetAddress.getLoopbackAddress(),
        Clock.systemUTC());
  }

  private static Caller person(
      String userId, String deviceId, Set<String> scopes, boolean mfa, Map<String, Value> values) {
    return new Caller(
        new GatewayToken(
            userId,
            deviceId,
            "client",
            "sid",
            null,
            "jkt",
            scopes,
            mfa,
            Set.of(),
            Set.of(),
            values,
            Instant.now(),
            Instant.now().plusSeconds(3600)),
        InetAddress.getLoopbackAddress(),
        Clock.systemUTC());
  }

  /** The caller's credential for that key, as the issuer makes it. */
  public String credential(Caller caller, byte[] signatureKey) throws Exception {
    return credential(caller.userId(), deviceOf(caller), signatureKey, deviceKey);
  }

  public String credential(String userId, String deviceId, byte[] signatureKey, ECKey signer)
      throws Exception {
    return credential(
        userId, deviceId, signatureKey, signer, ISSUER, Instant.now().plusSeconds(86_400 * 30L));
  }

  public String credential(
      String userId,
      String deviceId,
      byte[] signatureKey,
      ECKey signer,
      String issuer,
      Instant expires)
      throws Exception {
    return credential(
        "device-credential+jwt", userId, deviceId, signatureKey, signer, issuer, expires);
  }

  /** The caller's credential in all but its type. */
  public String typed(String type, Caller caller, byte[] signatureKey) throws Exception {
    return credential(
        type,
        caller.userId(),
        deviceOf(caller),
        signatureKey,
        deviceKey,
        ISSUER,
        Instant.now().plusSeconds(3600));
  }

  private static String credential(
      String type,
      String userId,
      String deviceId,
      byte[] signatureKey,
      ECKey signer,
      String issuer,
      Instant expires)
      throws Exception {
    var jwk =
        new OctetKeyPair.Builder(Curve.Ed25519, Base64URL.encode(signatureKey))
            .build()
            .toJSONObject();
    var jwt =
        new SignedJWT(
            new JWSHeader.Builder(JWSAlgorithm.ES256)
                .type(new JOSEObjectType(type))
                .keyID("device-key")
                .build(),
            new JWTClaimsSet.Builder()
                .issuer(issuer)
                .subject(userId)
                .claim("device_id", deviceId)
                .claim("cnf", Map.of("jwk", jwk))
                .issueTime(Date.from(Instant.now()))
                .expirationTime(Date.from(expires))
                .jwtID(UUID.randomUUID().toString())
                .build());
    jwt.sign(new ECDSASigner(signer));
    return jwt.serialize();
  }

  public ECKey issuerKey() {
    return deviceKey;
  }

  public static Ed25519PrivateKeyParameters signatureKey() {
    return new Ed25519PrivateKeyParameters(new SecureRandom());
  }

  /** A device with its MLS side. */
  public RealMls mls(Caller caller) throws Exception {
    var key = signatureKey();
    return new RealMls(key, credential(caller, key.generatePublicKey().getEncoded()));
  }

  public static String deviceOf(Caller caller) {
    @Nullable String device = caller.deviceId();
    if (device == null) {
      throw new AssertionError("no device");
    }
    return device;
  }

  /** A PrivateMessage of that group; what is sealed in it is nobody's business. */
  public static ByteString sealed(String group, long epoch, int contentType, String text) {
    var body = ByteString.copyFromUtf8(text);
    return ByteString.copyFrom(new byte[] {0, 1, 0, 2})
        .concat(vector(ByteString.copyFromUtf8(group)))
        .concat(ByteString.copyFrom(java.nio.ByteBuffer.allocate(8).putLong(epoch).flip()))
        .concat(ByteString.copyFrom(new byte[] {(byte) contentType, 0, 0}))
        .concat(vector(body));
  }

  public static ByteString welcome(String text) {
    return ByteString.copyFrom(new byte[] {0, 1, 0, 3, 0, 1, 0})
        .concat(vector(ByteString.copyFromUtf8(text)));
  }

  private static ByteString vector(ByteString body) {
    return body.size() < 64
        ? ByteString.copyFrom(new byte[] {(byte) body.size()}).concat(body)
        : body.size() < 16_384
            ? ByteString.copyFrom(new byte[] {(byte) (0x40 | body.size() >> 8), (byte) body.size()})
                .concat(body)
            : ByteString.copyFrom(
                    java.nio.ByteBuffer.allocate(4).putInt(0x80000000 | body.size()).flip())
                .concat(body);
  }

  public static <T extends @Nullable Object> T join(CompletableFuture<T> future) {
    return future.orTimeout(30, TimeUnit.SECONDS).join();
  }

  @Override
  public void close() {
    context.close();
  }
}

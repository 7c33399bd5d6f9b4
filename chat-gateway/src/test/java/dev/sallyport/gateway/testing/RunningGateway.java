package dev.sallyport.gateway.testing;

import com.nimbusds.jwt.JWTClaimsSet;
import dev.sallyport.gateway.ChatGateway;
import dev.sallyport.gateway.door.PolicyDoor;
import dev.sallyport.gateway.door.ServerNonces;
import dev.sallyport.gateway.protocol.ServerFrame;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Path;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.WebApplicationType;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.boot.context.TypeExcludeFilter;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Primary;
import org.springframework.core.type.classreading.MetadataReader;
import org.springframework.core.type.classreading.MetadataReaderFactory;

/**
 * The gateway, started in this process on a free port, with a clock of the test's and a relay of
 * ours.
 */
public final class RunningGateway implements AutoCloseable {
  private static final ThreadLocal<Clock> CLOCK = new ThreadLocal<>();

  private final ConfigurableApplicationContext context;
  private final FakeAuthServer authServer;
  private final HttpClient http = HttpClient.newHttpClient();

  private RunningGateway(ConfigurableApplicationContext context, FakeAuthServer authServer) {
    this.context = context;
    this.authServer = authServer;
  }

  /** What the test puts in place of the real; not a configuration that scanning would find. */
  static final class ItsClock {
    @Bean
    @Primary
    Clock movableClock() {
      return CLOCK.get();
    }
  }

  /** The same for the relay. */
  static final class ItsRelay {
    @Bean
    @Primary
    TestRelay testRelay(PolicyDoor policy) {
      return new TestRelay(policy);
    }
  }

  /** Scanning must find what is shipped, not what other tests configure for themselves. */
  private static final class WithoutTestClasses extends TypeExcludeFilter {
    @Override
    public boolean match(MetadataReader reader, MetadataReaderFactory factory) throws IOException {
      return reader.getResource().getURL().getPath().contains("/test-classes/");
    }

    @Override
    public boolean equals(@Nullable Object other) {
      return other instanceof WithoutTestClasses;
    }

    @Override
    public int hashCode() {
      return 1;
    }
  }

  public static RunningGateway start(
      FakeAuthServer authServer, Clock clock, Path data, String... more) {
    return start(authServer, clock, data, List.of(more), ItsClock.class, ItsRelay.class);
  }

  /** With the relay that is shipped: rooms, their log and the fan-out. */
  public static RunningGateway whole(
      FakeAuthServer authServer, Clock clock, Path data, String... more) {
    return start(authServer, clock, data, List.of(more), ItsClock.class);
  }

  private static RunningGateway start(
      FakeAuthServer authServer,
      Clock clock,
      Path data,
      List<String> more,
      Class<?>... replacements) {
    List<String> arguments = new ArrayList<>();
    arguments.add("--server.port=0");
    arguments.add("--sallyport.issuer=" + authServer.issuer());
    arguments.add("--sallyport.public-url=" + FakeAuthServer.AUDIENCE);
    arguments.add("--sallyport.data=" + data.toAbsolutePath());
    arguments.add("--spring.main.banner-mode=off");
    // Nothing is under way any more when a test closes its gateway.
    arguments.add("--spring.reactor.netty.shutdown-quiet-period=0s");
    arguments.addAll(more);
    CLOCK.set(clock);
    try {
      return new RunningGateway(
          new SpringApplicationBuilder(ChatGateway.class)
              .sources(replacements)
              .web(WebApplicationType.REACTIVE)
              .initializers(
                  context ->
                      context
                          .getBeanFactory()
                          .registerSingleton("withoutTestClasses", new WithoutTestClasses()))
              .run(arguments.toArray(String[]::new)),
          authServer);
    } finally {
      CLOCK.remove();
    }
  }

  public int port() {
    return Integer.parseInt(
        java.util.Objects.requireNonNull(
            context.getEnvironment().getProperty("local.server.port")));
  }

  public <T> T bean(Class<T> type) {
    return context.getBean(type);
  }

  public <T> T bean(String name, Class<T> type) {
    return context.getBean(name, type);
  }

  public TestRelay relay() {
    return context.getBean(TestRelay.class);
  }

  public static String socketUrl() {
    return FakeAuthServer.AUDIENCE + "/v1/socket";
  }

  /** A nonce for proofs, as this gateway gives it to those who come without one. */
  public String nonce() {
    return context.getBean(ServerNonces.class).fresh();
  }

  /** A proof for the handshake by headers, good in every way. */
  public String proof(Person person, String token) {
    return person.key().proof("GET", socketUrl(), token, c -> c.claim("nonce", nonce()));
  }

  /** The handshake of someone who can set headers. */
  public RawWebSocket byHeaders(String token, String proof) throws IOException {
    return RawWebSocket.handshake(
        port(),
        "/v1/socket",
        "Sec-WebSocket-Protocol: sallyport.v1",
        "Authorization: DPoP " + token,
        "DPoP: " + proof);
  }

  /** An open socket of that person, Ready read. */
  public RawWebSocket open(Person person) throws IOException {
    return open(person, claims -> {});
  }

  public RawWebSocket open(Person person, Consumer<JWTClaimsSet.Builder> change)
      throws IOException {
    String token = authServer.token(person, change);
    RawWebSocket socket = byHeaders(token, proof(person, token));
    if (socket.status() != 101) {
      throw new AssertionError(
          socket.status() + " " + socket.header("www-authenticate") + " " + socket.body());
    }
    ServerFrame ready = socket.receive();
    if (!ready.hasReady()) {
      throw new AssertionError("no Ready: " + ready.getBodyCase());
    }
    return socket;
  }

  /** The handshake of a browser. */
  public RawWebSocket byFirstFrame() throws IOException {
    return RawWebSocket.handshake(
        port(), "/v1/socket", "Sec-WebSocket-Protocol: sallyport.v1, sallyport.v1.first-frame");
  }

  public HttpResponse<String> get(Person person, String path, Consumer<JWTClaimsSet.Builder> change)
      throws IOException, InterruptedException {
    String token = authServer.token(person, change);
    return send(
        HttpRequest.newBuilder(uri(path))
            .header("Authorization", "DPoP " + token)
            .header(
                "DPoP",
                person
                    .key()
                    .proof(
                        "GET",
                        FakeAuthServer.AUDIENCE + path,
                        token,
                        c -> c.claim("nonce", nonce())))
            .build());
  }

  /** A request of that person with a body of JSON; the path as it goes over the wire. */
  public HttpResponse<String> ask(
      Person person,
      String method,
      String path,
      HttpRequest.BodyPublisher body,
      Consumer<JWTClaimsSet.Builder> change)
      throws IOException, InterruptedException {
    String token = authServer.token(person, change);
    int query = path.indexOf('?');
    String htu = FakeAuthServer.AUDIENCE + (query < 0 ? path : path.substring(0, query));
    return send(
        HttpRequest.newBuilder(uri(path))
            .method(method, body)
            .header("Content-Type", "application/json")
            .header("Authorization", "DPoP " + token)
            .header("DPoP", person.key().proof(method, htu, token, c -> c.claim("nonce", nonce())))
            .build());
  }

  /** A request with headers of its own, such as preconditions, and a body that is no JSON. */
  public HttpResponse<String> ask(
      Person person,
      String method,
      String path,
      byte[] body,
      Consumer<JWTClaimsSet.Builder> change,
      String... headers)
      throws IOException, InterruptedException {
    String token = authServer.token(person, change);
    HttpRequest.Builder request =
        HttpRequest.newBuilder(uri(path))
            .method(method, HttpRequest.BodyPublishers.ofByteArray(body))
            .header("Authorization", "DPoP " + token)
            .header(
                "DPoP",
                person
                    .key()
                    .proof(
                        method,
                        FakeAuthServer.AUDIENCE + path,
                        token,
                        c -> c.claim("nonce", nonce())));
    return send((headers.length == 0 ? request : request.headers(headers)).build());
  }

  public HttpResponse<String> send(HttpRequest request) throws IOException, InterruptedException {
    return http.send(request, BodyHandlers.ofString());
  }

  public URI uri(String path) {
    return URI.create("http://127.0.0.1:" + port() + path);
  }

  public int health() throws IOException, InterruptedException {
    return send(HttpRequest.newBuilder(uri("/actuator/health")).build()).statusCode();
  }

  @Override
  public void close() {
    context.close();
    http.close();
  }
}

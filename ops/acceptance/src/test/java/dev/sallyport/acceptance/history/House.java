package dev.sallyport.acceptance.history;

import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.jwk.Curve;
import com.nimbusds.jose.jwk.JWKSet;
import com.nimbusds.jose.jwk.KeyUse;
import com.nimbusds.jose.jwk.gen.ECKeyGenerator;
import dev.sallyport.acceptance.AuthNode;
import dev.sallyport.acceptance.Postgres;
import dev.sallyport.acceptance.Sallyport;
import dev.sallyport.acceptance.ServerProcess;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Gateways on one PostgreSQL, one nats-server and an auth-server, each in its own process, with a
 * hop wherever one part calls another, and between gateways and clients.
 */
final class House implements AutoCloseable {

  static final String CLIENT = "history";

  private final Path folder;
  private final Postgres postgres;
  private final AuthNode authServer;
  private final Nats nats;
  private final List<Node> nodes = new ArrayList<>();
  final String publicUrl;
  private boolean closed;

  /** One gateway, and the hops around it. */
  final class Node {
    final String name;
    private final int port = Sallyport.freePort();
    private final Path data;
    final Hop toDatabase;
    final Hop toIssuer;
    final Hop toNats;
    final Hop toClients;
    private @Nullable ServerProcess process;

    private Node(String name) throws IOException {
      this.name = name;
      this.data = Files.createDirectory(folder.resolve(name));
      this.toDatabase = new Hop(postgres.port);
      this.toIssuer = new Hop(authServer.port);
      this.toNats = new Hop(nats.port);
      this.toClients = new Hop(port);
    }

    /** Where clients reach it. */
    String url() {
      return "http://localhost:" + toClients.port();
    }

    void start() {
      process =
          ServerProcess.start(
              "history-" + name,
              Sallyport.jar("chat-gateway"),
              folder,
              List.of(
                  "--server.port=" + port,
                  "--sallyport.public-url=" + publicUrl,
                  "--sallyport.issuer=" + authServer.url(),
                  "--sallyport.auth-server-url=http://localhost:" + toIssuer.port(),
                  "--sallyport.data=" + data,
                  "--sallyport.bundle-wait=240s",
                  "--sallyport.external-sender.file=" + folder.resolve("external-sender.json"),
                  "--sallyport.cluster-key-file=" + folder.resolve("cluster.key"),
                  "--sallyport.nats.url=nats://localhost:" + toNats.port(),
                  "--sallyport.nats.user=" + Nats.USER,
                  "--sallyport.nats.password=" + nats.password,
                  "--spring.datasource.url=jdbc:postgresql://localhost:"
                      + toDatabase.port()
                      + "/postgres",
                  "--spring.datasource.username=postgres",
                  "--spring.datasource.password="));
    }

    void awaitHealthy() {
      running().awaitHealthy("http://localhost:" + port);
    }

    /** SIGKILL. */
    void kill() {
      running().kill();
    }

    /** SIGTERM. */
    void stop() {
      running().stop();
    }

    private ServerProcess running() {
      return java.util.Objects.requireNonNull(process, "not started");
    }
  }

  House(int gateways) {
    try {
      Files.createDirectories(Sallyport.LOGS);
      folder = Files.createTempDirectory("sallyport-history-");
      publicUrl = "http://localhost:" + Sallyport.freePort();
      postgres = new Postgres(folder);
      nats = new Nats(folder);
      var auth = Files.createDirectory(folder.resolve("auth"));
      var keys = folder.resolve("client-jwks.json");
      authServer =
          new AuthNode(
              "history-auth-server",
              auth,
              null,
              List.of(
                  "--sallyport.gateway.audience=" + publicUrl,
                  "--sallyport.gateway.jwks-file=" + keys,
                  "--sallyport.clients[0].client-id=" + CLIENT,
                  "--sallyport.clients[0].profile=chat",
                  "--sallyport.clients[0].consent-required=false",
                  "--sallyport.clients[0].redirect-uris=http://127.0.0.1/callback"));
      for (int i = 0; i < gateways; i++) {
        nodes.add(new Node("gateway-" + (i + 1)));
      }
      makeKey(keys);
      // also where someone interrupts
      Runtime.getRuntime().addShutdownHook(new Thread(this::close));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** All gateways are one client of the auth-server. */
  private void makeKey(Path published) throws IOException {
    try {
      var key =
          new ECKeyGenerator(Curve.P_256)
              .keyUse(KeyUse.SIGNATURE)
              .algorithm(JWSAlgorithm.ES256)
              .keyIDFromThumbprint(true)
              .generate();
      Files.writeString(published, new JWKSet(key.toPublicJWK()).toString(true));
      for (var node : nodes) {
        Files.writeString(node.data.resolve("client-key.json"), key.toJSONString());
      }
    } catch (JOSEException e) {
      throw new IllegalStateException(e);
    }
  }

  void start() {
    nats.start();
    authServer.start();
    authServer.awaitHealthy();
    // one after the other: the first migrates
    for (var node : nodes) {
      node.start();
      if (node == nodes.getFirst()) {
        node.awaitHealthy();
      }
    }
    nodes.forEach(Node::awaitHealthy);
  }

  /** Puts it between clients and gateways, for sockets opened from now on; null: nothing. */
  void plant(@Nullable Planting what) {
    nodes.forEach(node -> node.toClients.plant(what));
  }

  List<Node> nodes() {
    return List.copyOf(nodes);
  }

  String issuer() {
    return authServer.url();
  }

  String demoPassword(String username) {
    return authServer.demoPassword(username).orElseThrow();
  }

  void killPostgres() {
    postgres.kill();
  }

  void startPostgres() {
    postgres.start();
  }

  void killNats() {
    nats.kill();
  }

  void startNats() {
    nats.start();
  }

  /** An acknowledged message goes, as a store does that loses it; whether there was one. */
  boolean forget(String room) {
    try (Connection connection = DriverManager.getConnection(postgres.url(), "postgres", "");
        var delete =
            connection.prepareStatement(
                """
                DELETE FROM room_entry WHERE room_id = ? AND seq = (
                  SELECT MAX(e.seq) FROM room_entry e JOIN room r ON r.id = e.room_id
                  WHERE e.room_id = ? AND e.kind = 1 AND e.seq < r.last_seq)
                """)) {
      delete.setString(1, room);
      delete.setString(2, room);
      return delete.executeUpdate() == 1;
    } catch (SQLException away) {
      return false;
    }
  }

  @Override
  public synchronized void close() {
    if (closed) {
      return;
    }
    closed = true;
    for (var node : nodes) {
      if (node.process != null) {
        node.process.kill();
      }
      node.toClients.close();
      node.toDatabase.close();
      node.toIssuer.close();
      node.toNats.close();
    }
    authServer.close();
    nats.close();
    postgres.close();
    try (var files = Files.walk(folder)) {
      for (var file : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.deleteIfExists(file);
      }
    } catch (IOException | UncheckedIOException e) {
      // PostgreSQL may still be ending
    }
  }
}

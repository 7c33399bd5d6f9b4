package dev.sallyport.benchmarks.identity;

import dev.sallyport.benchmarks.identity.Connection.Answer;
import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Keycloak on PostgreSQL, in production mode and built for it, with ES256 and rotating refresh
 * tokens in a realm of its own.
 */
final class Keycloak implements Peer {
  private static final String REALM = "bench";
  private static final String CLIENT = "bench";
  private static final String SECRET = "a-secret-between-two-processes-of-one-benchmark";
  private static final String PERSON = "dora";
  private static final String PASSWORD = "correct-horse-battery-staple-9";

  private final EmbeddedPostgres postgres;
  private final int port;
  private final ServerProcess.Started started;

  private Keycloak(EmbeddedPostgres postgres, int port, ServerProcess.Started started) {
    this.postgres = postgres;
    this.port = port;
    this.started = started;
  }

  static Keycloak start(Path root, Path folder) throws IOException, InterruptedException {
    Path home;
    try (var found = Files.list(root.resolve("ops/benchmarks/identity/target"))) {
      home =
          found
              .filter(file -> file.getFileName().toString().startsWith("keycloak-"))
              .findFirst()
              .orElseThrow(() -> new IOException("Keycloak is not unpacked"));
    }
    Path imported = Files.createDirectories(home.resolve("data/import"));
    Files.copy(
        root.resolve("ops/benchmarks/identity/keycloak-realm.json"),
        imported.resolve("realm.json"),
        StandardCopyOption.REPLACE_EXISTING);
    String command = home.resolve("bin/kc.sh").toString();
    Map<String, String> environment = Map.of("JAVA_HOME", System.getProperty("java.home"));
    build(folder, command, environment);
    EmbeddedPostgres postgres = EmbeddedPostgres.builder().start();
    int port = ServerProcess.freePort();
    ServerProcess.Started started =
        ServerProcess.twice(
            "keycloak",
            folder,
            List.of(
                "bash",
                command,
                "start",
                "--optimized",
                "--import-realm",
                "--http-enabled=true",
                "--http-host=127.0.0.1",
                "--http-port=" + port,
                "--http-management-port=" + ServerProcess.freePort(),
                "--hostname=http://localhost:" + port,
                "--db-url=" + postgres.getJdbcUrl("postgres", "postgres"),
                "--db-username=postgres",
                "--db-password=postgres",
                "--cache=local"),
            environment,
            URI.create(
                "http://localhost:"
                    + port
                    + "/realms/"
                    + REALM
                    + "/.well-known/openid-configuration"));
    return new Keycloak(postgres, port, started);
  }

  private static void build(Path folder, String command, Map<String, String> environment)
      throws IOException, InterruptedException {
    ProcessBuilder builder =
        new ProcessBuilder("bash", command, "build", "--db=postgres")
            .redirectErrorStream(true)
            .redirectOutput(folder.resolve("keycloak-build.log").toFile());
    builder.environment().putAll(environment);
    if (builder.start().waitFor() != 0) {
      throw new IOException("`kc.sh build` failed, see keycloak-build.log");
    }
  }

  @Override
  public Set<Phase> phases() {
    return EnumSet.allOf(Phase.class);
  }

  @Override
  public List<Requests> requests(Phase phase, int connections) throws IOException {
    List<Requests> all = new ArrayList<>();
    try (Connection connection = new Connection(port)) {
      String accessToken =
          switch (phase) {
            case INTROSPECTION -> connection.ask(clientCredentials()).member("access_token");
            case EXCHANGE -> connection.ask(password()).member("access_token");
            case CLIENT_CREDENTIALS, REFRESH, SIGN_IN -> "";
          };
      for (int i = 0; i < connections; i++) {
        all.add(
            switch (phase) {
              case CLIENT_CREDENTIALS -> Requests.repeat(clientCredentials(), "access_token");
              case INTROSPECTION -> Requests.repeat(introspection(accessToken), "\"active\":true");
              case REFRESH -> new Refreshing(connection.ask(password()).member("refresh_token"));
              case EXCHANGE -> Requests.repeat(exchange(accessToken), "access_token");
              case SIGN_IN -> signingIn();
            });
      }
    }
    return all;
  }

  private byte[] clientCredentials() {
    return form("token").with("grant_type", "client_credentials").bytes();
  }

  private byte[] password() {
    return form("token")
        .with("grant_type", "password")
        .with("username", PERSON)
        .with("password", PASSWORD)
        .with("scope", "openid")
        .bytes();
  }

  private Requests signingIn() {
    return new SigningIn(
        URI.create(
            endpoint("auth")
                + "?response_type=code&scope=openid&client_id="
                + CLIENT
                + "&redirect_uri="
                + SigningIn.REDIRECT_URI),
        PERSON,
        PASSWORD,
        code ->
            form("token")
                .with("grant_type", "authorization_code")
                .with("redirect_uri", SigningIn.REDIRECT_URI)
                .with("code", code)
                .bytes());
  }

  private byte[] introspection(String accessToken) {
    return form("token/introspect").with("token", accessToken).bytes();
  }

  private byte[] exchange(String accessToken) {
    return form("token")
        .with("grant_type", "urn:ietf:params:oauth:grant-type:token-exchange")
        .with("subject_token", accessToken)
        .with("subject_token_type", "urn:ietf:params:oauth:token-type:access_token")
        .bytes();
  }

  private Form form(String endpoint) {
    return new Form(URI.create(endpoint(endpoint))).basic(CLIENT, SECRET);
  }

  private String endpoint(String name) {
    return "http://localhost:" + port + "/realms/" + REALM + "/protocol/openid-connect/" + name;
  }

  /** A rotating family. */
  private final class Refreshing implements Requests {
    private String refreshToken;

    Refreshing(String refreshToken) {
      this.refreshToken = refreshToken;
    }

    @Override
    public byte[] next() {
      return form("token")
          .with("grant_type", "refresh_token")
          .with("refresh_token", refreshToken)
          .bytes();
    }

    @Override
    public boolean take(Answer answer) {
      if (answer.status() != 200) {
        throw new IllegalStateException(
            "answered " + answer.status() + ": " + Form.withoutSecrets(answer.body()));
      }
      refreshToken = answer.member("refresh_token");
      return true;
    }
  }

  @Override
  public int port() {
    return port;
  }

  @Override
  public ServerProcess.Started started() {
    return started;
  }

  @Override
  public void close() throws IOException, InterruptedException {
    started.process().close();
    postgres.close();
  }
}

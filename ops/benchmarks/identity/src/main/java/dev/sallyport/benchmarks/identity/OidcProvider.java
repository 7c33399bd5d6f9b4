package dev.sallyport.benchmarks.identity;

import dev.sallyport.benchmarks.identity.Connection.Answer;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** npm oidc-provider: in memory, ES256, rotating refresh tokens. It has no token exchange. */
final class OidcProvider implements Peer {
  private static final String CLIENT = "bench";
  private static final String SECRET = "a-secret-between-two-processes-of-one-benchmark";

  private final int port;
  private final Path log;
  private final ServerProcess.Started started;

  private OidcProvider(int port, Path log, ServerProcess.Started started) {
    this.port = port;
    this.log = log;
    this.started = started;
  }

  static OidcProvider start(Path root, Path folder, int connections)
      throws IOException, InterruptedException {
    int port = ServerProcess.freePort();
    ServerProcess.Started started =
        ServerProcess.twice(
            "oidc-provider",
            folder,
            List.of(
                "node", root.resolve("ops/benchmarks/identity/node/oidc-provider.mjs").toString()),
            Map.of(
                "NODE_ENV",
                "production",
                "PORT",
                Integer.toString(port),
                "CLIENT_ID",
                CLIENT,
                "CLIENT_SECRET",
                SECRET,
                "COUNT",
                Integer.toString(connections)),
            URI.create("http://localhost:" + port + "/.well-known/openid-configuration"));
    return new OidcProvider(port, folder.resolve("oidc-provider.log"), started);
  }

  @Override
  public Set<Phase> phases() {
    return EnumSet.of(Phase.CLIENT_CREDENTIALS, Phase.INTROSPECTION, Phase.REFRESH);
  }

  @Override
  public List<Requests> requests(Phase phase, int connections) throws IOException {
    List<Requests> all = new ArrayList<>();
    Iterator<String> refreshTokens =
        Files.readAllLines(log).stream().filter(line -> line.matches("[\\w-]{20,}")).iterator();
    String introspected = phase == Phase.INTROSPECTION ? accessToken() : "";
    for (int i = 0; i < connections; i++) {
      all.add(
          switch (phase) {
            case CLIENT_CREDENTIALS -> Requests.repeat(clientCredentials(), "access_token");
            case INTROSPECTION ->
                Requests.repeat(
                    form("/token/introspection").with("token", introspected).bytes(),
                    "\"active\":true");
            case REFRESH -> new Refreshing(refreshTokens.next());
            case EXCHANGE, SIGN_IN -> throw new IllegalArgumentException("it has none");
          });
    }
    return all;
  }

  private String accessToken() throws IOException {
    try (Connection connection = new Connection(port)) {
      return connection.ask(opaque()).member("access_token");
    }
  }

  private byte[] clientCredentials() {
    return form("/token").with("grant_type", "client_credentials").with("scope", "api").bytes();
  }

  /** One that its introspection knows: it does not look into JWTs. */
  private byte[] opaque() {
    return form("/token")
        .with("grant_type", "client_credentials")
        .with("resource", "https://opaque.example")
        .bytes();
  }

  private Form form(String path) {
    return new Form(URI.create("http://localhost:" + port + path)).basic(CLIENT, SECRET);
  }

  /** A rotating family. */
  private final class Refreshing implements Requests {
    private String refreshToken;

    Refreshing(String refreshToken) {
      this.refreshToken = refreshToken;
    }

    @Override
    public byte[] next() {
      return form("/token")
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
  public void close() throws InterruptedException {
    started.process().close();
  }
}

package dev.sallyport.benchmarks.identity;

import com.nimbusds.jose.jwk.ECKey;
import com.nimbusds.jose.util.JSONArrayUtils;
import com.nimbusds.jose.util.JSONObjectUtils;
import dev.sallyport.benchmarks.identity.Connection.Answer;
import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.sql.Statement;
import java.text.ParseException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.Set;

/** Our auth-server, as it is packaged, on PostgreSQL, with every guarantee on. */
final class Sallyport implements Peer {
  private static final String CLIENT = "bench";
  private static final String SECRET = "a-secret-between-two-processes-of-one-benchmark";
  private static final String CHAT_CLIENT = "sallyport-demo";
  private static final String PERSON = "dora";
  private static final String GATEWAY = "http://localhost:9100";

  private static final String STORE =
      """
      insert into oauth_authorization (id, client_id, principal_name, account_id, sid, auth_time_ms,
        acr, amr, request, scopes, code_hash, code_expires_at_ms, redeemed_at_ms, jkt, expires_at_ms)
      select 'stored-' || n, ':client', 'stored-' || n % 100000, 'stored-' || n % 100000,
        substr(md5(n::text), 1, 22), 0, 'urn:sallyport:acr:2fa', 'pwd otp mfa', request, scopes,
        translate(encode(sha256(('code' || n)::bytea), 'base64'), '+/=', '-_'), 0, 0, jkt, later
      from generate_series(1, :families) n,
        (select request, scopes, jkt, (extract(epoch from now()) + 2000000) * 1000 as later from (values (
          '{"authorization_uri":"http://localhost/oauth2/authorize","scopes":["openid"],"parameters":{}}',
          'openid offline_access chat.read chat.write', repeat('k', 43))) v (request, scopes, jkt)) c;
      insert into refresh_token (token_hash, authorization_id, expires_at_ms, spent_at_ms, successor_hash, replaced)
      select translate(encode(sha256(('token' || g || n)::bytea), 'base64'), '+/=', '-_'), 'stored-' || n,
        (extract(epoch from now()) + 2000000) * 1000, case g when 1 then 0 end, null, false
      from generate_series(1, :families) n, generate_series(1, 2) g;
      analyze;
      """;

  private static final int PHASES_WITH_FAMILIES = 2;

  /** More than a connection asks in the seconds of one phase. */
  private static final int PROOFS = 1_500;

  private final EmbeddedPostgres postgres;
  private final int port;
  private final Path data;
  private final Path families;
  private final ServerProcess.Started started;
  private final URI token;

  /** All of one sign-in: its second factor is enrolled there, and asked for at the next. */
  private final Queue<Family> unused = new ArrayDeque<>();

  private Sallyport(
      EmbeddedPostgres postgres,
      int port,
      Path data,
      Path families,
      ServerProcess.Started started) {
    this.postgres = postgres;
    this.port = port;
    this.data = data;
    this.families = families;
    this.started = started;
    this.token = URI.create("http://localhost:" + port + "/oauth2/token");
  }

  /**
   * @param launch how {@code ops/run} starts it, up to the arguments of its own
   * @param stored how many families of tokens, redeemed and refreshed once, are there already
   */
  static Sallyport start(Path root, Path folder, List<String> launch, int stored)
      throws IOException, InterruptedException {
    EmbeddedPostgres postgres = EmbeddedPostgres.builder().start();
    int port = ServerProcess.freePort();
    String issuer = "http://localhost:" + port;
    Path data = Files.createDirectories(folder.resolve("sallyport"));
    List<String> command = new ArrayList<>(launch);
    command.addAll(
        List.of(
            "--spring.profiles.active=demo",
            "--server.port=" + port,
            "--server.address=127.0.0.1",
            "--sallyport.issuer=" + issuer,
            "--sallyport.data=" + data,
            "--sallyport.gateway.audience=" + GATEWAY,
            "--sallyport.gateway.jwks-file=" + data.resolve("client-jwks.json"),
            "--spring.datasource.url=" + postgres.getJdbcUrl("postgres", "postgres"),
            "--spring.datasource.username=postgres",
            "--spring.datasource.password=postgres",
            "--sallyport.clients[0].client-id=" + CLIENT,
            "--sallyport.clients[0].name=Benchmark",
            "--sallyport.clients[0].profile=web",
            "--sallyport.clients[0].secret=" + SECRET,
            "--sallyport.clients[0].grant-types=client_credentials,authorization_code",
            "--sallyport.clients[0].redirect-uris=" + SigningIn.REDIRECT_URI,
            "--sallyport.clients[0].consent-required=false",
            "--sallyport.clients[0].scopes=openid",
            // as the peer has it: no second factor, and its parameters of Argon2id
            "--sallyport.totp.required=false",
            "--sallyport.password.memory-kib=7168",
            "--sallyport.password.iterations=5"));
    ServerProcess.Started started =
        ServerProcess.twice(
            "sallyport",
            folder,
            command,
            Map.of(),
            URI.create(issuer + "/.well-known/openid-configuration"));
    if (stored > 0) {
      store(postgres, stored);
    }
    return new Sallyport(
        postgres, port, data, root.resolve("ops/benchmarks/identity/node/families.mjs"), started);
  }

  /** As so many people would have left it who signed in in the last weeks, and are not here now. */
  private static void store(EmbeddedPostgres postgres, int families) throws IOException {
    try (java.sql.Connection connection = postgres.getPostgresDatabase().getConnection();
        Statement statement = connection.createStatement()) {
      statement.execute(
          STORE.replace(":families", Integer.toString(families)).replace(":client", CHAT_CLIENT));
    } catch (SQLException e) {
      throw new IOException("the families cannot be stored", e);
    }
  }

  @Override
  public Set<Phase> phases() {
    return EnumSet.allOf(Phase.class);
  }

  @Override
  public List<Requests> requests(Phase phase, int connections)
      throws IOException, InterruptedException {
    List<Requests> all = new ArrayList<>();
    switch (phase) {
      case CLIENT_CREDENTIALS -> {
        byte[] request = clientCredentials();
        for (int i = 0; i < connections; i++) {
          all.add(Requests.repeat(request, "access_token"));
        }
      }
      case INTROSPECTION -> {
        String accessToken;
        try (Connection connection = new Connection(port)) {
          accessToken = connection.ask(clientCredentials()).member("access_token");
        }
        byte[] request =
            new Form(URI.create("http://localhost:" + port + "/oauth2/introspect"))
                .basic(CLIENT, SECRET)
                .with("token", accessToken)
                .bytes();
        for (int i = 0; i < connections; i++) {
          all.add(Requests.repeat(request, "\"active\":true"));
        }
      }
      case REFRESH -> {
        for (int i = 0; i < connections; i++) {
          all.add(stocked(new Refreshing(family(connections))));
        }
      }
      case EXCHANGE -> {
        for (int i = 0; i < connections; i++) {
          all.add(stocked(new Exchanging(family(connections))));
        }
      }
      case SIGN_IN -> {
        for (int i = 0; i < connections; i++) {
          all.add(signingIn());
        }
      }
    }
    return all;
  }

  private Requests signingIn() throws IOException {
    return new SigningIn(
        URI.create(
            "http://localhost:"
                + port
                + "/oauth2/authorize?response_type=code&scope=openid&client_id="
                + CLIENT
                + "&redirect_uri="
                + SigningIn.REDIRECT_URI),
        PERSON,
        password(),
        code ->
            new Form(token)
                .basic(CLIENT, SECRET)
                .with("grant_type", "authorization_code")
                .with("redirect_uri", SigningIn.REDIRECT_URI)
                .with("code", code)
                .bytes());
  }

  /** One that was not given out yet. */
  private Family family(int connections) throws IOException, InterruptedException {
    if (unused.isEmpty()) {
      unused.addAll(families(PHASES_WITH_FAMILIES * connections));
    }
    return unused.remove();
  }

  /** Asks once without a nonce, which brings one, and makes the proofs with it. */
  private Proven stocked(Proven requests) throws IOException {
    try (Connection connection = new Connection(port)) {
      requests.take(connection.ask(requests.next()));
    }
    requests.proofs.stock(PROOFS);
    return requests;
  }

  private byte[] clientCredentials() {
    return new Form(token).basic(CLIENT, SECRET).with("grant_type", "client_credentials").bytes();
  }

  /** As many sign-ins of one person, each with a key of its own. */
  private List<Family> families(int count) throws IOException, InterruptedException {
    ProcessBuilder builder =
        new ProcessBuilder("node", families.toString())
            .redirectError(ProcessBuilder.Redirect.INHERIT);
    builder
        .environment()
        .putAll(
            Map.of(
                "ISSUER",
                "http://localhost:" + port,
                "CLIENT_ID",
                CHAT_CLIENT,
                "SCOPE",
                "openid offline_access chat.read chat.write",
                "USERNAME",
                PERSON,
                "PASSWORD",
                password(),
                "COUNT",
                Integer.toString(count)));
    Process node = builder.start();
    List<Family> made = new ArrayList<>();
    try (InputStream out = node.getInputStream()) {
      for (String line : new String(out.readAllBytes(), StandardCharsets.UTF_8).lines().toList()) {
        Map<String, Object> family = JSONObjectUtils.parse(line);
        made.add(
            new Family(
                JSONObjectUtils.getString(family, "access_token"),
                JSONObjectUtils.getString(family, "refresh_token"),
                ECKey.parse(JSONObjectUtils.getJSONObject(family, "jwk"))));
      }
    } catch (ParseException e) {
      throw new IOException("families.mjs printed something else", e);
    }
    if (node.waitFor() != 0 || made.size() != count) {
      throw new IOException("families.mjs failed");
    }
    return made;
  }

  private String password() throws IOException {
    try {
      for (Object account :
          JSONArrayUtils.parse(Files.readString(data.resolve("demo-accounts.json")))) {
        if (account instanceof Map<?, ?> map && PERSON.equals(map.get("username"))) {
          return String.valueOf(map.get("password"));
        }
      }
    } catch (ParseException e) {
      throw new IOException(e);
    }
    throw new IOException("the demo profile made no account `" + PERSON + "`");
  }

  /** What a sign-in yielded. */
  private record Family(String accessToken, String refreshToken, ECKey key) {
    @Override
    public String toString() {
      return "Family[]";
    }
  }

  /** Requests with a proof of possession each. */
  private abstract class Proven implements Requests {
    private final Proofs proofs;

    Proven(Family family) {
      proofs = new Proofs(family.key(), token);
    }

    abstract Form form();

    abstract void granted(Answer answer);

    @Override
    public byte[] next() {
      return form().header("DPoP", proofs.next()).bytes();
    }

    @Override
    public boolean take(Answer answer) {
      if (answer.status() == 200) {
        granted(answer);
        return true;
      }
      String nonce = answer.nonce();
      if (nonce == null || !answer.body().contains("use_dpop_nonce")) {
        throw new IllegalStateException(
            "answered " + answer.status() + ": " + Form.withoutSecrets(answer.body()));
      }
      proofs.nonce(nonce);
      proofs.discard();
      return false;
    }
  }

  private final class Refreshing extends Proven {
    private String refreshToken;

    Refreshing(Family family) {
      super(family);
      refreshToken = family.refreshToken();
    }

    @Override
    Form form() {
      return new Form(token)
          .with("grant_type", "refresh_token")
          .with("client_id", CHAT_CLIENT)
          .with("refresh_token", refreshToken);
    }

    @Override
    void granted(Answer answer) {
      refreshToken = answer.member("refresh_token");
    }
  }

  private final class Exchanging extends Proven {
    private final String accessToken;

    Exchanging(Family family) {
      super(family);
      accessToken = family.accessToken();
    }

    @Override
    Form form() {
      return new Form(token)
          .with("grant_type", "urn:ietf:params:oauth:grant-type:token-exchange")
          .with("client_id", CHAT_CLIENT)
          .with("subject_token", accessToken)
          .with("subject_token_type", "urn:ietf:params:oauth:token-type:access_token")
          .with("audience", GATEWAY);
    }

    @Override
    void granted(Answer answer) {}
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

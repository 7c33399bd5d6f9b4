package dev.sallyport.acceptance;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sallyport.client.Api;
import dev.sallyport.client.DpopKey;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * An auth-server that is killed, or loses its database, while clients redeem codes, refresh and
 * admins activate policies; and the books that those keep of what they were told. Afterwards server
 * and database are held against the books.
 */
final class CrashRig implements AutoCloseable {

  private static final String CLIENT = "crash";
  private static final String SCOPE = "openid offline_access";
  private static final int REDEEMERS = 4;
  private static final int REFRESHERS = 4;
  private static final int ACTIVATORS = 2;

  /** Asked over HTTP of each kind and round; all others are looked up in the database. */
  private static final int ASKED_MAX = 12;

  private static final Duration ROUND_MAX = Duration.ofMinutes(3);

  private final Random random;
  private final Path folder;
  private final @Nullable Postgres postgres;
  private final AuthNode node;
  private final TokenCaller tokens;
  private final FormBrowser people;
  private final FormBrowser admin;
  private final DpopKey adminKey = DpopKey.generate();
  private volatile String adminToken = "";
  private String policies = "";

  /** A code that someone redeemed; without an answer, nobody knows. */
  private record Redemption(
      String code, String verifier, DpopKey key, TokenCaller.@Nullable Answer granted) {}

  /** One family: the first token, the last one that was given, and whether it was presented. */
  private static final class Family {
    final DpopKey key = DpopKey.generate();
    final List<String> given = new ArrayList<>();
    boolean unanswered;

    String last() {
      return given.getLast();
    }
  }

  /** What those who activate policies were told, by version: the note that tells them apart. */
  private final Map<Long, String> activated = new ConcurrentHashMap<>();

  private final Set<String> tried = ConcurrentHashMap.newKeySet();
  private final Queue<Redemption> redemptions = new ConcurrentLinkedQueue<>();
  private final List<Family> families = new ArrayList<>();
  private volatile boolean over;

  CrashRig(boolean onPostgres, long seed) {
    random = new Random(seed);
    try {
      Files.createDirectories(Sallyport.LOGS);
      folder = Files.createTempDirectory("sallyport-crash-");
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    postgres = onPostgres ? new Postgres(folder) : null;
    var arguments = new ArrayList<>(postgres == null ? List.<String>of() : postgres.arguments());
    // what is asked again afterwards is refused on purpose
    arguments.add("--sallyport.refused-requests.burst=100000");
    arguments.add("--sallyport.clients[0].client-id=" + CLIENT);
    arguments.add("--sallyport.clients[0].profile=chat");
    arguments.add("--sallyport.clients[0].consent-required=false");
    arguments.add("--sallyport.clients[0].redirect-uris=" + TokenCaller.REDIRECT);
    node =
        new AuthNode(
            onPostgres ? "auth-crash-postgres" : "auth-crash-h2",
            folder,
            null,
            List.copyOf(arguments));
    tokens = new TokenCaller(node.url());
    people = new FormBrowser(node.url());
    admin = new FormBrowser(node.url());
    node.start();
    node.awaitHealthy();
    people.enrol("dora", node.demoPassword("dora").orElseThrow());
    admin.enrol("demo-admin", node.demoPassword("demo-admin").orElseThrow());
  }

  /** Kills the server in the middle of a round. */
  void killServer() throws Exception {
    begin();
    var work = load();
    pause();
    node.kill();
    end(work);
    if (postgres == null) {
      look("jdbc:h2:file:" + copyOfDatabase().resolve("db"), "");
    } else {
      look(postgres.url(), "postgres");
    }
    node.start();
    node.awaitHealthy();
    ask();
  }

  /** Kills PostgreSQL in the middle of a round; the server stays, and must find it again. */
  void killPostgres() throws Exception {
    var database = java.util.Objects.requireNonNull(postgres, "runs on H2");
    begin();
    var work = load();
    pause();
    database.kill();
    end(work);
    database.start();
    node.awaitHealthy();
    look(database.url(), "postgres");
    ask();
  }

  private void pause() {
    LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(400 + random.nextInt(1200)));
  }

  // ---- the load

  private void begin() {
    over = false;
    redemptions.clear();
    families.clear();
    adminToken = adminTokens().text("access_token");
    policies = api().get("/v1/admin/policies").orThrow().text("policies");
    for (int i = 0; i < REFRESHERS; i++) {
      var family = new Family();
      var verifier = TokenCaller.verifier();
      var first =
          token(TokenCaller.redeeming(CLIENT, code(people, verifier), verifier), family.key);
      assertTrue(first.granted(), first::toString);
      family.given.add(first.text("refresh_token"));
      families.add(family);
    }
  }

  private TokenCaller.Answer adminTokens() {
    var verifier = TokenCaller.verifier();
    var asking = TokenCaller.asking(Sallyport.CLIENT_ID, "openid admin", verifier);
    var page = admin.get("/oauth2/authorize?" + FormBrowser.encoded(asking));
    if (page.body().contains("id=\"allow\"")) {
      page = admin.allow(page, "openid", "admin");
    }
    var code = FormBrowser.code(page);
    var answer = token(TokenCaller.redeeming(Sallyport.CLIENT_ID, code, verifier), adminKey);
    assertTrue(answer.granted(), answer::toString);
    return answer;
  }

  private Api api() {
    return new Api(node.url(), adminKey, () -> adminToken);
  }

  private TokenCaller.Answer token(Map<String, String> form, DpopKey key) {
    return tokens.post(node.url(), "/oauth2/token", form, key);
  }

  private static String code(FormBrowser browser, String verifier) {
    var asking = TokenCaller.asking(CLIENT, SCOPE, verifier);
    return FormBrowser.code(browser.get("/oauth2/authorize?" + FormBrowser.encoded(asking)));
  }

  private record Work(ExecutorService threads, List<Future<?>> futures) {}

  private Work load() {
    var threads = Executors.newVirtualThreadPerTaskExecutor();
    var futures = new ArrayList<Future<?>>();
    for (int i = 0; i < REDEEMERS; i++) {
      futures.add(threads.submit(this::redeem));
    }
    for (var family : families) {
      futures.add(threads.submit(() -> refresh(family)));
    }
    for (int i = 0; i < ACTIVATORS; i++) {
      int who = i;
      futures.add(threads.submit(() -> activate(who)));
    }
    return new Work(threads, futures);
  }

  private void end(Work work) throws Exception {
    over = true;
    for (var future : work.futures()) {
      future.get(ROUND_MAX.toSeconds(), TimeUnit.SECONDS);
    }
    work.threads().close();
  }

  private void redeem() {
    while (!over) {
      var verifier = TokenCaller.verifier();
      String code;
      try {
        code = code(people, verifier);
      } catch (UncheckedIOException | AssertionError dead) {
        return;
      }
      var key = DpopKey.generate();
      var answer = token(TokenCaller.redeeming(CLIENT, code, verifier), key);
      if (answer.decided() && !answer.granted()) {
        throw new AssertionError("a fresh code is refused: " + answer);
      }
      redemptions.add(new Redemption(code, verifier, key, answer.granted() ? answer : null));
      if (!answer.granted()) {
        return;
      }
    }
  }

  private void refresh(Family family) {
    while (!over) {
      var answer = token(TokenCaller.refreshing(CLIENT, family.last()), family.key);
      if (!answer.decided()) {
        family.unanswered = true;
        return;
      }
      if (!answer.granted()) {
        throw new AssertionError("a fresh refresh token is refused: " + answer);
      }
      family.given.add(answer.text("refresh_token"));
    }
  }

  private void activate(int who) {
    for (int i = 0; !over; i++) {
      try {
        var active = api().get("/v1/admin/policies");
        if (active.status() != 200) {
          return;
        }
        var note = who + "/" + i + "/" + tried.size();
        tried.add(note);
        var answer =
            api()
                .call(
                    "POST",
                    "/v1/admin/policies",
                    Map.of("policies", policies + "\n// " + note + "\n", "note", note),
                    Map.of("If-Match", "\"" + active.text("version") + "\""));
        if (answer.status() == 201) {
          activated.put(Long.parseLong(answer.text("version")), note);
        } else if (answer.status() != 412) {
          return;
        }
      } catch (UncheckedIOException dead) {
        return;
      }
    }
  }

  // ---- the books against the database

  /** A copy, so that the server itself recovers what it left. */
  private Path copyOfDatabase() {
    try {
      var copy = Files.createTempDirectory(folder, "copy");
      Files.copy(folder.resolve("db.mv.db"), copy.resolve("db.mv.db"));
      return copy;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private void look(String url, String user) throws SQLException {
    try (Connection connection = DriverManager.getConnection(url, user, "")) {
      none(
          connection,
          "live families without exactly one token to go on with",
          """
          SELECT COUNT(*) FROM (
            SELECT t.authorization_id FROM refresh_token t
            JOIN oauth_authorization a ON a.id = t.authorization_id
            WHERE a.revoked_at_ms IS NULL GROUP BY t.authorization_id
            HAVING SUM(CASE WHEN t.spent_at_ms IS NULL AND NOT t.replaced THEN 1 ELSE 0 END) <> 1
          ) split
          """);
      none(
          connection,
          "redeemed codes that gave nothing",
          """
          SELECT COUNT(*) FROM oauth_authorization a
          WHERE a.client_id = 'crash' AND a.redeemed_at_ms IS NOT NULL AND NOT EXISTS (
            SELECT 1 FROM refresh_token t WHERE t.authorization_id = a.id)
          """);
      none(
          connection,
          "tokens of codes that were not redeemed",
          """
          SELECT COUNT(*) FROM refresh_token t
          JOIN oauth_authorization a ON a.id = t.authorization_id WHERE a.redeemed_at_ms IS NULL
          """);
      none(
          connection,
          "spent tokens whose successor is missing",
          """
          SELECT COUNT(*) FROM refresh_token t WHERE t.spent_at_ms IS NOT NULL AND NOT EXISTS (
            SELECT 1 FROM refresh_token s WHERE s.token_hash = t.successor_hash)
          """);
      var hashes = texts(connection, "SELECT token_hash FROM refresh_token");
      var told = new HashSet<String>();
      for (var redemption : redemptions) {
        var granted = redemption.granted();
        if (granted != null) {
          told.add(granted.text("refresh_token"));
        }
      }
      families.forEach(family -> told.addAll(family.given));
      assertFalse(told.isEmpty());
      told.forEach(
          token ->
              assertTrue(
                  hashes.contains(TokenCaller.challenge(token)), "an acknowledged token is gone"));
      look(connection);
    }
  }

  private void look(Connection connection) throws SQLException {
    var active = number(connection, "SELECT version FROM policy_active");
    assertEquals(active, number(connection, "SELECT MAX(version) FROM policy_version"), "active");
    assertEquals(active, number(connection, "SELECT COUNT(*) FROM policy_version"), "versions");
    assertEquals(
        active,
        number(connection, "SELECT COUNT(*) FROM security_event WHERE type = 'policy-activated'"),
        "events of activations");
    var notes = new HashMap<Long, String>();
    try (Statement statement = connection.createStatement();
        ResultSet rows =
            statement.executeQuery("SELECT version, note, policies FROM policy_version")) {
      while (rows.next()) {
        var note = rows.getString(2);
        notes.put(rows.getLong(1), note);
        if (tried.contains(note)) {
          assertTrue(rows.getString(3).endsWith("// " + note + "\n"), "a version is not whole");
        }
      }
    }
    activated.forEach(
        (version, note) -> assertEquals(note, notes.get(version), "version " + version));
  }

  private static void none(Connection connection, String what, String sql) throws SQLException {
    assertEquals(0, number(connection, sql), what);
  }

  private static long number(Connection connection, String sql) throws SQLException {
    try (Statement statement = connection.createStatement();
        ResultSet row = statement.executeQuery(sql)) {
      assertTrue(row.next());
      return row.getLong(1);
    }
  }

  private static Set<String> texts(Connection connection, String sql) throws SQLException {
    var texts = new HashSet<String>();
    try (Statement statement = connection.createStatement();
        ResultSet rows = statement.executeQuery(sql)) {
      while (rows.next()) {
        texts.add(rows.getString(1));
      }
    }
    return texts;
  }

  // ---- the books against the server

  private void ask() {
    int acknowledged = 0;
    int open = 0;
    for (var redemption : redemptions) {
      var granted = redemption.granted();
      if (granted == null) {
        open++;
        // nobody knows: it is good once more at most
        token(again(redemption), redemption.key());
        refused(token(again(redemption), redemption.key()), "a code is redeemed twice");
      } else if (acknowledged++ < ASKED_MAX) {
        var first = granted.text("refresh_token");
        var next = token(TokenCaller.refreshing(CLIENT, first), redemption.key());
        assertTrue(next.granted(), () -> "what was redeemed is gone: " + next);
        refused(token(again(redemption), redemption.key()), "a code is redeemed twice");
        refused(
            token(TokenCaller.refreshing(CLIENT, next.text("refresh_token")), redemption.key()),
            "a code that came twice left what it gave");
      }
    }
    int refreshed = 0;
    for (var family : families) {
      refreshed += family.given.size() - 1;
      ask(family);
    }
    var now = api().get("/v1/admin/policies").orThrow();
    var version = Long.parseLong(now.text("version"));
    var newest = activated.keySet().stream().max(Comparator.naturalOrder()).orElse(0L);
    assertTrue(version >= newest, "an acknowledged activation is gone");
    if (activated.containsKey(version)) {
      assertTrue(now.text("policies").endsWith("// " + activated.get(version) + "\n"));
    }
    Report.step(
        "%d codes redeemed, %d refreshes, policy version %d; %d codes and %d refreshes unanswered",
        acknowledged,
        refreshed,
        version,
        open,
        families.stream().filter(family -> family.unanswered).count());
  }

  private void ask(Family family) {
    var next = token(TokenCaller.refreshing(CLIENT, family.last()), family.key);
    if (!family.unanswered) {
      assertTrue(next.granted(), () -> "the last token of a family is gone: " + next);
    }
    if (next.granted() && family.given.size() > 1) {
      // one that was spent long before ends the family, whichever line of it is asked
      refused(token(TokenCaller.refreshing(CLIENT, family.given.getFirst()), family.key), "spent");
      refused(
          token(TokenCaller.refreshing(CLIENT, next.text("refresh_token")), family.key),
          "a family is split");
    } else if (!next.granted()) {
      // its answer was lost, and the ten seconds of the retry rule have passed
      refused(next, "unanswered");
    }
  }

  private static Map<String, String> again(Redemption redemption) {
    return TokenCaller.redeeming(CLIENT, redemption.code(), redemption.verifier());
  }

  private static void refused(TokenCaller.Answer answer, String otherwise) {
    assertEquals("400 invalid_grant", answer.error(), otherwise);
  }

  @Override
  public void close() {
    node.close();
    if (postgres != null) {
      postgres.close();
    }
    try (Stream<Path> files = Files.walk(folder)) {
      for (var file : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(file);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}

package dev.sallyport.auth.admin;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.nimbusds.jose.JWSObject;
import com.nimbusds.jose.crypto.ECDSAVerifier;
import dev.sallyport.auth.account.Accounts;
import dev.sallyport.auth.client.Client;
import dev.sallyport.auth.client.ClientRegistry;
import dev.sallyport.auth.client.ClientResources;
import dev.sallyport.auth.database.TestDatabase;
import dev.sallyport.auth.federation.Providers;
import dev.sallyport.auth.server.Node;
import dev.sallyport.auth.server.StandInDoor;
import dev.sallyport.auth.session.Sessions;
import dev.sallyport.auth.token.KeyPurpose;
import dev.sallyport.auth.token.SigningKeys;
import dev.sallyport.auth.token.StoredSigningKeys;
import dev.sallyport.auth.totp.SecondFactor;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.web.servlet.mvc.method.annotation.RequestMappingHandlerMapping;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * The admin API and what gateways read, over HTTP; two nodes on PostgreSQL. The token's door in
 * front of it is stood in for.
 */
@Timeout(120)
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class AdminApiTest {

  private static final JsonMapper JSON = JsonMapper.builder().build();
  private static final String POLICIES = "/v1/admin/policies";
  private static final String ACCOUNTS = "/v1/admin/accounts";
  private static final String CLIENTS = "/v1/admin/clients";
  private static final String TOKENS = "/v1/admin/registration-tokens";

  private final HttpClient http =
      HttpClient.newBuilder().connectTimeout(Duration.ofSeconds(10)).build();
  private final Description description = new Description();
  private TestDatabase database;
  private Path folder;
  private Node server;
  private Node other;
  private String admin;
  private String dora;

  @BeforeAll
  void start() {
    database = TestDatabase.postgres();
    folder = Node.newFolder();
    server = Node.start(database, folder);
    other = Node.start(database, folder);
    Accounts accounts = server.bean(Accounts.class);
    admin = accounts.byUsername("demo-admin").orElseThrow().id();
    dora = accounts.byUsername("dora").orElseThrow().id();
  }

  @AfterAll
  void stop() {
    other.close();
    server.close();
    database.close();
    Node.deleteFolder(folder);
  }

  private HttpRequest.Builder asAdmin(String path) {
    return as(admin, "2fa", path);
  }

  private HttpRequest.Builder as(String account, String factors, String path) {
    return HttpRequest.newBuilder(server.url(path))
        .timeout(Duration.ofSeconds(60))
        .header(StandInDoor.CALLER, account + " cli " + factors);
  }

  /** Whatever it answers is as it is described. */
  private HttpResponse<String> send(HttpRequest.Builder request) throws Exception {
    HttpResponse<String> response = http.send(request.build(), BodyHandlers.ofString());
    description.check(response);
    return response;
  }

  private HttpResponse<String> get(String path) throws Exception {
    return send(asAdmin(path));
  }

  private HttpResponse<String> send(
      String method, String path, @Nullable String ifMatch, String body) throws Exception {
    HttpRequest.Builder request =
        asAdmin(path)
            .method(method, BodyPublishers.ofString(body))
            .header("Content-Type", "application/json");
    if (ifMatch != null) {
      request.header("If-Match", ifMatch);
    }
    return send(request);
  }

  private static JsonNode json(HttpResponse<String> response) {
    return JSON.readTree(response.body());
  }

  private static void assertProblem(HttpResponse<String> response, int status, String code) {
    assertThat(response.statusCode()).as(response.body()).isEqualTo(status);
    assertThat(response.headers().firstValue("Content-Type").orElse(""))
        .startsWith("application/problem+json");
    JsonNode problem = json(response);
    assertThat(problem.get("code").asString()).isEqualTo(code);
    assertThat(problem.get("type").asString()).isEqualTo("https://sallyport.dev/problems/" + code);
    assertThat(problem.get("detail").asString()).isNotBlank();
  }

  private static String body(String policies) {
    return JSON.writeValueAsString(Map.of("policies", policies, "note", "a test"));
  }

  private String activeText() throws Exception {
    return json(get(POLICIES)).get("policies").asString();
  }

  private String activeTag() throws Exception {
    return get(POLICIES).headers().firstValue("ETag").orElseThrow();
  }

  @Test
  void problem_ofAPolicyWithoutId_saysOnWhichLineItBegins() throws Exception {
    String text =
        """
        permit (principal, action, resource);

        forbid (principal, action == Chat::Action::"message.send", resource)
        when { principal.nothing };
        """;
    HttpResponse<String> response = send("POST", POLICIES + "/validate", null, body(text));
    assertProblem(response, 422, "invalid_policy");
    JsonNode problem = json(response).get("problems").get(0);
    assertThat(problem.get("policy").asString()).isEqualTo("policy1");
    assertThat(problem.get("policyLine").asInt()).isEqualTo(3);
    assertThat(problem.get("line").asInt()).isEqualTo(4);
  }

  @Test
  void refusalsBeforeAController_areProblemsWithACodeToo() throws Exception {
    HttpResponse<String> method = send("PUT", POLICIES, null, "{}");
    assertProblem(method, 405, "method_not_allowed");
    assertThat(method.headers().allValues("Allow").toString()).contains("GET").contains("POST");
    HttpResponse<String> nothing = get(POLICIES + "/abc");
    assertProblem(nothing, 404, "not_found");
    assertThat(nothing.body()).doesNotContain("resource");
    assertProblem(
        send(
            asAdmin(POLICIES)
                .method("POST", BodyPublishers.ofString("x"))
                .header("Content-Type", "text/plain")),
        415,
        "unsupported_media_type");
  }

  @Test
  void policies_activateThenRollBack_areNewVersions() throws Exception {
    String before = activeTag();
    String text = activeText();
    String changed =
        text
            + "\n@id(\"no.dora\") @message(\"not you\")\n"
            + "forbid (principal == Chat::User::\""
            + dora
            + "\", action == Chat::Action::\"message.send\", resource);\n";
    HttpResponse<String> activated = send("POST", POLICIES, before, body(changed));
    assertThat(activated.statusCode()).as(activated.body()).isEqualTo(201);
    long version = json(activated).get("version").asLong();
    assertThat(activated.headers().firstValue("ETag")).hasValue("\"" + version + "\"");
    assertThat(json(get(POLICIES + "/" + version)).get("note").asString()).isEqualTo("a test");
    assertThat(activeText()).isEqualTo(changed);

    assertProblem(send("POST", POLICIES, before, body(text)), 412, "changed_meanwhile");
    assertProblem(send("POST", POLICIES, null, body(text)), 428, "precondition_required");

    HttpResponse<String> back =
        send("POST", POLICIES + "/" + (version - 1) + "/rollback", "\"" + version + "\"", "");
    assertThat(back.statusCode()).as(back.body()).isEqualTo(201);
    assertThat(json(back).get("version").asLong()).isEqualTo(version + 1);
    assertThat(json(back).get("rollback_of").asLong()).isEqualTo(version - 1);
    assertThat(activeText()).isEqualTo(text);
    JsonNode versions = json(get(POLICIES + "/versions?limit=2")).get("versions");
    assertThat(versions.size()).isEqualTo(2);
    assertThat(versions.get(0).get("version").asLong()).isEqualTo(version + 1);
    assertThat(versions.get(0).has("policies")).isFalse();
  }

  @Test
  void policies_invalidText_isRefusedWithLineColumnAndReason() throws Exception {
    String before = activeTag();
    String broken = activeText() + "\nforbid (principal, action, resource) when { principal.x };";
    long line = broken.lines().count();
    for (HttpResponse<String> response :
        List.of(
            send("POST", POLICIES, "*", body(broken)),
            send("POST", POLICIES + "/validate", null, body(broken)))) {
      assertProblem(response, 422, "invalid_policy");
      JsonNode problem = json(response).get("problems").get(0);
      assertThat(problem.get("source").asString()).isEqualTo("policies");
      assertThat(problem.get("line").asLong()).isEqualTo(line);
      assertThat(problem.get("column").asLong()).isGreaterThan(1);
      assertThat(problem.get("endLine").asLong()).isEqualTo(line);
      assertThat(problem.get("endColumn").asLong()).isGreaterThan(problem.get("column").asLong());
      assertThat(problem.get("code").asString()).isNotBlank();
      assertThat(problem.get("message").asString()).isNotBlank();
    }
    assertThat(activeTag()).isEqualTo(before);
    HttpResponse<String> sound = send("POST", POLICIES + "/validate", null, body(activeText()));
    assertThat(sound.statusCode()).isEqualTo(200);
    assertThat(json(sound).get("problems").size()).isZero();
  }

  @Test
  void policies_wouldLockTheAdminOut_areRefused() throws Exception {
    String locking =
        activeText() + "\nforbid (principal, action in Chat::Action::\"admin.any\", resource);";
    HttpResponse<String> response = send("POST", POLICIES, "*", body(locking));
    assertProblem(response, 422, "invalid_policy");
    assertThat(json(response).get("problems").get(0).get("code").asString())
        .isEqualTo("locks_out_admin");
  }

  @Test
  void drafts_fromFirstSaveToActivation() throws Exception {
    String text = activeText();
    HttpResponse<String> begun = send("POST", POLICIES + "/drafts", null, body("permit ("));
    assertThat(begun.statusCode()).as(begun.body()).isEqualTo(201);
    String draft = POLICIES + "/drafts/" + json(begun).get("id").asString();
    assertThat(json(begun).get("problems").size()).isPositive();
    assertProblem(send("POST", draft + "/activate", activeTag(), ""), 422, "invalid_policy");
    String tag = begun.headers().firstValue("ETag").orElseThrow();
    HttpResponse<String> saved = send("PUT", draft, tag, body(text + "\n// mended"));
    assertThat(saved.statusCode()).as(saved.body()).isEqualTo(200);
    assertThat(json(saved).get("problems").size()).isZero();
    assertProblem(send("PUT", draft, tag, body(text)), 412, "changed_meanwhile");
    assertThat(get(POLICIES + "/drafts").body()).contains(json(begun).get("id").asString());
    assertThat(send("POST", draft + "/activate", activeTag(), "").statusCode()).isEqualTo(201);
    assertThat(activeText()).endsWith("// mended");
    assertProblem(get(draft), 404, "not_found");
    assertProblem(send("DELETE", draft, null, ""), 404, "not_found");
  }

  @Test
  void bundle_isSignedAndRevalidates() throws Exception {
    HttpResponse<String> response = get("/v1/policy/bundle");
    assertThat(response.statusCode()).isEqualTo(200);
    assertThat(response.headers().firstValue("Content-Type").orElse(""))
        .startsWith("application/jose");
    JWSObject jws = JWSObject.parse(response.body());
    assertThat(Objects.requireNonNull(jws.getHeader().getType()).getType())
        .isEqualTo("policy-bundle+jwt");
    var key =
        server.bean(SigningKeys.class).published(KeyPurpose.BUNDLE).getKeys().getFirst().toECKey();
    assertThat(jws.verify(new ECDSAVerifier(key))).isTrue();
    JsonNode claims = JSON.readTree(jws.getPayload().toString());
    assertThat(claims.get("iss").asString()).isEqualTo(Node.ISSUER);
    assertThat(claims.get("aud").asString()).isEqualTo(Node.AUDIENCE);
    assertThat(claims.get("policies").asString()).contains("@id(\"rooms.create\")");
    assertThat(claims.get("schema").asString()).contains("namespace Chat");
    assertThat(claims.get("entities").isArray()).isTrue();
    assertThat(claims.has("iat") && claims.has("jti")).isTrue();
    String tag = response.headers().firstValue("ETag").orElseThrow();
    assertThat(tag).isEqualTo("\"" + claims.get("version").asLong() + "\"");

    HttpResponse<String> again = send(asAdmin("/v1/policy/bundle").header("If-None-Match", tag));
    if (again.statusCode() == 304) {
      assertThat(again.body()).isEmpty();
    } else {
      // another test activated meanwhile
      assertThat(again.headers().firstValue("ETag")).isNotEqualTo(tag);
    }
  }

  @Test
  void signals_waiterIsWokenByTheOtherNodesRevocation() throws Exception {
    String sid =
        server.bean(Sessions.class).begin(dora, List.of("pwd"), "browser", "127.0.0.1").sid();
    String position = drain();
    CompletableFuture<HttpResponse<String>> here =
        http.sendAsync(
            asAdmin("/v1/signals?wait=25&after=" + position).build(), BodyHandlers.ofString());
    CompletableFuture<HttpResponse<String>> there =
        http.sendAsync(
            HttpRequest.newBuilder(other.url("/v1/signals?wait=25&after=" + position)).build(),
            BodyHandlers.ofString());
    HttpResponse<String> revoked =
        send("DELETE", ACCOUNTS + "/" + dora + "/sessions/" + sid, null, "");
    assertThat(revoked.statusCode()).as(revoked.body()).isEqualTo(204);
    for (CompletableFuture<HttpResponse<String>> waiter : List.of(here, there)) {
      JsonNode answer = json(waiter.get(60, TimeUnit.SECONDS));
      JWSObject set = JWSObject.parse(answer.get("sets").get(0).asString());
      assertThat(Objects.requireNonNull(set.getHeader().getType()).getType())
          .isEqualTo("secevent+jwt");
      assertThat(set.getPayload().toString()).contains("session-revoked").contains(sid);
    }
    assertThat(server.bean(Sessions.class).live(sid)).isEmpty();
    JsonNode event =
        json(get("/v1/admin/events?type=session-revoked&subject=" + dora)).get("events").get(0);
    assertThat(event.get("actor").get("kind").asString()).isEqualTo("admin");
    assertThat(event.get("actor").get("id").asString()).isEqualTo(admin);
    assertProblem(
        send("DELETE", ACCOUNTS + "/" + dora + "/sessions/" + sid, null, ""), 404, "not_found");
  }

  /** The present end of the stream: only an empty answer means that nothing is still unnumbered. */
  private String drain() throws Exception {
    JsonNode page = json(get("/v1/signals?limit=1000"));
    while (!page.get("sets").isEmpty()) {
      page = json(get("/v1/signals?limit=1000&after=" + page.get("position").asString()));
    }
    return page.get("position").asString();
  }

  @Test
  void signals_badParametersAndUnknownPositions_areRefused() throws Exception {
    for (String query :
        List.of("wait=26", "wait=-1", "wait=x", "limit=0", "limit=1001", "after=", "after=x")) {
      assertProblem(get("/v1/signals?" + query), 400, "invalid_parameter");
    }
    assertProblem(get("/v1/signals?after=999999999"), 410, "position_gone");
  }

  @Test
  void accounts_createChangeSuspendRestore() throws Exception {
    HttpResponse<String> made =
        send(
            "POST",
            ACCOUNTS,
            null,
            "{\"username\":\"Carol\",\"display_name\":\"Carol C.\",\"roles\":[\"user\"]}");
    assertThat(made.statusCode()).as(made.body()).isEqualTo(201);
    assertThat(made.headers().firstValue("Cache-Control").orElse("")).contains("no-store");
    String id = json(made).get("id").asString();
    String path = ACCOUNTS + "/" + id;
    assertThat(json(made).get("username").asString()).isEqualTo("carol");
    assertThat(json(made).get("one_time_password").asString().length()).isGreaterThan(15);
    assertProblem(send("POST", ACCOUNTS, null, "{\"username\":\"carol\"}"), 409, "username_taken");
    assertThat(json(get(ACCOUNTS + "?username=CAROL")).get("accounts").get(0).get("id").asString())
        .isEqualTo(id);

    String tag = get(path).headers().firstValue("ETag").orElseThrow();
    String claims = "{\"attributes\":{\"department\":\"contractor\",\"level\":3,\"x\":[\"a\"]}}";
    assertProblem(send("PATCH", path, null, claims), 428, "precondition_required");
    HttpResponse<String> changed = send("PATCH", path, tag, claims);
    assertThat(changed.statusCode()).as(changed.body()).isEqualTo(200);
    assertThat(json(changed).get("attributes").get("department").asString())
        .isEqualTo("contractor");
    assertThat(json(changed).get("roles").get(0).asString()).isEqualTo("user");
    assertProblem(send("PATCH", path, tag, claims), 412, "changed_meanwhile");
    assertThat(send("PATCH", path, "*", claims).statusCode()).isEqualTo(200);

    HttpResponse<String> suspended = send("POST", path + "/suspend", null, "");
    assertThat(json(suspended).get("suspended").asBoolean()).isTrue();
    assertThat(json(send("POST", path + "/restore", null, "")).get("suspended").asBoolean())
        .isFalse();
    Set<String> types = new LinkedHashSet<>();
    for (JsonNode event : json(get("/v1/admin/events?subject=" + id)).get("events")) {
      types.add(event.get("type").asString());
    }
    assertThat(types)
        .contains(
            "account-created",
            "claims-changed",
            "account-suspended",
            "session-revoked",
            "account-restored");
  }

  @Test
  void personCards_areReplacedWhole_andGoWithTheAccount() throws Exception {
    String id =
        json(send("POST", ACCOUNTS, null, "{\"username\": \"cardholder\"}")).get("id").asString();
    String path = ACCOUNTS + "/" + id + "/person";
    assertThat(get(path).body()).isEqualTo("{}");
    assertThat(get(path).headers().firstValue("ETag")).contains("\"0\"");
    String card = "{\"birthdate\":\"1815-12-10\",\"address\":{\"country\":\"UK\"}}";
    assertThat(send("PUT", path, null, card).statusCode()).isEqualTo(428);
    HttpResponse<String> first = send("PUT", path, "\"0\"", card);
    assertThat(first.statusCode()).isEqualTo(200);
    assertThat(JSON.readTree(get(path).body())).isEqualTo(JSON.readTree(card));
    assertThat(send("PUT", path, "\"0\"", "{}").statusCode()).isEqualTo(412);
    assertThat(send("PUT", path, "\"1\"", "{\"birthdate\": \"soon\"}").statusCode()).isEqualTo(400);
    assertThat(send("PUT", path, "\"1\"", "{\"sub\": \"x\"}").statusCode()).isEqualTo(400);
    // what JSON must escape grows sixfold, beyond the column
    String lines = "a" + "\u2028".repeat(499);
    String line = "a" + "\u2028".repeat(127);
    String escaped =
        "{\"address\": {\"formatted\": \"%1$s\", \"street_address\": \"%1$s\", \"country\": \"%2$s\","
            + " \"locality\": \"%2$s\", \"region\": \"%2$s\", \"postal_code\": \"%2$s\"},"
            + " \"nickname\": \"%2$s\", \"gender\": \"%2$s\", \"given_name\": \"%2$s\"}";
    assertThat(send("PUT", path, "\"1\"", escaped.formatted(lines, line)).statusCode())
        .isEqualTo(400);
    assertThat(send("PUT", path, "\"1\"", "{\"nickname\": \"Ada\"}").statusCode()).isEqualTo(200);
    assertThat(get(path).body()).isEqualTo("{\"nickname\":\"Ada\"}");
    assertThat(send("DELETE", ACCOUNTS + "/" + id, null, "").statusCode()).isEqualTo(204);
    assertThat(
            server
                .bean(JdbcTemplate.class)
                .queryForObject(
                    "select count(*) from person_card where account_id = ?", Long.class, id))
        .isZero();
    assertThat(send("PUT", path, "*", card).statusCode()).isEqualTo(404);
  }

  @Test
  void accounts_twoChangeFromOneVersion_oneWins() throws Exception {
    String path = ACCOUNTS + "/" + dora;
    for (int round = 0; round < 5; round++) {
      String tag = get(path).headers().firstValue("ETag").orElseThrow();
      List<CompletableFuture<HttpResponse<String>>> racers =
          List.of("a", "b", "c", "d").stream()
              .map(
                  name ->
                      http.sendAsync(
                          asAdmin(path)
                              .method(
                                  "PATCH",
                                  BodyPublishers.ofString(
                                      "{\"groups\":[\"" + name + System.nanoTime() + "\"]}"))
                              .header("Content-Type", "application/json")
                              .header("If-Match", tag)
                              .build(),
                          BodyHandlers.ofString()))
              .toList();
      int won = 0;
      for (CompletableFuture<HttpResponse<String>> racer : racers) {
        HttpResponse<String> response = racer.get(60, TimeUnit.SECONDS);
        if (response.statusCode() == 200) {
          won++;
        } else {
          assertProblem(response, 412, "changed_meanwhile");
        }
      }
      assertThat(won).isEqualTo(1);
    }
  }

  @Test
  void accounts_adminTakesAwayOwnRights_isRefusedAndNothingChanges() throws Exception {
    String path = ACCOUNTS + "/" + admin;
    assertProblem(send("PATCH", path, "*", "{\"roles\":[]}"), 409, "locks_out_admin");
    assertProblem(send("POST", path + "/suspend", null, ""), 409, "locks_out_admin");
    assertThat(json(get(path)).get("roles").get(0).asString()).isEqualTo("admin");
  }

  @Test
  void accounts_invited_haveNoPasswordAndAreSentALink() throws Exception {
    String invited = "{\"username\":\"fay\",\"email\":\"Fay@sallyport.example\",\"invite\":true}";
    HttpResponse<String> made = send("POST", ACCOUNTS, null, invited);
    assertThat(made.statusCode()).as(made.body()).isEqualTo(201);
    assertThat(json(made).has("one_time_password")).isFalse();
    assertThat(json(made).get("email").asString()).isEqualTo("fay@sallyport.example");
    assertThat(json(made).get("email_verified").asBoolean()).isFalse();
    String path = ACCOUNTS + "/" + json(made).get("id").asString() + "/invitation";
    assertThat(send("POST", path, null, "").statusCode()).isEqualTo(204);
    assertThat(
            json(get("/v1/admin/events?type=invited&subject=" + json(made).get("id").asString()))
                .get("events"))
        .hasSize(2);
    assertProblem(
        send("POST", ACCOUNTS, null, "{\"username\":\"gus\",\"invite\":true}"),
        400,
        "invalid_request");
    assertProblem(
        send("POST", ACCOUNTS, null, "{\"username\":\"gus\",\"invite\":\"yes\"}"),
        400,
        "invalid_request");
    assertProblem(
        send("POST", ACCOUNTS + "/" + dora + "/invitation", null, ""), 409, "has_password");
  }

  @Test
  void secondFactorReset_removesWhatThereIsAndNotOnesOwn() throws Exception {
    String path = ACCOUNTS + "/" + dora + "/second-factor-reset";
    assertProblem(send("POST", path, null, ""), 409, "no_second_factor");
    assertProblem(
        send("POST", ACCOUNTS + "/" + admin + "/second-factor-reset", null, ""),
        409,
        "locks_out_admin");
    server
        .bean(JdbcTemplate.class)
        .update(
            "insert into totp (account_id, secret, enrolled_at, last_step) values (?, ?, now(), 1)",
            dora,
            new byte[] {1});
    assertThat(send("POST", path, null, "").statusCode()).isEqualTo(200);
    assertThat(server.bean(SecondFactor.class).enrolled(dora)).isFalse();
    JsonNode event =
        json(get("/v1/admin/events?type=factor-removed&subject=" + dora)).get("events").get(0);
    assertThat(event.get("actor").get("id").asString()).isEqualTo(admin);
  }

  @Test
  void accounts_pages_coverAllOnce() throws Exception {
    Set<String> seen = new TreeSet<>();
    String after = "";
    while (true) {
      JsonNode page = json(get(ACCOUNTS + "?limit=2&after=" + after));
      for (JsonNode account : page.get("accounts")) {
        assertThat(seen.add(account.get("username").asString())).isTrue();
      }
      if (page.get("next").isNull()) {
        break;
      }
      after = page.get("next").asString();
    }
    assertThat(seen).contains("admin", "alice", "bob", "dora", "emil", "demo-admin");
  }

  private static String id(String name) {
    return Texts.idOfName(name);
  }

  private String account(String username, String members) throws Exception {
    HttpResponse<String> made =
        send("POST", ACCOUNTS, null, "{\"username\":\"" + username + "\"" + members + "}");
    assertThat(made.statusCode()).as(made.body()).isEqualTo(201);
    return json(made).get("id").asString();
  }

  @Test
  void groups_fromFirstMemberToTheLast() throws Exception {
    String one = account("member-1", ",\"groups\":[\"night shift/west\"]");
    String two = account("member-2", "");
    String group = "/v1/admin/groups/" + id("night shift/west");
    HttpResponse<String> seen = get(group);
    assertThat(json(seen).get("members").asInt()).isEqualTo(1);
    assertThat(json(seen).get("name").asString()).isEqualTo("night shift/west");
    String tag = seen.headers().firstValue("ETag").orElseThrow();

    String position = drain();
    HttpResponse<String> added = send("PUT", group + "/members/" + two, null, "");
    assertThat(added.statusCode()).as(added.body()).isEqualTo(200);
    assertThat(added.headers().firstValue("ETag")).isPresent();
    JsonNode heard = json(get("/v1/signals?wait=5&after=" + position));
    assertThat(JWSObject.parse(heard.get("sets").get(0).asString()).getPayload().toString())
        .contains("token-claims-change")
        .contains("night shift/west")
        .contains(two);
    // again: nothing to be done, and no event
    send("PUT", group + "/members/" + two, null, "");
    assertThat(json(get("/v1/admin/events?type=claims-changed&subject=" + two)).get("events"))
        .hasSize(1);
    assertThat(json(get(group + "/members?limit=1")).get("next").asString()).isEqualTo("member-1");
    assertThat(
            json(get(group + "/members?after=member-1"))
                .get("accounts")
                .get(0)
                .get("id")
                .asString())
        .isEqualTo(two);

    String renamed = "{\"name\":\"late shift\"}";
    assertProblem(send("POST", group + "/rename", null, renamed), 428, "precondition_required");
    assertProblem(send("POST", group + "/rename", tag, renamed), 412, "changed_meanwhile");
    tag = get(group).headers().firstValue("ETag").orElseThrow();
    HttpResponse<String> done = send("POST", group + "/rename", tag, renamed);
    assertThat(done.statusCode()).as(done.body()).isEqualTo(200);
    assertThat(json(done).get("members").asInt()).isEqualTo(2);
    assertProblem(get(group), 404, "not_found");
    assertProblem(send("POST", group + "/rename", "*", renamed), 409, "name_taken");
    String late = "/v1/admin/groups/" + id("late shift");
    assertThat(json(get(ACCOUNTS + "/" + one)).get("groups").get(0).asString())
        .isEqualTo("late shift");
    assertProblem(
        send("POST", late + "/rename", "*", "{\"name\":\"a\\\"b\"}"), 400, "invalid_request");
    assertThat(json(get(ACCOUNTS + "/" + one)).get("groups").get(0).asString())
        .isEqualTo("late shift");

    assertThat(send("DELETE", late + "/members/" + two, "\"99\"", "").statusCode()).isEqualTo(412);
    assertThat(send("DELETE", late + "/members/" + two, null, "").statusCode()).isEqualTo(200);
    assertProblem(send("DELETE", late, null, ""), 428, "precondition_required");
    assertProblem(send("DELETE", late, tag, ""), 412, "changed_meanwhile");
    tag = get(late).headers().firstValue("ETag").orElseThrow();
    assertThat(send("DELETE", late, tag, "").statusCode()).isEqualTo(204);
    assertProblem(send("DELETE", late, "*", ""), 404, "not_found");
    assertThat(json(get(ACCOUNTS + "/" + one)).get("groups").isEmpty()).isTrue();
  }

  @Test
  void group_renamedByTwoAtOnce_oneWins() throws Exception {
    for (int i = 0; i < 5; i++) {
      account("racer-" + i, ",\"groups\":[\"race\"]");
    }
    String group = "/v1/admin/groups/" + id("race");
    String tag = get(group).headers().firstValue("ETag").orElseThrow();
    List<CompletableFuture<Integer>> answers =
        IntStream.range(0, 6)
            .mapToObj(
                i ->
                    http.sendAsync(
                            asAdmin(group + "/rename")
                                .header("Content-Type", "application/json")
                                .header("If-Match", tag)
                                .POST(BodyPublishers.ofString("{\"name\":\"race " + i + "\"}"))
                                .build(),
                            BodyHandlers.ofString())
                        .thenApply(HttpResponse::statusCode))
            .toList();
    List<Integer> codes = new ArrayList<>();
    for (CompletableFuture<Integer> answer : answers) {
      codes.add(answer.get(60, TimeUnit.SECONDS));
    }
    assertThat(codes).containsOnlyOnce(200).allMatch(code -> Set.of(200, 404, 412).contains(code));
    JsonNode groups = json(get("/v1/admin/groups?limit=200")).get("groups");
    assertThat(
            groups
                .valueStream()
                .filter(one -> one.get("name").asString().startsWith("race"))
                .map(one -> one.get("members").asInt()))
        .containsExactly(5);
  }

  @Test
  void roles_areListedAssignedAndRevoked() throws Exception {
    JsonNode roles = json(get("/v1/admin/roles?limit=200")).get("roles");
    assertThat(roles.valueStream().filter(role -> role.get("name").asString().equals("admin")))
        .singleElement()
        .satisfies(
            role -> {
              assertThat(role.get("in_policies").asBoolean()).isTrue();
              assertThat(role.get("members").asInt()).isPositive();
            });
    String someone = account("with-roles", "");
    String role = "/v1/admin/roles/" + id("clerk");
    assertProblem(get(role), 404, "not_found");
    assertThat(send("PUT", role + "/members/" + someone, null, "").statusCode()).isEqualTo(200);
    assertThat(json(get(role)).get("members").asInt()).isEqualTo(1);
    assertThat(json(get(role + "/members")).get("accounts").get(0).get("id").asString())
        .isEqualTo(someone);
    assertThat(json(send("DELETE", role + "/members/" + someone, null, "")).get("roles").isEmpty())
        .isTrue();
    assertProblem(
        send("PUT", role + "/members/00000000-0000-7000-8000-000000000000", null, ""),
        404,
        "not_found");
    // nobody takes their own right to undo it
    assertProblem(
        send("DELETE", "/v1/admin/roles/" + id("admin") + "/members/" + admin, null, ""),
        409,
        "locks_out_admin");
    Set<String> names = new TreeSet<>();
    String after = "";
    while (true) {
      JsonNode page = json(get("/v1/admin/roles?limit=1&after=" + after));
      page.get("roles").forEach(one -> assertThat(names.add(one.get("name").asString())).isTrue());
      if (page.get("next").isNull()) {
        break;
      }
      after = page.get("next").asString();
    }
    assertThat(names).contains("admin", "user");
  }

  @Test
  void names_thatWereNotGivenOutHere_areRefused() throws Exception {
    for (String cursor : List.of("=", "..", "gA", "AAA", "YQ==", "%00", "x".repeat(500))) {
      assertProblem(get("/v1/admin/groups?after=" + cursor), 400, "invalid_request");
    }
    assertProblem(get("/v1/admin/groups/gA"), 400, "invalid_request");
    assertProblem(get("/v1/admin/groups/" + id("nobody")), 404, "not_found");
    assertProblem(get("/v1/admin/groups?limit=0"), 400, "invalid_request");
    assertProblem(
        send("PUT", "/v1/admin/groups/" + id("a\u0001b") + "/members/" + dora, null, ""),
        400,
        "invalid_request");
  }

  /** Someone who may do all with accounts, roles and groups, and nothing with policies. */
  @Test
  void administratorOfAccounts_doesNotBecomeMore() throws Exception {
    String clerk = account("clerk-1", ",\"roles\":[\"clerks\"]");
    String other = account("clerk-2", "");
    String text =
        activeText()
            + """

            @id("clerks")
            permit (
              principal in Chat::Role::"clerks",
              action in [
                Chat::Action::"account.list", Chat::Action::"account.create",
                Chat::Action::"account.read", Chat::Action::"account.write",
                Chat::Action::"role.list", Chat::Action::"role.read",
                Chat::Action::"role.assign", Chat::Action::"role.revoke",
                Chat::Action::"group.list", Chat::Action::"group.read", Chat::Action::"group.add",
                Chat::Action::"group.remove", Chat::Action::"group.write"
              ],
              resource
            );
            @id("authors")
            permit (
              principal in Chat::Role::"authors",
              action in [Chat::Action::"policy.read", Chat::Action::"policy.activate"],
              resource
            );
            @id("board")
            permit (principal in Chat::Group::"board", action == Chat::Action::"audit.read", resource);
            """;
    HttpResponse<String> activated = send("POST", POLICIES, "*", body(text));
    assertThat(activated.statusCode()).as(activated.body()).isEqualTo(201);
    try {
      for (String[] attempt :
          new String[][] {
            {
              "PATCH",
              ACCOUNTS + "/" + clerk,
              "{\"roles\":[\"clerks\",\"admin\"]}",
              "policy_refused"
            },
            {
              "PATCH",
              ACCOUNTS + "/" + clerk,
              "{\"roles\":[\"clerks\",\"authors\"]}",
              "beyond_own_rights"
            },
            {"PATCH", ACCOUNTS + "/" + other, "{\"roles\":[\"authors\"]}", "beyond_own_rights"},
            {"PATCH", ACCOUNTS + "/" + other, "{\"groups\":[\"board\"]}", "beyond_own_rights"},
            {"PUT", "/v1/admin/roles/" + id("admin") + "/members/" + other, "", "policy_refused"},
            {
              "PUT",
              "/v1/admin/roles/" + id("authors") + "/members/" + other,
              "",
              "beyond_own_rights"
            },
            {
              "PUT",
              "/v1/admin/roles/" + id("authors") + "/members/" + clerk,
              "",
              "beyond_own_rights"
            },
            {
              "PUT",
              "/v1/admin/groups/" + id("board") + "/members/" + clerk,
              "",
              "beyond_own_rights"
            },
            {
              "POST",
              ACCOUNTS,
              "{\"username\":\"mole\",\"roles\":[\"authors\"]}",
              "beyond_own_rights"
            },
            {"POST", ACCOUNTS, "{\"username\":\"mole\",\"roles\":[\"admin\"]}", "policy_refused"},
            // through an administrator's account
            {"POST", ACCOUNTS + "/" + admin + "/one-time-password", "", "policy_refused"},
            {"POST", ACCOUNTS + "/" + admin + "/second-factor-reset", "", "policy_refused"},
            {"PATCH", ACCOUNTS + "/" + admin, "{\"attributes\":{}}", "policy_refused"},
            {
              "DELETE", "/v1/admin/roles/" + id("admin") + "/members/" + admin, "", "policy_refused"
            },
            {"DELETE", ACCOUNTS + "/" + admin, "", "policy_refused"},
          }) {
        HttpResponse<String> response =
            send(
                as(clerk, "2fa", attempt[1])
                    .method(attempt[0], BodyPublishers.ofString(attempt[2]))
                    .header("Content-Type", "application/json")
                    .header("If-Match", "*"));
        assertProblem(response, 403, attempt[3]);
        assertThat(
                json(get("/v1/admin/decisions/" + json(response).get("decision_id").asString()))
                    .get("principal")
                    .asString())
            .isEqualTo(clerk);
      }
      assertThat(json(get(ACCOUNTS + "?username=mole")).get("accounts").isEmpty()).isTrue();
      // a group that others are in, by the name of one that may more
      account("clerk-3", ",\"groups\":[\"pawns\"]");
      assertProblem(
          send(
              as(clerk, "2fa", "/v1/admin/groups/" + id("pawns") + "/rename")
                  .POST(BodyPublishers.ofString("{\"name\":\"board\"}"))
                  .header("Content-Type", "application/json")
                  .header("If-Match", "*")),
          403,
          "beyond_own_rights");
      assertThat(json(get("/v1/admin/groups/" + id("pawns"))).get("members").asInt()).isEqualTo(1);
      // an author's account, by its password
      String author = account("author-1", ",\"roles\":[\"authors\"]");
      assertProblem(
          send(
              as(clerk, "2fa", ACCOUNTS + "/" + author + "/one-time-password")
                  .POST(BodyPublishers.noBody())),
          403,
          "beyond_own_rights");
      // what they are for, they do
      assertThat(
              send(as(clerk, "2fa", "/v1/admin/roles/" + id("user") + "/members/" + other)
                      .PUT(BodyPublishers.noBody()))
                  .statusCode())
          .isEqualTo(200);
    } finally {
      send("POST", POLICIES + "/1/rollback", "*", "");
    }
  }

  @Test
  void keys_areListedRotatedRetiredAndRevoked() throws Exception {
    HttpResponse<String> before = get("/v1/admin/keys");
    assertThat(before.statusCode()).as(before.body()).isEqualTo(200);
    assertThat(before.body()).doesNotContain("\"d\"");
    String tag = before.headers().firstValue("ETag").orElseThrow();
    String active = key(before, "device", "active");
    String path = "/v1/admin/keys/";
    assertProblem(send("POST", path + active + "/retire", tag, ""), 409, "key_in_use");
    assertProblem(send("POST", path + "rotate", null, "{}"), 428, "precondition_required");
    assertProblem(
        send("POST", path + "rotate", tag, "{\"purpose\":\"x\"}"), 400, "invalid_request");
    HttpResponse<String> rotated = send("POST", path + "rotate", tag, "{\"purpose\":\"device\"}");
    assertThat(rotated.statusCode()).as(rotated.body()).isEqualTo(200);
    String next = key(rotated, "device", "next");
    assertProblem(
        send("POST", path + "rotate", tag, "{\"purpose\":\"device\"}"), 412, "changed_meanwhile");
    assertProblem(
        send("POST", path + "rotate", "*", "{\"purpose\":\"device\"}"), 409, "rotation_under_way");
    assertProblem(send("POST", path + active + "/revoke", tag, ""), 412, "changed_meanwhile");

    String position = drain();
    HttpResponse<String> revoked = send("POST", path + active + "/revoke", "*", "");
    assertThat(revoked.statusCode()).as(revoked.body()).isEqualTo(200);
    assertThat(key(revoked, "device", "revoked")).isEqualTo(active);
    assertThat(key(revoked, "device", "active")).isEqualTo(next);
    assertProblem(send("POST", path + active + "/revoke", "*", ""), 404, "not_found");
    // the other node knows within a second
    StoredSigningKeys there = other.bean(StoredSigningKeys.class);
    other.clock().pass(Duration.ofMillis(1001));
    assertThat(there.published(KeyPurpose.DEVICE, active)).isEmpty();
    JsonNode heard = json(get("/v1/signals?wait=5&after=" + position));
    assertThat(JWSObject.parse(heard.get("sets").get(0).asString()).getPayload().toString())
        .contains("https://sallyport.dev/secevent/key-revoked")
        .contains(active);
    assertThat(
            json(get("/v1/admin/events?type=signing-key-revoked"))
                .get("events")
                .get(0)
                .get("actor")
                .get("id")
                .asString())
        .isEqualTo(admin);
    assertProblem(send(as(dora, "2fa", "/v1/admin/keys")), 403, "policy_refused");
  }

  private static String key(HttpResponse<String> keys, String purpose, String state) {
    return json(keys)
        .get("keys")
        .valueStream()
        .filter(key -> key.get("purpose").asString().equals(purpose))
        .filter(key -> key.get("state").asString().equals(state))
        .findFirst()
        .orElseThrow()
        .get("kid")
        .asString();
  }

  @Test
  void events_byTimeKindAndActor() throws Exception {
    String someone = account("of-interest", "");
    JsonNode made =
        json(get("/v1/admin/events?type=account-created&subject=" + someone)).get("events").get(0);
    String at = made.get("occurred_at").asString();
    String query = "/v1/admin/events?subject=" + someone + "&actor=" + admin;
    assertThat(json(get(query + "&since=" + at)).get("events")).isNotEmpty();
    assertThat(json(get(query + "&until=" + at)).get("events")).isEmpty();
    assertThat(json(get(query + "&since=2100-01-01T00:00:00Z")).get("events")).isEmpty();
    assertThat(json(get("/v1/admin/events?actor=nobody&subject=" + someone)).get("events"))
        .isEmpty();
    for (String wrong : List.of("x", "2026", "2026-13-01T00:00:00Z", "9".repeat(300))) {
      assertProblem(get("/v1/admin/events?since=" + wrong), 400, "invalid_request");
    }
    assertProblem(get("/v1/admin/events?before=-1"), 400, "invalid_request");
  }

  @Test
  void upgrade_ofThePolicies_isShown() throws Exception {
    JsonNode standing = json(get(POLICIES + "/upgrade"));
    assertThat(standing.get("refused").asBoolean()).isFalse();
    assertThat(standing.get("release").asInt()).isEqualTo(standing.get("shipped_release").asInt());
    assertThat(json(get(POLICIES + "/1")).get("author").asString()).isEqualTo("first_start");
  }

  private static String client(String members) {
    return "{\"metadata\":{\"redirect_uris\":[\"https://rp.example/cb\"]" + members + "}}";
  }

  @Test
  void clients_createChangeRotateRemove() throws Exception {
    HttpResponse<String> made =
        send("POST", CLIENTS, null, client(",\"consent_required\":false,\"client_name\":\"A\""));
    assertThat(made.statusCode()).as(made.body()).isEqualTo(201);
    assertThat(made.headers().firstValue("Cache-Control").orElse("")).contains("no-store");
    JsonNode document = json(made);
    String path = CLIENTS + "/" + document.get("client_id").asString();
    assertThat(made.headers().firstValue("Location")).contains(path);
    assertThat(document.get("origin").asString()).isEqualTo("registered");
    assertThat(document.get("client_secret").asString().length()).isGreaterThan(40);
    assertThat(document.get("metadata").get("consent_required").asBoolean()).isFalse();
    assertThat(document.get("metadata").get("scope").asString())
        .isEqualTo("address email offline_access openid phone profile");

    HttpResponse<String> read = get(path);
    assertThat(json(read).has("client_secret")).isFalse();
    String tag = read.headers().firstValue("ETag").orElseThrow();
    // what was read can be written
    String same = JSON.writeValueAsString(Map.of("metadata", json(read).get("metadata")));
    assertProblem(send("PUT", path, null, same), 428, "precondition_required");
    HttpResponse<String> unchanged = send("PUT", path, tag, same);
    assertThat(unchanged.headers().firstValue("ETag")).as(unchanged.body()).contains(tag);
    HttpResponse<String> changed = send("PUT", path, tag, client(",\"subject_type\":\"pairwise\""));
    assertThat(changed.statusCode()).as(changed.body()).isEqualTo(200);
    assertThat(json(changed).get("metadata").get("consent_required").asBoolean()).isTrue();
    assertProblem(send("PUT", path, tag, same), 412, "changed_meanwhile");
    assertProblem(send("POST", path + "/secret", tag, ""), 412, "changed_meanwhile");
    HttpResponse<String> rotated = send("POST", path + "/secret", "*", "");
    assertThat(json(rotated).get("client_secret").asString())
        .isNotEqualTo(document.get("client_secret").asString());
    assertProblem(send("DELETE", path, null, ""), 428, "precondition_required");
    assertThat(send("DELETE", path, "*", "").statusCode()).isEqualTo(204);
    assertProblem(get(path), 404, "not_found");
    assertProblem(
        send(
            "POST",
            CLIENTS,
            null,
            "{\"client_id\":\""
                + document.get("client_id").asString()
                + "\","
                + client("").substring(1)),
        400,
        "invalid_client_metadata");
    Set<String> types = new LinkedHashSet<>();
    for (JsonNode event : json(get("/v1/admin/events?limit=50")).get("events")) {
      types.add(event.get("type").asString());
    }
    assertThat(types).contains("client-registered", "client-changed", "client-removed");
  }

  @Test
  void clients_resourcesAndWhoMayAct_areForAdminsToSay() throws Exception {
    HttpResponse<String> made =
        send(
            "POST",
            CLIENTS,
            null,
            client(",\"resources\":[\"https://api.example/a\"],\"may_act\":\"worker\""));
    assertThat(made.statusCode()).as(made.body()).isEqualTo(201);
    String path = CLIENTS + "/" + json(made).get("client_id").asString();
    JsonNode metadata = json(get(path)).get("metadata");
    assertThat(metadata.get("resources").get(0).asString()).isEqualTo("https://api.example/a");
    assertThat(metadata.get("may_act").asString()).isEqualTo("worker");
    // on the other node, and as the token endpoint asks
    Client client =
        other
            .bean(ClientRegistry.class)
            .entry(json(made).get("client_id").asString())
            .orElseThrow()
            .client();
    assertThat(other.bean(ClientResources.class).of(client))
        .containsExactly("https://api.example/a");
    assertThat(other.bean(ClientResources.class).mayAct(client)).isEqualTo("worker");
    HttpResponse<String> changed = send("PUT", path, "*", client(""));
    assertThat(json(changed).get("metadata").has("resources")).isFalse();
    assertThat(json(changed).get("metadata").has("may_act")).isFalse();
    for (String wrong :
        List.of(
            ",\"resources\":[\"/a\"]",
            ",\"resources\":[\"https://a.example/#f\"]",
            ",\"resources\":\"https://a.example\"",
            ",\"may_act\":\"a b\"",
            ",\"may_act\":7")) {
      assertProblem(send("POST", CLIENTS, null, client(wrong)), 400, "invalid_client_metadata");
    }
    // a client does not say so itself
    String token = json(send("POST", TOKENS, null, "{}")).get("initial_access_token").asString();
    HttpResponse<String> registered =
        http.send(
            HttpRequest.newBuilder(other.url("/connect/register"))
                .timeout(Duration.ofSeconds(60))
                .header("Authorization", "Bearer " + token)
                .header("Content-Type", "application/json")
                .POST(
                    BodyPublishers.ofString(
                        "{\"redirect_uris\":[\"https://rp.example/cb\"],"
                            + "\"resources\":[\"https://api.example/a\"],\"may_act\":\"me\"}"))
                .build(),
            BodyHandlers.ofString());
    assertThat(registered.statusCode()).as(registered.body()).isEqualTo(201);
    assertThat(get(CLIENTS + "/" + json(registered).get("client_id").asString()).body())
        .doesNotContain("api.example")
        .doesNotContain("may_act");
  }

  @Test
  void clients_ofThisServerAndItsSettings_areShownAndNotChanged() throws Exception {
    String path = CLIENTS + "/sallyport-demo";
    assertThat(json(get(path)).get("origin").asString()).isEqualTo("built_in");
    assertProblem(send("PUT", path, "*", client("")), 409, "configured_client");
    assertProblem(send("DELETE", path, "*", ""), 409, "configured_client");
    assertProblem(send("POST", path + "/secret", "*", ""), 409, "configured_client");
  }

  @Test
  void clients_twoChangeFromOneVersion_oneWins() throws Exception {
    String path =
        CLIENTS + "/" + json(send("POST", CLIENTS, null, client(""))).get("client_id").asString();
    String tag = get(path).headers().firstValue("ETag").orElseThrow();
    List<CompletableFuture<HttpResponse<String>>> racers =
        List.of("a", "b", "c", "d").stream()
            .map(
                name ->
                    http.sendAsync(
                        asAdmin(path)
                            .PUT(
                                BodyPublishers.ofString(client(",\"client_name\":\"" + name + '"')))
                            .header("Content-Type", "application/json")
                            .header("If-Match", tag)
                            .build(),
                        BodyHandlers.ofString()))
            .toList();
    List<Integer> statuses = new ArrayList<>();
    for (CompletableFuture<HttpResponse<String>> racer : racers) {
      statuses.add(racer.get(60, TimeUnit.SECONDS).statusCode());
    }
    assertThat(statuses).containsOnlyOnce(200).containsOnly(200, 412);
  }

  @Test
  void clients_pages_coverAllOnce() throws Exception {
    for (int i = 0; i < 3; i++) {
      send("POST", CLIENTS, null, client(""));
    }
    Set<String> seen = new TreeSet<>();
    String after = "";
    while (true) {
      JsonNode page = json(get(CLIENTS + "?limit=2&after=" + after));
      for (JsonNode client : page.get("clients")) {
        assertThat(seen.add(client.get("client_id").asString())).isTrue();
      }
      if (page.get("next").isNull()) {
        break;
      }
      after = page.get("next").asString();
    }
    assertThat(seen).contains("chat-gateway", "sallyport-demo").hasSizeGreaterThan(4);
  }

  @Test
  void clients_badInput_isRefused() throws Exception {
    for (String body :
        List.of(
            "{}",
            "{\"metadata\":1}",
            "{\"metadata\":{},\"x\":1}",
            "{\"metadata\":{\"redirect_uri\":[]}}",
            "{\"client_id\":1,\"metadata\":{}}")) {
      assertProblem(send("POST", CLIENTS, null, body), 400, "invalid_request");
    }
    for (String body :
        List.of(
            "{\"client_id\":\"a b\"," + client("").substring(1),
            "{\"metadata\":{}}",
            client(",\"scope\":\"openid admin\""),
            client(",\"security_profile\":\"fapi2\""),
            client(",\"subject_type\":\"pairwise\",\"scope\":\"openid chat.read\""))) {
      HttpResponse<String> refused = send("POST", CLIENTS, null, body);
      assertProblem(refused, 400, "invalid_client_metadata");
      assertThat(json(refused).get("problems").isEmpty()).isFalse();
    }
    assertProblem(get(CLIENTS + "?limit=0"), 400, "invalid_request");
    assertProblem(send("POST", TOKENS, null, "{\"profiles\":[\"lax\"]}"), 400, "invalid_request");
    assertProblem(send("POST", TOKENS, null, "{\"uses_max\":0}"), 400, "invalid_request");
    assertProblem(send("POST", TOKENS, null, "{\"expires_in\":99999999}"), 400, "invalid_request");
  }

  @Test
  void registrationTokens_madeHere_registerThere_untilRevoked() throws Exception {
    HttpResponse<String> made =
        send("POST", TOKENS, null, "{\"note\":\"for tests\",\"uses_max\":3}");
    assertThat(made.statusCode()).as(made.body()).isEqualTo(201);
    String token = json(made).get("initial_access_token").asString();
    String id = json(made).get("id").asString();
    HttpResponse<String> registered = registerAtTheOther(token);
    assertThat(registered.statusCode()).as(registered.body()).isEqualTo(201);
    JsonNode listed = json(get(TOKENS));
    assertThat(listed.toString()).doesNotContain(token);
    assertThat(
            listed.get("tokens").valueStream().filter(one -> one.get("id").asString().equals(id)))
        .singleElement()
        .satisfies(one -> assertThat(one.get("uses").asInt()).isEqualTo(1));
    assertThat(send("DELETE", TOKENS + "/" + id, null, "").statusCode()).isEqualTo(204);
    assertProblem(send("DELETE", TOKENS + "/" + id, null, ""), 404, "not_found");
    assertThat(registerAtTheOther(token).statusCode()).isEqualTo(401);
    String path = CLIENTS + "/" + json(registered).get("client_id").asString();
    assertThat(json(get(path)).get("origin").asString()).isEqualTo("dynamic");
    assertThat(send("DELETE", path, "*", "").statusCode()).isEqualTo(204);
  }

  private HttpResponse<String> registerAtTheOther(String token) throws Exception {
    return http.send(
        HttpRequest.newBuilder(other.url("/connect/register"))
            .timeout(Duration.ofSeconds(60))
            .header("Authorization", "Bearer " + token)
            .header("Content-Type", "application/json")
            .POST(BodyPublishers.ofString("{\"redirect_uris\":[\"https://rp.example/cb\"]}"))
            .build(),
        BodyHandlers.ofString());
  }

  @Test
  void everything_byOneWhoIsNoAdmin_isRefusedWithADecisionToLookUp() throws Exception {
    for (String path :
        List.of(
            POLICIES,
            POLICIES + "/1",
            POLICIES + "/versions",
            POLICIES + "/drafts",
            ACCOUNTS,
            ACCOUNTS + "/" + admin,
            ACCOUNTS + "/" + admin + "/sessions",
            CLIENTS,
            CLIENTS + "/sallyport-demo",
            CLIENTS + "/nobody",
            TOKENS,
            "/v1/admin/roles",
            "/v1/admin/groups/" + id("staff"),
            "/v1/admin/groups/" + id("staff") + "/members",
            "/v1/admin/keys",
            POLICIES + "/upgrade",
            "/v1/admin/events",
            "/v1/admin/decisions/" + admin)) {
      HttpResponse<String> response = send(as(dora, "2fa", path));
      assertProblem(response, 403, "policy_refused");
      String decision = json(response).get("decision_id").asString();
      JsonNode explained = json(get("/v1/admin/decisions/" + decision));
      assertThat(explained.get("principal").asString()).isEqualTo(dora);
      assertThat(explained.get("determining").size()).isZero();
      // an admin with one factor is refused by the policy, too, should the door in front ever err
      assertProblem(send(as(admin, "1fa", path)), 403, "policy_refused");
    }
  }

  @Test
  void badInput_isRefused() throws Exception {
    for (String body :
        List.of(
            "",
            "[]",
            "null",
            "{",
            "{} {}",
            "{\"policies\":1}",
            "{\"policies\":\"\",\"policies\":\"\"}",
            "{\"policy\":\"\"}",
            "{\"policies\":\"\\u0000\"}",
            "{\"policies\":\"a\\ud800\"}",
            "{\"policies\":\"\",\"entities\":\"[]\"}",
            "{\"policies\":\"\",\"note\":\"" + "n".repeat(501) + "\"}",
            "[".repeat(100_000))) {
      assertProblem(send("POST", POLICIES, "*", body), 400, "invalid_request");
    }
    assertProblem(get(ACCOUNTS + "?limit=201"), 400, "invalid_request");
    assertProblem(get(ACCOUNTS + "?username=%00"), 400, "invalid_request");
    assertProblem(get("/v1/admin/events?type=%00"), 400, "invalid_request");
    assertThat(get(ACCOUNTS + "/not-a-uuid").statusCode()).isEqualTo(404);
    assertProblem(get(ACCOUNTS + "/00000000-0000-7000-8000-000000000000"), 404, "not_found");
  }

  /** Random bytes and damaged documents: always an answer of ours, never a 5xx. */
  // 300 requests, one after the other: three seconds alone, minutes beside other builds
  @Test
  @Timeout(600)
  void fuzz_bodies_areAnsweredWithoutServerErrors() throws Exception {
    long seed = 20261123;
    Random random = new Random(seed);
    List<String> targets =
        List.of(POLICIES + "/validate", POLICIES + "/drafts", ACCOUNTS, CLIENTS, TOKENS);
    String policy = body("permit (principal, action, resource);");
    String account =
        "{\"username\":\"fuzz\",\"roles\":[\"user\"],\"attributes\":{\"a\":1,\"b\":[\"x\"],\"c\":true}}";
    for (int i = 0; i < 300; i++) {
      byte[] bytes = (i % 2 == 0 ? policy : account).getBytes(UTF_8);
      for (int n = 0; n <= random.nextInt(4); n++) {
        bytes[random.nextInt(bytes.length)] =
            random.nextBoolean()
                ? (byte) random.nextInt(256)
                : (byte) "{}[]\",:\\0e-".charAt(random.nextInt(11));
      }
      boolean patch = random.nextInt(4) == 0;
      String target = patch ? ACCOUNTS + "/" + dora : targets.get(random.nextInt(targets.size()));
      HttpResponse<String> response =
          send(
              asAdmin(target)
                  .method(patch ? "PATCH" : "POST", BodyPublishers.ofByteArray(bytes))
                  .header("Content-Type", "application/json")
                  .header("If-Match", "*"));
      assertThat(response.statusCode())
          .as("seed %d, round %d: %s -> %s", seed, i, new String(bytes, UTF_8), response.body())
          .isLessThan(500);
    }
  }

  private static String provider(String id, String more) {
    return """
        {"id": "%s", "protocol": "oidc", "issuer": "https://acme.example", "client_id": "c"%s}
        """
        .formatted(id, more);
  }

  private static final String PROVIDERS = "/v1/admin/identity-providers";

  @Test
  void identityProvider_isDescribed_changed_andForgotten_onEveryNode() throws Exception {
    HttpResponse<String> made =
        send("POST", PROVIDERS, null, provider("crud", ", \"client_secret\": \"s3cr3t\""));
    assertThat(made.statusCode()).as(made.body()).isEqualTo(201);
    assertThat(made.body()).doesNotContain("s3cr3t");
    assertThat(json(made).get("client_secret_set").booleanValue()).isTrue();
    assertThat(json(made).get("redirect_uri").asString())
        .isEqualTo(Node.ISSUER + "/login/oauth2/code/crud");
    assertThat(made.headers().firstValue("ETag")).contains("\"1\"");
    assertProblem(send("POST", PROVIDERS, null, provider("crud", "")), 409, "id_taken");
    String path = PROVIDERS + "/crud";
    assertThat(other.bean(Providers.class).find("crud")).isPresent();
    assertProblem(send("PUT", path, null, provider("crud", "")), 428, "precondition_required");
    assertProblem(send("PUT", path, "\"7\"", provider("crud", "")), 412, "changed_meanwhile");
    assertProblem(send("PUT", path, "*", provider("other", "")), 400, "invalid_request");
    HttpResponse<String> changed =
        send("PUT", path, "\"1\"", provider("crud", ", \"name\": \"Crud\""));
    assertThat(changed.statusCode()).as(changed.body()).isEqualTo(200);
    assertThat(changed.headers().firstValue("ETag")).contains("\"2\"");
    assertThat(other.bean(Providers.class).find("crud").orElseThrow().name()).isEqualTo("Crud");
    assertThat(other.bean(Providers.class).find("crud").orElseThrow().clientSecret())
        .isEqualTo("s3cr3t");
    // nobody listens there
    HttpResponse<String> check = send("POST", path + "/check", null, "");
    assertThat(check.statusCode()).as(check.body()).isEqualTo(200);
    assertThat(json(check).get("usable").booleanValue()).isFalse();
    assertProblem(send("DELETE", path, "\"1\"", ""), 412, "changed_meanwhile");
    assertThat(send("DELETE", path, "\"2\"", "").statusCode()).isEqualTo(204);
    assertProblem(get(path), 404, "not_found");
    assertThat(other.bean(Providers.class).find("crud")).isEmpty();
  }

  @Test
  void identityProviders_comeInPages() throws Exception {
    for (String id : List.of("page-a", "page-b", "page-c")) {
      assertThat(send("POST", PROVIDERS, null, provider(id, "")).statusCode()).isEqualTo(201);
    }
    JsonNode first = json(get(PROVIDERS + "?after=page&limit=2"));
    assertThat(first.get("identity_providers").size()).isEqualTo(2);
    assertThat(first.get("next").asString()).isEqualTo("page-b");
    JsonNode second = json(get(PROVIDERS + "?after=page-b&limit=2"));
    assertThat(second.get("identity_providers").get(0).get("id").asString()).isEqualTo("page-c");
    JsonNode last = json(get(PROVIDERS + "?after=zzz"));
    assertThat(last.get("identity_providers").isEmpty()).isTrue();
    assertThat(last.get("next").isNull()).isTrue();
    assertProblem(get(PROVIDERS + "?limit=0"), 400, "invalid_request");
  }

  @Test
  void identityProvider_ofTwoAdminsAtOnce_oneWins() throws Exception {
    send("POST", PROVIDERS, null, provider("race", ""));
    String path = PROVIDERS + "/race";
    List<CompletableFuture<Integer>> answers =
        IntStream.range(0, 6)
            .mapToObj(
                i ->
                    http.sendAsync(
                            asAdmin(path)
                                .header("Content-Type", "application/json")
                                .header("If-Match", "\"1\"")
                                .PUT(
                                    BodyPublishers.ofString(
                                        provider("race", ", \"name\": \"n" + i + "\"")))
                                .build(),
                            BodyHandlers.ofString())
                        .thenApply(HttpResponse::statusCode))
            .toList();
    List<Integer> codes = new ArrayList<>();
    for (CompletableFuture<Integer> answer : answers) {
      codes.add(answer.get(60, TimeUnit.SECONDS));
    }
    assertThat(codes).containsOnlyOnce(200).containsOnly(200, 412);
  }

  @Test
  void identityProvider_byWhoeverIsNoAdmin_isRefused() throws Exception {
    HttpResponse<String> refused =
        send(
            as(dora, "2fa", PROVIDERS)
                .header("Content-Type", "application/json")
                .POST(BodyPublishers.ofString(provider("dora", ""))));
    assertProblem(refused, 403, "policy_refused");
    assertProblem(send(as(dora, "2fa", PROVIDERS)), 403, "policy_refused");
  }

  @Test
  void identityProvider_garbage_neverBreaksTheServer() throws Exception {
    long seed = new Random().nextLong();
    Random random = new Random(seed);
    String good =
        provider(
            "fuzz",
            ", \"claim_rules\": [{\"claim\": \"a\", \"value\": \"b\", \"roles\": [\"r\"]}],"
                + " \"new_accounts\": {\"create\": true, \"email_domains\": [\"*\"]}");
    for (int i = 0; i < 150; i++) {
      byte[] bytes = good.getBytes(UTF_8);
      for (int j = random.nextInt(6); j >= 0; j--) {
        bytes[random.nextInt(bytes.length)] = (byte) "{}[]\",:\\0e-xA".charAt(random.nextInt(13));
      }
      HttpResponse<String> response =
          send(
              asAdmin(PROVIDERS)
                  .POST(BodyPublishers.ofByteArray(bytes))
                  .header("Content-Type", "application/json"));
      assertThat(response.statusCode())
          .as("seed %d, round %d: %s", seed, i, new String(bytes, UTF_8))
          .isLessThan(500);
    }
  }

  @Test
  void openApi_describesEveryRoute_andNoOther() {
    Set<String> described = new TreeSet<>();
    description.operations().forEach(operation -> described.add(anonymous(operation)));
    Set<String> routes = new TreeSet<>();
    RequestMappingHandlerMapping mapping =
        server.bean("requestMappingHandlerMapping", RequestMappingHandlerMapping.class);
    mapping
        .getHandlerMethods()
        .keySet()
        .forEach(
            info ->
                info.getPatternValues().stream()
                    .filter(path -> path.startsWith("/v1/"))
                    .forEach(
                        path ->
                            info.getMethodsCondition()
                                .getMethods()
                                .forEach(method -> routes.add(method + " " + anonymous(path)))));
    assertThat(routes).hasSizeGreaterThan(50);
    assertThat(described).isEqualTo(routes);
    assertThat(description.operationIds()).doesNotHaveDuplicates();
  }

  @Test
  void openApi_isServed() throws Exception {
    HttpResponse<String> response = send(HttpRequest.newBuilder(server.url("/v1/openapi.yaml")));
    assertThat(response.statusCode()).isEqualTo(200);
    assertThat(response.body()).startsWith("openapi: 3.1.0");
  }

  /** Parameter names and patterns do not matter. */
  private static String anonymous(String path) {
    StringBuilder out = new StringBuilder();
    int depth = 0;
    for (int i = 0; i < path.length(); i++) {
      char c = path.charAt(i);
      if (c == '{') {
        depth++;
        if (depth == 1) {
          out.append("{}");
        }
      } else if (c == '}') {
        depth--;
      } else if (depth == 0) {
        out.append(c);
      }
    }
    return out.toString();
  }
}

package dev.sallyport.auth.grant;

import static org.assertj.core.api.Assertions.assertThat;

import com.nimbusds.jwt.JWTClaimsSet;
import dev.sallyport.auth.ProviderBeside;
import dev.sallyport.auth.RunningServer;
import dev.sallyport.auth.account.Accounts;
import dev.sallyport.auth.federation.Federation;
import dev.sallyport.auth.federation.ProviderIdentity;
import dev.sallyport.auth.session.Sessions;
import dev.sallyport.auth.token.ServerNonces;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Date;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** RFC 8693 with another provider's ID token. */
class FederatedExchangeTest {

  private static final String APP = "sallyport-demo";

  @TempDir static Path data;

  private static ProviderBeside provider;
  private static RunningServer server;
  private static String alice;
  private static DpopKey key;

  private final HttpClient http = HttpClient.newHttpClient();

  @BeforeAll
  static void start() throws Exception {
    provider = new ProviderBeside();
    server =
        RunningServer.start(
            data,
            Stream.concat(
                    Stream.of(provider.settings()),
                    Stream.of(
                        "--sallyport.id-token-exchange.providers[0].provider=acme",
                        "--sallyport.id-token-exchange.providers[0].audiences=app,app2"))
                .toArray(String[]::new));
    provider.clock = server.clock();
    key = new DpopKey(server.clock());
    alice = server.bean(Accounts.class).byUsername("alice").orElseThrow().id();
    server
        .bean(Federation.class)
        .link(alice, new ProviderIdentity("acme", provider.issuer(), "bobby", "bobby"));
  }

  @AfterAll
  static void stop() {
    server.close();
    provider.close();
  }

  private Answer exchange(String idToken, String... more) throws Exception {
    Map<String, String> form = new LinkedHashMap<>();
    form.put("grant_type", "urn:ietf:params:oauth:grant-type:token-exchange");
    form.put("client_id", APP);
    form.put("subject_token", idToken);
    form.put("subject_token_type", "urn:ietf:params:oauth:token-type:id_token");
    form.put("audience", World.ISSUER);
    for (int i = 0; i < more.length; i += 2) {
      form.put(more[i], more[i + 1]);
    }
    String nonce = server.bean(ServerNonces.class).fresh();
    return Answer.of(
        http.send(
            HttpRequest.newBuilder(
                    URI.create("http://localhost:" + server.port() + "/oauth2/token"))
                .header("Content-Type", "application/x-www-form-urlencoded")
                .header("DPoP", key.proof("POST", World.ISSUER + "/oauth2/token", nonce, null))
                .timeout(Duration.ofSeconds(30))
                .POST(HttpRequest.BodyPublishers.ofString(World.form(form)))
                .build(),
            HttpResponse.BodyHandlers.ofString()));
  }

  private static String good() {
    return provider.idToken(UnaryOperator.identity());
  }

  @Test
  void idToken_ofALinkedIdentity_givesAnOrdinaryBoundToken_once() throws Exception {
    String idToken = good();
    Answer answer = exchange(idToken, "scope", "openid chat.read");
    assertThat(answer.status()).as(answer.http().body()).isEqualTo(200);
    assertThat(answer.text("token_type")).isEqualTo("DPoP");
    assertThat(answer.body()).doesNotContainKey("refresh_token");
    JWTClaimsSet claims = World.claims(answer.text("access_token"));
    assertThat(claims.getSubject()).isEqualTo(alice);
    assertThat(claims.getAudience()).containsExactly(World.ISSUER);
    assertThat(claims.getClaim("acr")).isEqualTo("urn:sallyport:acr:1fa");
    assertThat(claims.getStringListClaim("amr")).containsExactly("fed");
    assertThat(claims.getJSONObjectClaim("cnf")).containsEntry("jkt", key.jkt());
    assertThat(exchange(idToken).refusal()).isEqualTo("400 invalid_request");
    // another one goes on in the same session
    assertThat(exchange(good()).status()).isEqualTo(200);
    assertThat(
            server.bean(Sessions.class).ofAccount(alice).stream()
                .filter(session -> session.amr().equals(List.of("fed"))))
        .hasSize(1);
    assertThat(
            server
                .jdbc()
                .queryForList(
                    "select data from security_event where type = 'token-exchanged'", String.class))
        .allSatisfy(
            data -> assertThat(data).contains("\"kind\":\"federated\"", "\"provider\":\"acme\""));
  }

  @Test
  void target_gateway_isNeverGiven() throws Exception {
    assertThat(exchange(good(), "audience", "http://localhost:9100").refusal())
        .isEqualTo("400 invalid_target");
  }

  @Test
  void scope_beyondWhatItIsFor_isRefused() throws Exception {
    assertThat(exchange(good(), "scope", "openid admin").refusal()).isEqualTo("400 invalid_scope");
    assertThat(exchange(good(), "scope", "offline_access").refusal())
        .isEqualTo("400 invalid_scope");
    String[] scopes = exchange(good()).text("scope").split(" ");
    assertThat(scopes).doesNotContain("admin", "offline_access").contains("chat.read");
  }

  @Test
  void idToken_spoilt_isRefused() throws Exception {
    List<UnaryOperator<JWTClaimsSet.Builder>> spoilt = new ArrayList<>();
    spoilt.add(claims -> claims.issuer("https://other.example"));
    spoilt.add(claims -> claims.audience("sallyport"));
    spoilt.add(claims -> claims.audience(List.of("app", "another")));
    spoilt.add(claims -> claims.audience(List.of("app", "app2")));
    spoilt.add(claims -> claims.claim("azp", "another"));
    spoilt.add(claims -> claims.audience(List.of()));
    spoilt.add(claims -> claims.subject("nobody-linked-this"));
    spoilt.add(claims -> claims.subject(null));
    spoilt.add(claims -> claims.issueTime(null));
    spoilt.add(claims -> claims.expirationTime(null));
    spoilt.add(claims -> claims.issueTime(Date.from(server.clock().instant().minusSeconds(400))));
    spoilt.add(claims -> claims.issueTime(Date.from(server.clock().instant().plusSeconds(400))));
    spoilt.add(
        claims -> claims.expirationTime(Date.from(server.clock().instant().minusSeconds(61))));
    spoilt.add(
        claims ->
            claims.claim(
                "events", Map.of("http://schemas.openid.net/event/backchannel-logout", Map.of())));
    for (int i = 0; i < spoilt.size(); i++) {
      assertThat(exchange(provider.idToken(spoilt.get(i))).refusal())
          .as("spoilt %d", i)
          .isEqualTo("400 invalid_request");
    }
    assertThat(exchange(good().replaceAll("\\.[^.]*$", ".AAAA")).refusal())
        .isEqualTo("400 invalid_request");
    assertThat(exchange("garbage").refusal()).isEqualTo("400 invalid_request");
    assertThat(exchange(good(), "actor_token", good()).refusal()).isEqualTo("400 invalid_request");
  }

  @Test
  void account_suspended_getsNothing() throws Exception {
    String id = server.bean(Accounts.class).byUsername("emil").orElseThrow().id();
    server
        .bean(Federation.class)
        .link(id, new ProviderIdentity("acme", provider.issuer(), "emil-there", "emil"));
    UnaryOperator<JWTClaimsSet.Builder> emil = claims -> claims.subject("emil-there");
    assertThat(exchange(provider.idToken(emil)).status()).isEqualTo(200);
    server.bean(Accounts.class).suspend(id, "admin");
    assertThat(exchange(provider.idToken(emil)).refusal()).isEqualTo("400 invalid_request");
  }
}

package dev.sallyport.auth.grant;

import static org.assertj.core.api.Assertions.assertThat;

import com.nimbusds.jwt.JWTClaimsSet;
import dev.sallyport.auth.account.Accounts;
import dev.sallyport.auth.policy.Inquiry;
import dev.sallyport.auth.policy.Policies;
import dev.sallyport.auth.policy.PolicyContent;
import dev.sallyport.auth.signal.Actor;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Base64;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.springframework.transaction.support.TransactionTemplate;

/** RFC 8693 §1.1, §4.1, §4.4: who acts for whom. */
class DelegationTest {

  private static final String ACCESS_TOKEN = "urn:ietf:params:oauth:token-type:access_token";

  private final World world = World.get();
  private final DpopKey key = world.key();

  /** A bearer token of someone at the CRM, whose people the agent may act for. */
  private String crmToken() {
    Map<String, String> asking = world.asking(World.CRM, "openid profile email");
    asking.put("redirect_uri", "https://crm.example/callback");
    Map<String, String> form = world.redeeming(World.CRM, world.authorize(asking).redirect("code"));
    form.put("redirect_uri", "https://crm.example/callback");
    form.remove("client_id");
    Answer tokens =
        world.post(
            "/oauth2/token",
            form,
            "Authorization",
            "Basic "
                + Base64.getEncoder()
                    .encodeToString(
                        (World.CRM + ":" + World.CRM_SECRET).getBytes(StandardCharsets.UTF_8)));
    assertThat(tokens.status()).as(tokens.http().body()).isEqualTo(200);
    return tokens.text("access_token");
  }

  /** The agent's own token, by this key. */
  private String agentToken(DpopKey by, String clientId) {
    Answer answer =
        world.token(
            by,
            world.asserting(world.fapiKey, clientId, Map.of("grant_type", "client_credentials")));
    assertThat(answer.status()).as(answer.http().body()).isEqualTo(200);
    return answer.text("access_token");
  }

  private Map<String, String> exchanging(String subjectToken) {
    Map<String, String> form = world.exchanging(World.AGENT, subjectToken);
    form.remove("client_id");
    form.put("audience", World.ISSUER);
    return form;
  }

  private Answer exchange(Map<String, String> form) {
    return world.token(key, world.asserting(world.fapiKey, World.AGENT, form));
  }

  private Map<String, String> delegating(String subjectToken, String actorToken) {
    Map<String, String> form = exchanging(subjectToken);
    form.put("actor_token", actorToken);
    form.put("actor_token_type", ACCESS_TOKEN);
    return form;
  }

  @Test
  void delegation_toTheOneNamed_saysWhoActs() throws Exception {
    String subject = crmToken();
    assertThat(World.claims(subject).getJSONObjectClaim("may_act"))
        .isEqualTo(Map.of("client_id", World.AGENT));
    Answer answer = exchange(delegating(subject, agentToken(key, World.AGENT)));
    assertThat(answer.status()).as(answer.http().body()).isEqualTo(200);
    assertThat(answer.text("token_type")).isEqualTo("DPoP");
    assertThat(answer.text("scope")).isEqualTo("openid profile");
    assertThat(answer.body()).doesNotContainKey("refresh_token");
    JWTClaimsSet claims = World.claims(answer.text("access_token"));
    assertThat(claims.getSubject()).isEqualTo(World.claims(subject).getSubject());
    assertThat(claims.getAudience()).containsExactly(World.ISSUER);
    assertThat(claims.getClaim("client_id")).isEqualTo(World.AGENT);
    assertThat(claims.getJSONObjectClaim("act"))
        .isEqualTo(Map.of("sub", World.AGENT, "client_id", World.AGENT));
    assertThat(claims.getClaim("may_act")).isNull();
    assertThat(claims.getExpirationTime().getTime() - claims.getIssueTime().getTime())
        .isLessThanOrEqualTo(300_000);
    assertThat(world.api(key, "GET", "/userinfo", answer.text("access_token"), null).status())
        .isEqualTo(200);
    assertThat(event()).contains("\"kind\":\"delegation\"", "\"actor\":\"agent\"");
    Answer introspected =
        world.post(
            "/oauth2/introspect",
            world.asserting(
                world.fapiKey, World.AGENT, Map.of("token", answer.text("access_token"))));
    assertThat(introspected.body().get("act"))
        .isEqualTo(Map.of("sub", World.AGENT, "client_id", World.AGENT));
  }

  private String event() {
    return world
        .server
        .jdbc()
        .queryForList(
            "select data from security_event where type = 'token-exchanged' order by id desc",
            String.class)
        .getFirst();
  }

  @Test
  void chain_isKeptAndBounded() throws Exception {
    String token = crmToken();
    String actor = agentToken(key, World.AGENT);
    token = exchange(delegating(token, actor)).text("access_token");
    // the second time there is no `may_act`: a policy would have to allow it
    assertThat(exchange(delegating(token, actor)).refusal()).isEqualTo("400 access_denied");
    // its own token may be exchanged on, and still says who acts
    Map<String, String> form = exchanging(token);
    form.put("scope", "openid");
    Answer narrowed = exchange(form);
    assertThat(narrowed.status()).as(narrowed.http().body()).isEqualTo(200);
    assertThat(World.claims(narrowed.text("access_token")).getJSONObjectClaim("act"))
        .containsEntry("sub", World.AGENT);
  }

  /** With policies that let anyone act for anyone. */
  @Test
  void chain_ofThree_isTheLongest() {
    Policies policies = world.server.bean(Policies.class);
    String admin = world.server.bean(Accounts.class).byUsername("demo-admin").orElseThrow().id();
    Inquiry asking =
        new Inquiry(
            admin,
            World.CHAT,
            true,
            null,
            "policy.activate",
            Inquiry.Resource.policySet(),
            Map.of());
    PolicyContent before = policies.active().content();
    policies.activate(
        new PolicyContent(
            before.policies()
                + """

                @id("tokens.anyone")
                permit (principal, action == Chat::Action::"token.exchange", resource);
                """,
            before.schema(),
            before.entities()),
        "",
        null,
        asking);
    try {
      String token = crmToken();
      String actor = agentToken(key, World.AGENT);
      assertThat(exchange(exchanging(token)).status()).isEqualTo(200);
      for (int i = 0; i < 3; i++) {
        Answer answer = exchange(delegating(token, actor));
        assertThat(answer.status()).as(answer.http().body()).isEqualTo(200);
        token = answer.text("access_token");
      }
      assertThat(World.claims(token).getClaim("act").toString()).contains("act={").contains("act=");
      assertThat(exchange(delegating(token, actor)).refusal()).isEqualTo("400 invalid_request");
    } finally {
      policies.activate(before, "as it was", null, asking);
    }
  }

  /** Else an access token would go on for ever, without a refresh token. */
  @Test
  void exchanged_ordinaryToken_endsWithWhatItCameFrom() {
    String subject = world.tokens(key, World.OTHER_CHAT, "openid chat.read").text("access_token");
    world.clock.pass(Duration.ofMinutes(3));
    Map<String, String> form = world.exchanging(World.OTHER_CHAT, subject);
    form.put("audience", World.ISSUER);
    Answer answer = world.token(key, form);
    assertThat(World.claims(answer.text("access_token")).getExpirationTime())
        .isEqualTo(World.claims(subject).getExpirationTime());
    assertThat(answer.text("expires_in")).isEqualTo("120");
  }

  @Test
  void clientsOwnToken_isForOneResource() {
    Map<String, String> form = new HashMap<>();
    form.put("grant_type", "client_credentials");
    form.put("resource", "https://other.example");
    Map<String, String> asserted = world.asserting(world.fapiKey, World.AGENT, form);
    assertThat(world.token(key, asserted).refusal()).isEqualTo("400 invalid_target");
    form.put("resource", World.ISSUER);
    asserted = world.asserting(world.fapiKey, World.AGENT, form);
    assertThat(World.claims(world.token(key, asserted).text("access_token")).getAudience())
        .containsExactly(World.ISSUER);
  }

  @Test
  void impersonation_isNotForAnyoneByDefault() {
    Answer answer = exchange(exchanging(crmToken()));
    assertThat(answer.refusal()).isEqualTo("400 access_denied");
    assertThat(answer.text("decision_id")).isNotBlank();
  }

  @Test
  void mayAct_namesAnother_isRefusedBeforePolicy() {
    Map<String, String> form = world.exchanging(World.FAPI, crmToken());
    form.remove("client_id");
    form.put("audience", World.ISSUER);
    assertThat(world.token(key, world.asserting(world.fapiKey, World.FAPI, form)).refusal())
        .isEqualTo("400 invalid_request");
  }

  @Test
  void actorToken_ofAnotherKeyOrClientOrKind_isRefused() {
    String subject = crmToken();
    String own = agentToken(key, World.AGENT);
    DpopKey other = world.key();
    assertThat(exchange(delegating(subject, agentToken(other, World.AGENT))).refusal())
        .isEqualTo("400 invalid_request");
    String chat = world.tokens(key, World.OTHER_CHAT, "openid chat.read").text("access_token");
    assertThat(exchange(delegating(subject, chat)).refusal()).isEqualTo("400 invalid_request");
    assertThat(exchange(delegating(subject, "garbage")).refusal()).isEqualTo("400 invalid_request");
    Map<String, String> form = new HashMap<>(delegating(subject, own));
    form.remove("actor_token_type");
    assertThat(exchange(form).refusal()).isEqualTo("400 invalid_request");
    form = new HashMap<>(exchanging(subject));
    form.put("actor_token_type", ACCESS_TOKEN);
    assertThat(exchange(form).refusal()).isEqualTo("400 invalid_request");
    // nobody stands behind a client's own token
    assertThat(exchange(delegating(own, own)).refusal()).isEqualTo("400 invalid_request");
  }

  @Test
  void delegatedToken_endsWithWhatItCameFrom() {
    String subject = crmToken();
    String delegated =
        exchange(delegating(subject, agentToken(key, World.AGENT))).text("access_token");
    String family = World.claims(subject).getJWTID().split("\\.")[0];
    Authorizations families = world.server.bean(Authorizations.class);
    world
        .server
        .bean(TransactionTemplate.class)
        .executeWithoutResult(
            _ -> families.end(family, Actor.system(), Authorizations.End.CLIENT_REVOKED));
    assertThat(world.api(key, "GET", "/userinfo", delegated, null).refusal())
        .isEqualTo("401 invalid_token");
  }

  @Test
  void exchange_forAResourceOfTheClient_orFewerScopes() {
    String subject =
        world.tokens(key, World.OTHER_CHAT, "openid offline_access chat.read").text("access_token");
    Map<String, String> form = world.exchanging(World.OTHER_CHAT, subject);
    form.remove("audience");
    form.put("resource", "https://files.example/api");
    Answer answer = world.token(key, form);
    assertThat(answer.status()).as(answer.http().body()).isEqualTo(200);
    assertThat(World.claims(answer.text("access_token")).getAudience())
        .isEqualTo(List.of("https://files.example/api"));
    assertThat(answer.text("scope")).isEqualTo("chat.read openid");
    form.put("resource", "https://other.example");
    assertThat(world.token(key, form).refusal()).isEqualTo("400 invalid_target");
    form.put("resource", World.ISSUER);
    form.put("scope", "openid");
    assertThat(world.token(key, form).text("scope")).isEqualTo("openid");
    form.put("device_id", "0192e4a0-0000-7000-8000-000000000000");
    assertThat(world.token(key, form).refusal()).isEqualTo("400 invalid_request");
  }
}

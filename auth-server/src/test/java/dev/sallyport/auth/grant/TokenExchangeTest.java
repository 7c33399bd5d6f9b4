package dev.sallyport.auth.grant;

import static org.assertj.core.api.Assertions.assertThat;

import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.JWSHeader;
import com.nimbusds.jose.crypto.ECDSASigner;
import com.nimbusds.jose.jwk.Curve;
import com.nimbusds.jose.jwk.gen.ECKeyGenerator;
import com.nimbusds.jwt.JWTClaimsSet;
import com.nimbusds.jwt.SignedJWT;
import dev.sallyport.auth.account.Accounts;
import dev.sallyport.auth.policy.Inquiry;
import dev.sallyport.auth.policy.Policies;
import dev.sallyport.auth.policy.PolicyContent;
import dev.sallyport.auth.session.Sessions;
import dev.sallyport.auth.signal.Actor;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** RFC 8693, and the rules of the design that Spring's provider does not know. */
class TokenExchangeTest {

  private final World world = World.get();
  private final DpopKey key = world.key();

  private String accessToken(String scope) {
    return world.tokens(key, World.CHAT, scope).text("access_token");
  }

  @Test
  void exchange_ownToken_givesGatewayToken() throws Exception {
    String subject = accessToken(World.ALL_SCOPES);
    Map<String, String> form = world.exchanging(World.CHAT, subject);
    form.put("scope", "chat.read");
    Answer answer = world.token(key, form);
    assertThat(answer.status()).as(answer.http().body()).isEqualTo(200);
    assertThat(answer.text("issued_token_type"))
        .isEqualTo("urn:ietf:params:oauth:token-type:access_token");
    assertThat(answer.text("token_type")).isEqualTo("DPoP");
    assertThat(answer.text("scope")).isEqualTo("chat.read");
    SignedJWT token = SignedJWT.parse(answer.text("access_token"));
    assertThat(token.getHeader().getType().getType()).isEqualTo("at+jwt");
    JWTClaimsSet claims = token.getJWTClaimsSet();
    JWTClaimsSet before = World.claims(subject);
    assertThat(claims.getAudience()).containsExactly(World.GATEWAY);
    for (String same : Set.of("iss", "sub", "sid", "acr", "amr", "auth_time", "client_id", "cnf")) {
      assertThat(claims.getClaim(same)).as(same).isEqualTo(before.getClaim(same));
    }
    assertThat(claims.getStringListClaim("roles")).isNotNull();
    assertThat(claims.getStringListClaim("groups")).isNotNull();
    assertThat(claims.getJSONObjectClaim("attributes")).isNotNull();
    assertThat(claims.getClaim("device_id")).isNull();
  }

  @Test
  void exchange_withoutScope_keepsWhatTheGatewayKnows() {
    assertThat(
            world
                .token(key, world.exchanging(World.CHAT, accessToken("openid chat.read")))
                .text("scope"))
        .isEqualTo("chat.read");
  }

  /** Spring's first gap: it compares scope with the client, not with the subject token. */
  @Test
  void exchange_scopeOfTheClientButNotOfTheToken_isRefused() {
    Map<String, String> form = world.exchanging(World.CHAT, accessToken("openid chat.read"));
    form.put("scope", "chat.read chat.write");
    assertThat(world.token(key, form).refusal()).isEqualTo("400 invalid_scope");
  }

  /** Spring's second gap: it compares neither key nor client. */
  @Test
  void exchange_withoutTheKeyOfTheToken_isRefused() {
    assertThat(
            world
                .token(world.key(), world.exchanging(World.CHAT, accessToken("openid chat.read")))
                .refusal())
        .isEqualTo("400 invalid_dpop_proof");
  }

  @Test
  void exchange_tokenOfAnotherClient_isRefusedByPolicy() {
    Answer answer =
        world.token(key, world.exchanging(World.OTHER_CHAT, accessToken("openid chat.read")));
    assertThat(answer.refusal()).isEqualTo("400 access_denied");
    assertThat(answer.text("decision_id")).isNotBlank();
  }

  /** RFC 9470: the client learns what to ask for, signs the person in again, and may. */
  @Test
  void exchange_thatAPolicyLeavesToTwoFactors_asksOneWhoShowedOneForTheSecond() {
    Policies policies = world.server.bean(Policies.class);
    Accounts accounts = world.server.bean(Accounts.class);
    Inquiry asking =
        new Inquiry(
            accounts.byUsername("demo-admin").orElseThrow().id(),
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

                @id("vault.two-factors")
                @message("the vault needs a second factor")
                forbid (principal, action == Chat::Action::"token.exchange", resource)
                when { principal has department && principal.department == "vault" }
                unless { context.session.mfa };
                """,
            before.schema(),
            before.entities()),
        "",
        null,
        asking);
    try {
      String id = world.person().accountId();
      accounts.changeClaims(
          id, Set.of("user"), Set.of(), Map.of("department", "vault"), Actor.system());
      assertThat(exchangedAfter(id, "pwd").refusal())
          .isEqualTo("400 insufficient_user_authentication");
      Answer sent = exchangedAfter(id, "pwd", "otp", "sms");
      assertThat(sent.refusal())
          .as("a code that was sent is no second factor")
          .isEqualTo("400 insufficient_user_authentication");
      assertThat(sent.text("acr_values")).isEqualTo("urn:sallyport:acr:2fa");
      assertThat(sent.text("decision_id")).isNotBlank();
      assertThat(exchangedAfter(id, "pwd", "otp", "mfa").status()).isEqualTo(200);
    } finally {
      policies.activate(before, "", null, asking);
    }
  }

  private Answer exchangedAfter(String accountId, String... amr) {
    String sid =
        world.server.bean(Sessions.class).begin(accountId, List.of(amr), "test", "127.0.0.1").sid();
    String subject =
        world
            .tokens(new World.Person(accountId, sid), key, World.CHAT, "openid chat.read")
            .text("access_token");
    return world.token(key, world.exchanging(World.CHAT, subject));
  }

  /** Spring's third gap: what was exchanged may be exchanged again. */
  @Test
  void exchange_gatewayToken_isRefused() {
    String gatewayToken =
        world
            .token(key, world.exchanging(World.CHAT, accessToken("openid chat.read")))
            .text("access_token");
    assertThat(world.token(key, world.exchanging(World.CHAT, gatewayToken)).refusal())
        .isEqualTo("400 invalid_request");
    assertThat(world.api(key, "GET", "/v1/devices", gatewayToken, null).refusal())
        .isEqualTo("401 invalid_token");
  }

  @Test
  void exchange_otherAudience_isInvalidTarget() {
    Map<String, String> form = world.exchanging(World.CHAT, accessToken("openid chat.read"));
    form.put("audience", "https://other.example");
    assertThat(world.token(key, form).refusal()).isEqualTo("400 invalid_target");
    form.put("audience", World.GATEWAY);
    form.put("resource", "https://other.example");
    assertThat(world.token(key, form).refusal()).isEqualTo("400 invalid_target");
    form.remove("audience");
    assertThat(world.token(key, form).refusal()).isEqualTo("400 invalid_target");
    form.put("resource", World.GATEWAY);
    assertThat(world.token(key, form).status()).isEqualTo(200);
    form.remove("resource");
    assertThat(world.token(key, form).refusal()).isEqualTo("400 invalid_target");
  }

  @Test
  void exchange_otherTokenTypes_areRefused() {
    String subject = accessToken("openid chat.read");
    Map<String, String> form = world.exchanging(World.CHAT, subject);
    form.put("subject_token_type", "urn:ietf:params:oauth:token-type:saml2");
    assertThat(world.token(key, form).refusal()).isEqualTo("400 invalid_request");
    form.put("subject_token_type", "urn:ietf:params:oauth:token-type:id_token");
    assertThat(world.token(key, form).refusal()).isEqualTo("400 invalid_target");
    form = world.exchanging(World.CHAT, subject);
    form.put("requested_token_type", "urn:ietf:params:oauth:token-type:refresh_token");
    assertThat(world.token(key, form).refusal()).isEqualTo("400 invalid_request");
    form = world.exchanging(World.CHAT, subject);
    form.put("actor_token", subject);
    assertThat(world.token(key, form).refusal()).isEqualTo("400 invalid_request");
  }

  @Test
  void exchange_idTokenExpiredOrForged_isRefused() throws Exception {
    Answer tokens = world.tokens(key, World.CHAT, "openid chat.read");
    assertThat(world.token(key, world.exchanging(World.CHAT, tokens.text("id_token"))).refusal())
        .isEqualTo("400 invalid_request");
    String subject = tokens.text("access_token");
    SignedJWT own = SignedJWT.parse(subject);
    SignedJWT forged =
        new SignedJWT(
            new JWSHeader.Builder(JWSAlgorithm.ES256)
                .type(own.getHeader().getType())
                .keyID(own.getHeader().getKeyID())
                .build(),
            own.getJWTClaimsSet());
    forged.sign(new ECDSASigner(new ECKeyGenerator(Curve.P_256).generate()));
    assertThat(world.token(key, world.exchanging(World.CHAT, forged.serialize())).refusal())
        .isEqualTo("400 invalid_request");
    world.clock.pass(Duration.ofMinutes(5));
    assertThat(world.token(key, world.exchanging(World.CHAT, subject)).refusal())
        .isEqualTo("400 invalid_request");
  }

  @Test
  void exchange_suspendedAccount_isRefused() {
    World.Person person = world.person();
    String token =
        world.tokens(person, key, World.OTHER_CHAT, "openid chat.read").text("access_token");
    world.server.bean(Accounts.class).suspend(person.accountId(), "admin");
    assertThat(world.token(key, world.exchanging(World.OTHER_CHAT, token)).refusal())
        .isEqualTo("400 invalid_request");
  }

  @Test
  void exchange_webClient_isRefused() {
    Map<String, String> form = world.exchanging(World.WEB, accessToken("openid chat.read"));
    form.remove("client_id");
    assertThat(world.post("/oauth2/token", form, "Authorization", world.webBasic()).refusal())
        .isEqualTo("400 unauthorized_client");
  }

  @Test
  void exchange_deviceOfNobodyOrAnotherKey_isRefused() {
    String token = accessToken("openid chat.read chat.write");
    Map<String, String> form = world.exchanging(World.CHAT, token);
    form.put("device_id", "0192e4a0-0000-7000-8000-000000000000");
    assertThat(world.token(key, form).refusal()).isEqualTo("400 invalid_request");
  }
}

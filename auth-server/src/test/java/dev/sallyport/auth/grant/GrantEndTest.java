package dev.sallyport.auth.grant;

import static org.assertj.core.api.Assertions.assertThat;

import com.nimbusds.jwt.JWTClaimsSet;
import dev.sallyport.auth.account.Accounts;
import dev.sallyport.auth.consent.AllowedApplications;
import dev.sallyport.auth.session.Initiator;
import dev.sallyport.auth.session.Sessions;
import dev.sallyport.auth.signal.Actor;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.springframework.transaction.support.TransactionTemplate;

/** What ends a family of tokens ends its gateway tokens, too: gateways hear of it. */
class GrantEndTest {

  private final World world = World.get();
  private final World.Person person = world.person();
  private final DpopKey key = world.key();

  private Answer tokens() {
    return world.tokens(
        person, key, World.OTHER_CHAT, "openid offline_access chat.read chat.write");
  }

  private Answer exchange(String accessToken) {
    return world.token(key, world.exchanging(World.OTHER_CHAT, accessToken));
  }

  private String grantOf(Answer tokens) throws Exception {
    Answer exchanged = exchange(tokens.text("access_token"));
    assertThat(exchanged.status()).as(exchanged.http().body()).isEqualTo(200);
    String grant = World.claims(exchanged.text("access_token")).getStringClaim("grant_id");
    assertThat(grant).isNotBlank();
    return grant;
  }

  /** Reason and actor of the signals about a grant, in order. */
  private List<@Nullable String> ends(String grantId) {
    return world
        .server
        .jdbc()
        .queryForList(
            "select data || ' ' || actor_kind from security_event e"
                + " where type = 'grant-revoked' and subject = ? and data like ?"
                + " and (exists (select 1 from signal_pending p where p.event_id = e.id)"
                + " or exists (select 1 from signal s where s.event_id = e.id)) order by id",
            String.class,
            person.accountId(),
            "%" + grantId + "%");
  }

  @Test
  void refresh_ofASpentToken_tellsGateways() throws Exception {
    Answer first = tokens();
    String grant = grantOf(first);
    Answer second = world.refresh(key, World.OTHER_CHAT, first.text("refresh_token"));
    assertThat(second.status()).isEqualTo(200);
    assertThat(ends(grant)).isEmpty();
    world.clock.pass(Duration.ofSeconds(11));
    for (int i = 0; i < 2; i++) {
      assertThat(world.refresh(key, World.OTHER_CHAT, first.text("refresh_token")).refusal())
          .isEqualTo("400 invalid_grant");
    }
    assertThat(ends(grant))
        .singleElement()
        .asString()
        .contains("\"reason\":\"refresh_reused\"", "policy");
    assertThat(exchange(second.text("access_token")).refusal()).isEqualTo("400 invalid_request");
  }

  @Test
  void revoke_ofARefreshToken_tellsGateways() throws Exception {
    Answer tokens = tokens();
    String grant = grantOf(tokens);
    String gatewayToken = exchange(tokens.text("access_token")).text("access_token");
    assertThat(introspected(gatewayToken)).contains("\"active\":true");
    Map<String, String> form =
        Map.of("client_id", World.OTHER_CHAT, "token", tokens.text("refresh_token"));
    for (int i = 0; i < 2; i++) {
      assertThat(world.post("/oauth2/revoke", form).status()).isEqualTo(200);
    }
    assertThat(ends(grant))
        .singleElement()
        .asString()
        .contains("\"reason\":\"client_revoked\"", "user");
    assertThat(introspected(gatewayToken)).contains("\"active\":false");
  }

  private String introspected(String gatewayToken) {
    return world
        .post(
            "/oauth2/introspect",
            world.asserting(world.gatewayKey, "chat-gateway", Map.of("token", gatewayToken)))
        .http()
        .body();
  }

  @Test
  void revoke_byAnotherClient_endsNothing() throws Exception {
    Answer tokens = tokens();
    String grant = grantOf(tokens);
    world.post(
        "/oauth2/revoke", Map.of("client_id", World.CHAT, "token", tokens.text("refresh_token")));
    assertThat(ends(grant)).isEmpty();
    assertThat(exchange(tokens.text("access_token")).status()).isEqualTo(200);
  }

  @Test
  void redeem_ofAUsedCode_tellsGateways() throws Exception {
    String code = world.code(World.CHAT, "openid chat.read");
    Answer tokens = world.token(key, world.redeeming(World.CHAT, code));
    Answer exchanged = world.token(key, world.exchanging(World.CHAT, tokens.text("access_token")));
    JWTClaimsSet claims = World.claims(exchanged.text("access_token"));
    assertThat(world.token(key, world.redeeming(World.CHAT, code)).refusal())
        .isEqualTo("400 invalid_grant");
    assertThat(
            world
                .server
                .jdbc()
                .queryForList(
                    "select data from security_event where type = 'grant-revoked' and subject = ?"
                        + " and data like ?",
                    String.class,
                    claims.getSubject(),
                    "%" + claims.getStringClaim("grant_id") + "%"))
        .singleElement()
        .asString()
        .contains("\"reason\":\"code_replayed\"");
  }

  @Test
  void redeem_ofACodeThatCameTooLate_endsNothing() {
    String code = world.code(World.CHAT, "openid chat.read");
    long before = grantEnds();
    world.clock.pass(Duration.ofMinutes(2));
    assertThat(world.token(key, world.redeeming(World.CHAT, code)).refusal())
        .isEqualTo("400 invalid_grant");
    assertThat(grantEnds()).isEqualTo(before);
  }

  private long grantEnds() {
    Long count =
        world
            .server
            .jdbc()
            .queryForObject(
                "select count(*) from security_event where type = 'grant-revoked'", Long.class);
    return count == null ? 0 : count;
  }

  @Test
  void refresh_afterTheSession_endsTheFamily() throws Exception {
    Answer tokens = tokens();
    String grant = grantOf(tokens);
    world.server.bean(Sessions.class).revoke(person.sid(), Initiator.USER);
    assertThat(world.refresh(key, World.OTHER_CHAT, tokens.text("refresh_token")).refusal())
        .isEqualTo("400 invalid_grant");
    assertThat(ends(grant)).singleElement().asString().contains("session_ended");
  }

  // ---- at the same time

  /** Runs an exchange that begins before this change is committed, and ends after. */
  private Answer exchangeDuring(String accessToken, Runnable change) throws Exception {
    TransactionTemplate transaction = world.server.bean(TransactionTemplate.class);
    try (ExecutorService other = Executors.newSingleThreadExecutor()) {
      Future<Answer> exchange =
          transaction.execute(
              _ -> {
                change.run();
                Future<Answer> running = other.submit(() -> exchange(accessToken));
                Awaitility.await()
                    .atMost(Duration.ofSeconds(30))
                    .until(() -> running.isDone() || waiting());
                return running;
              });
      if (exchange == null) {
        throw new AssertionError();
      }
      return exchange.get(30, TimeUnit.SECONDS);
    }
  }

  /** Whether a statement waits for a lock that another transaction holds. */
  private boolean waiting() {
    try (ExecutorService other = Executors.newSingleThreadExecutor()) {
      // not in the transaction of this thread
      return other
              .submit(
                  () ->
                      world
                          .server
                          .jdbc()
                          .queryForList(
                              "select session_id from information_schema.sessions"
                                  + " where blocker_id is not null")
                          .size())
              .get(30, TimeUnit.SECONDS)
          > 0;
    } catch (Exception e) {
      throw new AssertionError(e);
    }
  }

  @Test
  void exchange_whileTheFamilyEnds_loses() throws Exception {
    Answer tokens = tokens();
    String grant = grantOf(tokens);
    Answer exchanged =
        exchangeDuring(
            tokens.text("access_token"),
            () ->
                world
                    .server
                    .bean(Authorizations.class)
                    .end(grant, Actor.system(), Authorizations.End.CLIENT_REVOKED));
    assertThat(exchanged.refusal()).isEqualTo("400 invalid_request");
  }

  @Test
  void exchange_whileTheSessionsEnd_loses() throws Exception {
    Answer tokens = tokens();
    Answer exchanged =
        exchangeDuring(
            tokens.text("access_token"),
            () -> world.server.bean(Sessions.class).revokeAll(person.accountId(), Initiator.ADMIN));
    assertThat(exchanged.refusal()).isEqualTo("400 invalid_request");
  }

  @Test
  void exchange_whileClaimsChange_carriesTheNewOnes() throws Exception {
    Answer tokens = tokens();
    Answer exchanged =
        exchangeDuring(
            tokens.text("access_token"),
            () ->
                world
                    .server
                    .bean(Accounts.class)
                    .changeClaims(
                        person.accountId(),
                        Set.of("user"),
                        Set.of(),
                        Map.of("department", "contractor"),
                        "admin"));
    assertThat(exchanged.status()).as(exchanged.http().body()).isEqualTo(200);
    assertThat(
            World.claims(exchanged.text("access_token"))
                .getJSONObjectClaim("attributes")
                .get("department"))
        .isEqualTo("contractor");
  }

  @Test
  void application_thatItsOwnerRemoves_holdsNothingAnyLonger() throws Exception {
    AllowedApplications applications = world.server.bean(AllowedApplications.class);
    Answer first = tokens();
    String grant = grantOf(first);
    Answer other = world.tokens(person, key, World.CHAT, "openid offline_access chat.read");
    World.Person stranger = world.person();
    DpopKey strangersKey = world.key();
    Answer strangers =
        world.tokens(stranger, strangersKey, World.OTHER_CHAT, "openid offline_access");
    assertThat(applications.of(person.accountId()))
        .extracting(AllowedApplications.Allowed::clientId)
        .containsExactly(World.OTHER_CHAT, World.CHAT);
    assertThat(applications.of(person.accountId()).getFirst())
        .matches(AllowedApplications.Allowed::signedIn)
        .extracting(AllowedApplications.Allowed::scopes)
        .isEqualTo(Set.of("openid", "offline_access", "chat.read", "chat.write"));

    assertThat(applications.withdraw(person.accountId(), World.OTHER_CHAT)).isTrue();
    assertThat(applications.withdraw(person.accountId(), World.OTHER_CHAT)).isFalse();
    assertThat(ends(grant))
        .singleElement()
        .asString()
        .contains("\"reason\":\"consent_withdrawn\"", "user");
    assertThat(exchange(first.text("access_token")).refusal()).isEqualTo("400 invalid_request");
    assertThat(world.refresh(key, World.OTHER_CHAT, first.text("refresh_token")).refusal())
        .isEqualTo("400 invalid_grant");
    assertThat(applications.of(person.accountId()))
        .extracting(AllowedApplications.Allowed::clientId)
        .containsExactly(World.CHAT);
    assertThat(world.refresh(key, World.CHAT, other.text("refresh_token")).status()).isEqualTo(200);
    assertThat(
            world.refresh(strangersKey, World.OTHER_CHAT, strangers.text("refresh_token")).status())
        .isEqualTo(200);
  }

  /** Tokens of a session that is over are none, whether or not they were ended one by one. */
  @Test
  void application_ofASessionThatEnded_isNotSignedIn() {
    tokens();
    world.server.bean(Sessions.class).revoke(person.sid(), Initiator.USER);
    assertThat(world.server.bean(AllowedApplications.class).of(person.accountId())).isEmpty();
  }
}

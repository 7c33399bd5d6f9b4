package dev.sallyport.auth.grant;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sallyport.auth.Authenticator;
import dev.sallyport.auth.Browser;
import dev.sallyport.auth.ProviderBeside;
import dev.sallyport.auth.account.Account;
import dev.sallyport.auth.account.Accounts;
import dev.sallyport.auth.client.Client;
import dev.sallyport.auth.client.ClientDocument;
import dev.sallyport.auth.client.ClientOrigin;
import dev.sallyport.auth.client.ClientRegistry;
import dev.sallyport.auth.client.SecurityProfile;
import dev.sallyport.auth.federation.Federation;
import dev.sallyport.auth.federation.ProviderDocument;
import dev.sallyport.auth.federation.ProviderIdentity;
import dev.sallyport.auth.federation.ProviderLogouts;
import dev.sallyport.auth.federation.ProviderSession;
import dev.sallyport.auth.federation.Providers;
import dev.sallyport.auth.password.PasswordChange;
import dev.sallyport.auth.password.Passwords;
import dev.sallyport.auth.person.PersonCards;
import dev.sallyport.auth.policy.Inquiry;
import dev.sallyport.auth.policy.Policies;
import dev.sallyport.auth.policy.PolicyContent;
import dev.sallyport.auth.recovery.Recovery;
import dev.sallyport.auth.registration.InitialAccessTokens;
import dev.sallyport.auth.session.Initiator;
import dev.sallyport.auth.session.Sessions;
import dev.sallyport.auth.signal.Actor;
import dev.sallyport.auth.signal.SecurityEvent;
import dev.sallyport.auth.token.KeyPurpose;
import dev.sallyport.auth.token.KeyRing;
import dev.sallyport.auth.totp.CodeCheck;
import dev.sallyport.auth.totp.Enrolment;
import dev.sallyport.auth.totp.EnrolmentOffer;
import dev.sallyport.auth.totp.SecondFactor;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.UUID;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.springframework.beans.factory.SmartInitializingSingleton;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.security.oauth2.server.authorization.OAuth2AuthorizationConsent;
import tools.jackson.databind.json.JsonMapper;

/**
 * Every kind of security event that is declared is recorded by what it tells of: an event that
 * nothing records is a promise to auditors that nobody keeps.
 */
class EveryEventTest {

  private final World world = World.get();
  private final JdbcTemplate jdbc = world.server.jdbc();

  @Test
  void everyDeclaredEvent_isRecordedByItsFlow() throws Exception {
    Long before = jdbc.queryForObject("select max(id) from security_event", Long.class);
    accountsAndSessions();
    identityProviders();
    passwordAndFactors();
    tokensAndDevices();
    clients();
    policies();
    keys();
    brokenSignal();

    // made when a server starts, before any test
    Set<String> recorded =
        new TreeSet<>(
            jdbc.queryForList(
                "select distinct type from security_event where id > ? or type in"
                    + " ('client-registered', 'signing-key-made')",
                String.class,
                before));
    assertThat(recorded).isEqualTo(new TreeSet<>(declared(SecurityEvent.class).toList()));
  }

  /** The name that {@code EventForm} gives to each record. */
  private static Stream<String> declared(Class<?> type) {
    return type.isSealed()
        ? Arrays.stream(type.getPermittedSubclasses()).flatMap(EveryEventTest::declared)
        : Stream.of(
            type.getSimpleName().replaceAll("(?<=[a-z])(?=[A-Z])", "-").toLowerCase(Locale.ROOT));
  }

  private void accountsAndSessions() {
    Accounts accounts = world.server.bean(Accounts.class);
    World.Person person = world.person();
    accounts.changeClaims(person.accountId(), Set.of("user"), Set.of("staff"), Map.of(), "admin");
    accounts.suspend(person.accountId(), "admin");
    accounts.restore(person.accountId(), "admin");
    world.server.bean(Sessions.class).revoke(person.sid(), Initiator.USER);
    Federation federation = world.server.bean(Federation.class);
    federation.link(
        person.accountId(),
        new ProviderIdentity("acme", "https://acme.example", UUID.randomUUID().toString(), "a@b"));
    federation.unlink(person.accountId(), federation.ofAccount(person.accountId()).getFirst().id());
    Consents consents = world.server.bean(Consents.class);
    OAuth2AuthorizationConsent consent =
        OAuth2AuthorizationConsent.withId(World.CHAT, person.accountId()).scope("openid").build();
    consents.save(consent);
    consents.remove(consent);
    accounts.close(world.person().accountId(), Actor.admin("admin"));
  }

  private void identityProviders() throws Exception {
    try (ProviderBeside beside = new ProviderBeside()) {
      beside.clock = world.clock;
      var document =
          Map.of(
              "id",
              "every",
              "protocol",
              "oidc",
              "issuer",
              beside.issuer(),
              "client_id",
              "sallyport");
      var reading = ProviderDocument.read(JsonMapper.shared().valueToTree(document));
      world
          .server
          .bean(Providers.class)
          .create(((ProviderDocument.Reading.Read) reading).provider(), Actor.admin("admin"));
      World.Person person = world.person();
      world
          .server
          .bean(Federation.class)
          .begun(
              person.sid(),
              world.server.bean(Accounts.class).byId(person.accountId()).orElseThrow(),
              new ProviderSession(
                  "every",
                  beside.issuer(),
                  "bobby",
                  null,
                  world.clock.instant(),
                  Set.of(),
                  Set.of()));
      assertThat(
              world
                  .server
                  .bean(ProviderLogouts.class)
                  .receive("every", beside.logoutToken(UnaryOperator.identity())))
          .isEqualTo(new ProviderLogouts.Outcome.Ended(1));
    }
  }

  private void passwordAndFactors() {
    Account account =
        world.server.bean(Accounts.class).byId(world.person().accountId()).orElseThrow();
    Passwords passwords = world.server.bean(Passwords.class);
    passwords.reset(account.id(), Actor.admin("admin"));
    assertThat(
            passwords.replace(
                account, passwords.version(account.id()), "correct horse battery staple"))
        .isInstanceOf(PasswordChange.Changed.class);
    new Browser(world.server.port())
        .press("/login", "sign-in", "username", account.username(), "password", "wrong");

    SecondFactor factor = world.server.bean(SecondFactor.class);
    EnrolmentOffer offer = factor.offer(account);
    Enrolment enrolment =
        factor.confirm(
            account,
            offer,
            new Authenticator(factor.secretText(account, offer)).code(world.clock.instant()));
    List<String> codes = ((Enrolment.Enrolled) enrolment).recoveryCodes();
    assertThat(factor.checkRecovery(account.id(), codes.getFirst()))
        .isEqualTo(new CodeCheck.Right());
    factor.renewRecoveryCodes(account.id());
    mailed(account);
  }

  private void mailed(Account account) {
    Accounts accounts = world.server.bean(Accounts.class);
    world
        .server
        .bean(PersonCards.class)
        .replace(account.id(), Map.of("given_name", "Every"), null, Actor.user(account.id()));
    accounts.verified(account.id(), "every@sallyport.example", Actor.user(account.id()));
    Recovery recovery = world.server.bean(Recovery.class);
    recovery.invite(accounts.byId(account.id()).orElseThrow(), Actor.admin("admin"));
    recovery.forgotten(account.username());
    Awaitility.await()
        .atMost(Duration.ofSeconds(60))
        .until(
            () ->
                jdbc.queryForList(
                            "select id from security_event where type = 'recovery-requested' and"
                                + " subject = ?",
                            Long.class,
                            account.id())
                        .size()
                    == 1);
  }

  // these tests are the flows: told again here, they would drift apart
  @SuppressWarnings("JUnitMethodInvoked")
  private void tokensAndDevices() throws Exception {
    new GrantEndTest().refresh_ofASpentToken_tellsGateways();
    new DevicesTest().device_fromEnrolmentToRevocation();
    new TokenExchangeTest().exchange_tokenOfAnotherClient_isRefusedByPolicy();
    new DeviceGrantTest().device_fromCodeToTokens();
    new DeviceGrantTest().deny_tellsTheDevice();
    DpopKey key = world.key();
    String token =
        world
            .tokens(world.person(), key, World.OTHER_CHAT, "openid chat.read")
            .text("access_token");
    world.post("/oauth2/revoke", Map.of("client_id", World.OTHER_CHAT, "token", token));
    assertThat(world.token(key, world.exchanging(World.OTHER_CHAT, token)).refusal())
        .isEqualTo("400 invalid_request");
  }

  private void clients() {
    InitialAccessTokens tokens = world.server.bean(InitialAccessTokens.class);
    String token =
        tokens
            .make("", Set.of(SecurityProfile.WEB), 1, Duration.ofDays(1), Actor.admin("admin"))
            .entry()
            .id();
    tokens.revoke(token, Actor.admin("admin"));
    ClientRegistry registry = world.server.bean(ClientRegistry.class);
    Client client =
        ((ClientDocument.Reading.Read)
                ClientDocument.read(
                    UUID.randomUUID().toString(),
                    Map.of("redirect_uris", List.of("https://rp.example/")),
                    ClientDocument.Author.ADMIN))
            .client();
    registry.register(client, ClientOrigin.REGISTERED, Actor.admin("admin"), null);
    registry.rotateSecret(client.clientId(), null, Actor.admin("admin"));
    registry.remove(client.clientId(), null, Actor.admin("admin"));
  }

  private void policies() {
    Policies policies = world.server.bean(Policies.class);
    String admin = world.server.bean(Accounts.class).byUsername("demo-admin").orElseThrow().id();
    PolicyContent content = policies.active().content();
    Policies.Saving saving = policies.begin(content, "", admin);
    policies.discard(((Policies.Saving.Saved) saving).draft().id(), admin);
    Inquiry asking =
        new Inquiry(
            admin,
            World.CHAT,
            true,
            null,
            "policy.activate",
            Inquiry.Resource.policySet(),
            Map.of());
    policies.activate(
        new PolicyContent("permit (", content.schema(), content.entities()), "", null, asking);
    policies.activate(content, "the same again", null, asking);
    // as if an earlier release had been here until now
    jdbc.update(
        "insert into policy_shipped (release_number, policies, cedar_schema, entities) values (-1,"
            + " ?, ?, ?)",
        content.policies(),
        content.schema(),
        content.entities());
    jdbc.update(
        "update policy_version set release_number = -1, policies = ? where version ="
            + " (select version from policy_active)",
        content.policies().replace("64 KiB", "63 KiB") + "\n// one's own\n");
    jdbc.update(
        "update policy_shipped set policies = ? where release_number = -1",
        content.policies().replace("64 KiB", "63 KiB"));
    world
        .server
        .bean("firstPolicies", SmartInitializingSingleton.class)
        .afterSingletonsInstantiated();
  }

  private void keys() {
    KeyRing keys = world.server.bean(KeyRing.class);
    Actor admin = Actor.admin("admin");
    String first = kid(keys, KeyRing.State.ACTIVE);
    keys.rotate(KeyPurpose.BUNDLE, null, admin);
    jdbc.update("update signing_key set active_from_ms = 0 where purpose = 'BUNDLE'");
    keys.retire(first, null, admin);
    keys.revoke(kid(keys, KeyRing.State.ACTIVE), null, admin);
  }

  private static String kid(KeyRing keys, KeyRing.State state) {
    return keys.ring().keys().stream()
        .filter(key -> key.purpose() == KeyPurpose.BUNDLE && key.state() == state)
        .findFirst()
        .orElseThrow()
        .kid();
  }

  private void brokenSignal() {
    jdbc.update(
        "insert into security_event (type, actor_kind, subject, occurred_at, data)"
            + " values ('session-revoked', 'system', 'nobody', current_timestamp, 'not JSON')");
    jdbc.update(
        "insert into signal_pending (event_id) select max(id) from security_event"
            + " where subject = 'nobody'");
    Awaitility.await()
        .atMost(Duration.ofSeconds(30))
        .until(
            () ->
                !jdbc.queryForList(
                        "select id from security_event where type = 'signal-replaced'"
                            + " and subject = 'nobody'")
                    .isEmpty());
  }
}

package dev.sallyport.auth.grant;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import com.nimbusds.jose.jwk.Curve;
import com.nimbusds.jose.jwk.ECKey;
import com.nimbusds.jose.jwk.gen.ECKeyGenerator;
import com.nimbusds.jose.util.JSONObjectUtils;
import com.nimbusds.jose.util.X509CertUtils;
import dev.sallyport.auth.RunningServer;
import dev.sallyport.auth.SettableClock;
import dev.sallyport.auth.certificate.TestAuthority;
import dev.sallyport.auth.certificate.TestAuthority.Held;
import dev.sallyport.auth.certificate.TestAuthority.Wanted;
import dev.sallyport.auth.client.ClientDocument;
import dev.sallyport.auth.client.Clients;
import dev.sallyport.auth.client.Registration;
import dev.sallyport.auth.token.ServerNonces;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.security.interfaces.ECPublicKey;
import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import javax.net.ssl.SSLException;
import org.bouncycastle.asn1.x509.GeneralName;
import org.bouncycastle.asn1.x509.KeyPurposeId;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** RFC 8705: clients that authenticate by certificates, and tokens that are bound to them. */
class MutualTlsTest {

  private static final String PROXY = "127.0.0.2";
  private static final String BANK = "CN=bank-app,O=A Bank,2.5.4.97=PSDDE-BAFIN-123";

  private static final TestAuthority servers = new TestAuthority("CN=Servers");
  private static final TestAuthority banks = new TestAuthority("CN=Banks,O=Registry");
  private static final TestAuthority strangers = new TestAuthority("CN=Banks,O=Registry");

  private static final Held bank = banks.issue(BANK);
  private static final Held own = TestAuthority.selfSigned("CN=own");

  @TempDir static Path data;
  private static RunningServer server;
  private static SettableClock clock;
  private static String alias;

  @BeforeAll
  static void start() throws IOException {
    Held here = servers.issue("CN=localhost", Wanted.ordinary().named(2, "localhost"));
    TestAuthority.write(data.resolve("server.pem"), here.chain());
    TestAuthority.write(data.resolve("server.key"), here.key());
    TestAuthority.write(data.resolve("banks.pem"), List.of(banks.certificate()));
    int port = freePort();
    alias = "https://localhost:" + port;
    server =
        RunningServer.start(
            data,
            "--sallyport.mtls.url=" + alias,
            "--sallyport.mtls.port=" + port,
            "--sallyport.mtls.bundle=mtls",
            "--sallyport.mtls.trust-pem=" + data.resolve("banks.pem"),
            "--spring.ssl.bundle.pem.mtls.keystore.certificate=" + data.resolve("server.pem"),
            "--spring.ssl.bundle.pem.mtls.keystore.private-key=" + data.resolve("server.key"),
            "--sallyport.trusted-proxies=" + PROXY,
            "--sallyport.clients[0].client-id=configured",
            "--sallyport.clients[0].profile=fapi2",
            "--sallyport.clients[0].token-endpoint-auth-method=tls_client_auth",
            "--sallyport.clients[0].tls-client-auth-san-dns=bank.example",
            "--sallyport.clients[0].tls-client-certificate-bound-access-tokens=true",
            "--sallyport.clients[0].grant-types=client_credentials",
            "--sallyport.clients[0].scopes=gateway");
    clock = server.clock();
  }

  @AfterAll
  static void stop() {
    server.close();
  }

  private static int freePort() throws IOException {
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return socket.getLocalPort();
    }
  }

  // ---- clients

  private static Registration register(Map<String, Object> more) {
    Map<String, Object> document = new LinkedHashMap<>();
    document.put("security_profile", "fapi2");
    document.put("grant_types", List.of("client_credentials"));
    document.put("scope", "gateway");
    document.put("tls_client_certificate_bound_access_tokens", true);
    document.putAll(more);
    return switch (ClientDocument.read(
        UUID.randomUUID().toString(), document, ClientDocument.Author.ADMIN)) {
      case ClientDocument.Reading.Malformed malformed ->
          new Registration.Rejected(malformed.problems());
      case ClientDocument.Reading.Read read -> server.bean(Clients.class).register(read.client());
    };
  }

  private static String registered(Map<String, Object> more) {
    return switch (register(more)) {
      case Registration.Registered registered -> registered.client().clientId();
      case Registration.Rejected rejected -> throw new AssertionError(rejected.problems());
    };
  }

  private static String naming(String member, String value) {
    return registered(Map.of("token_endpoint_auth_method", "tls_client_auth", member, value));
  }

  private static Map<String, Object> jwk(Held held) {
    ECPublicKey key = (ECPublicKey) held.certificate().getPublicKey();
    Map<String, Object> jwk =
        new LinkedHashMap<>(new ECKey.Builder(Curve.P_256, key).build().toJSONObject());
    jwk.put("x5c", List.of(held.x5c()));
    return jwk;
  }

  private static String registering(Held held) {
    return registered(
        Map.of(
            "token_endpoint_auth_method",
            "self_signed_tls_client_auth",
            "jwks",
            Map.of("keys", List.of(jwk(held)))));
  }

  // ---- requests

  private static Answer send(HttpClient http, HttpRequest.Builder request) {
    try (http) {
      return Answer.of(
          http.send(
              request.timeout(Duration.ofSeconds(60)).build(),
              HttpResponse.BodyHandlers.ofString()));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new AssertionError(e);
    }
  }

  private static HttpRequest.Builder form(String url, Map<String, String> form) {
    return HttpRequest.newBuilder(URI.create(url))
        .header("Content-Type", "application/x-www-form-urlencoded")
        .POST(HttpRequest.BodyPublishers.ofString(World.form(form)));
  }

  private static Map<String, String> asking(String clientId) {
    return Map.of("grant_type", "client_credentials", "client_id", clientId);
  }

  private static Answer token(@Nullable Held shown, String clientId) {
    return send(servers.client(shown), form(alias + "/oauth2/token", asking(clientId)));
  }

  private static String plain() {
    return "http://localhost:" + server.port();
  }

  private static HttpClient from(String address) {
    return HttpClient.newBuilder().localAddress(InetAddress.ofLiteral(address)).build();
  }

  private static HttpRequest.Builder bundle(String base, String token) {
    return HttpRequest.newBuilder(URI.create(base + "/v1/policy/bundle"))
        .header("Authorization", "Bearer " + token);
  }

  // ---- client authentication, §2.1

  @Test
  void subject_ofATrustedIssuer_isTheClient() {
    Answer answer = token(bank, naming("tls_client_auth_subject_dn", BANK));
    assertThat(answer.status()).as(answer.http().body()).isEqualTo(200);
    assertThat(answer.text("token_type")).isEqualTo("Bearer");
    // RFC 4514: names in either case, spaces between, an attribute by name or number
    for (String same :
        List.of(
            "cn=BANK-APP, o=a  bank, organizationIdentifier=psdde-bafin-123",
            "CN=bank-app,O=A Bank,OID.2.5.4.97=PSDDE-BAFIN-123")) {
      assertThat(token(bank, naming("tls_client_auth_subject_dn", same)).status())
          .as(same)
          .isEqualTo(200);
    }
    for (String other :
        List.of(
            "CN=bank-app",
            "CN=bank-app,O=A Bank",
            "O=A Bank,CN=bank-app,2.5.4.97=PSDDE-BAFIN-123",
            "CN=bank-app\\,O=A Bank,2.5.4.97=PSDDE-BAFIN-123",
            "CN=bank-app,O=A Bank,2.5.4.97=PSDDE-BAFIN-124",
            "CN=bank-app,O=A Bank,2.5.4.97=PSDDE-BAFIN-123,C=DE")) {
      assertThat(token(bank, naming("tls_client_auth_subject_dn", other)).refusal())
          .as(other)
          .isEqualTo("401 invalid_client");
    }
  }

  @Test
  void alternativeName_ofEachKind_isTheClient() {
    record Case(String member, int tag, String name, String other) {}
    for (Case it :
        List.of(
            new Case("san_dns", GeneralName.dNSName, "app.bank.example", "bank.example"),
            new Case(
                "san_uri",
                GeneralName.uniformResourceIdentifier,
                "https://bank.example/app",
                "https://bank.example/App"),
            new Case("san_ip", GeneralName.iPAddress, "2001:db8::1", "2001:db8::2"),
            new Case("san_ip", GeneralName.iPAddress, "192.0.2.1", "192.0.2.2"),
            new Case(
                "san_email", GeneralName.rfc822Name, "App@bank.example", "app@bank.example"))) {
      Held held = banks.issue("CN=app", Wanted.ordinary().named(it.tag(), it.name()));
      String member = "tls_client_auth_" + it.member();
      assertThat(token(held, naming(member, it.name())).status()).as(it.name()).isEqualTo(200);
      assertThat(token(held, naming(member, it.other())).refusal())
          .as(it.other())
          .isEqualTo("401 invalid_client");
      // not of that kind
      assertThat(token(bank, naming(member, it.name())).refusal()).isEqualTo("401 invalid_client");
    }
    assertThat(
            token(
                    banks.issue("CN=app", Wanted.ordinary().named(2, "app.bank.example")),
                    naming("tls_client_auth_san_uri", "app.bank.example"))
                .refusal())
        .isEqualTo("401 invalid_client");
  }

  @Test
  void certificate_notOfATrustedIssuerOrNotNow_isRefused() {
    String client = naming("tls_client_auth_subject_dn", BANK);
    Instant now = clock.instant();
    Duration day = Duration.ofDays(1);
    for (Held bad :
        List.of(
            strangers.issue(BANK),
            TestAuthority.selfSigned(BANK),
            banks.issue(BANK, Wanted.ordinary().validity(now.minus(day), now.minusSeconds(1))),
            banks.issue(BANK, Wanted.ordinary().validity(now.plusSeconds(1), now.plus(day))),
            banks.issue(BANK, Wanted.ordinary().meant(KeyPurposeId.id_kp_serverAuth)),
            // who was given a certificate issues no others
            forged())) {
      assertThat(token(bad, client).refusal()).as(bad.toString()).isEqualTo("401 invalid_client");
    }
    assertThat(token(null, client).refusal()).isEqualTo("401 invalid_client");
    assertThat(
            token(banks.issue(BANK, Wanted.ordinary().meant(KeyPurposeId.id_kp_clientAuth)), client)
                .status())
        .isEqualTo(200);
    assertThat(token(banks.subordinate("CN=Branch").issue(BANK), client).status()).isEqualTo(200);
  }

  private static Held forged() {
    return banks.issuedBy(banks.issue("CN=no authority"), BANK);
  }

  @Test
  void subject_configured_isTheClient() {
    Held held = banks.issue("CN=x", Wanted.ordinary().named(2, "BANK.example"));
    assertThat(token(held, "configured").status()).isEqualTo(200);
    assertThat(token(bank, "configured").refusal()).isEqualTo("401 invalid_client");
  }

  // ---- §2.2

  @Test
  void selfSigned_thatIsRegistered_isTheClient() {
    assertThat(token(own, registering(own)).status()).isEqualTo(200);
    for (Held other : List.of(TestAuthority.selfSigned("CN=own"), bank)) {
      assertThat(token(other, registering(own)).refusal()).isEqualTo("401 invalid_client");
    }
    assertThat(token(null, registering(own)).refusal()).isEqualTo("401 invalid_client");
    Instant now = clock.instant();
    Held expired =
        TestAuthority.selfSigned(
            "CN=own", Wanted.ordinary().validity(now.minusSeconds(100), now.minusSeconds(1)));
    assertThat(token(expired, registering(expired)).refusal()).isEqualTo("401 invalid_client");
  }

  @Test
  void certificate_ofAWeakKey_getsNowhere() {
    assertThat(
            catchThrowable(() -> token(TestAuthority.selfSignedRsa("CN=weak", 1024), "configured")))
        .hasRootCauseInstanceOf(SSLException.class);
  }

  @Test
  void client_ofAnotherMethod_isNotProvenByACertificate() {
    String byKey =
        registered(
            Map.of(
                "token_endpoint_auth_method",
                "private_key_jwt",
                "jwks",
                Map.of("keys", List.of(jwk(own)))));
    assertThat(token(own, byKey).refusal()).isEqualTo("401 invalid_client");
    Map<String, String> form = new LinkedHashMap<>(asking(registering(own)));
    form.put("client_secret", "x".repeat(40));
    assertThat(send(servers.client(own), form(alias + "/oauth2/token", form)).refusal())
        .isEqualTo("401 invalid_client");
    // RFC 8705 §2: the request names the client
    assertThat(
            send(
                    servers.client(own),
                    form(alias + "/oauth2/token", Map.of("grant_type", "client_credentials")))
                .refusal())
        .isEqualTo("401 invalid_client");
  }

  // ---- bound tokens, §3

  @Test
  void token_isBoundToTheCertificate_andOpensNothingWithoutIt() throws Exception {
    String client = registering(own);
    String token = token(own, client).text("access_token");
    String thumbprint = X509CertUtils.computeSHA256Thumbprint(own.certificate()).toString();
    assertThat(World.claims(token).getJSONObjectClaim("cnf"))
        .containsOnly(Map.entry("x5t#S256", thumbprint));
    assertThat(send(servers.client(own), bundle(alias, token)).status()).isEqualTo(200);
    for (Held other : new Held[] {null, bank, TestAuthority.selfSigned("CN=own")}) {
      Answer refused = send(servers.client(other), bundle(alias, token));
      assertThat(refused.refusal()).isEqualTo("401 invalid_token");
      assertThat(refused.header("WWW-Authenticate").orElseThrow()).contains("invalid_token");
    }
    assertThat(send(HttpClient.newHttpClient(), bundle(plain(), token)).refusal())
        .as("the plain port")
        .isEqualTo("401 invalid_token");
  }

  @Test
  void introspection_saysWhatTheTokenIsBoundTo() {
    String client =
        registered(
            Map.of(
                "security_profile",
                "web",
                "scope",
                "",
                "token_endpoint_auth_method",
                "self_signed_tls_client_auth",
                "jwks",
                Map.of("keys", List.of(jwk(own)))));
    String token = token(own, client).text("access_token");
    Answer answer =
        send(
            servers.client(own),
            form(alias + "/oauth2/introspect", Map.of("client_id", client, "token", token)));
    assertThat(answer.body()).containsEntry("active", true).containsEntry("token_type", "Bearer");
    assertThat(answer.text("cnf"))
        .contains("x5t#S256=" + World.claimsOf(token, "cnf").get("x5t#S256"));
    assertThat(
            send(
                    servers.client(bank),
                    form(alias + "/oauth2/introspect", Map.of("client_id", client, "token", token)))
                .refusal())
        .isEqualTo("401 invalid_client");
  }

  @Test
  void boundClient_withoutCertificate_getsNoToken() throws Exception {
    ECKey key = new ECKeyGenerator(Curve.P_256).keyID("k").generate();
    String client =
        registered(
            Map.of(
                "token_endpoint_auth_method",
                "private_key_jwt",
                "jwks",
                JSONObjectUtils.parse("{\"keys\":[" + key.toPublicJWK().toJSONString() + "]}")));
    assertThat(
            send(
                    HttpClient.newHttpClient(),
                    form(plain() + "/oauth2/token", asserting(key, client)))
                .refusal())
        .isEqualTo("400 invalid_request");
    // any certificate will do: it says nothing of who the client is
    Answer bound =
        send(servers.client(bank), form(alias + "/oauth2/token", asserting(key, client)));
    assertThat(bound.status()).as(bound.http().body()).isEqualTo(200);
    String token = bound.text("access_token");
    assertThat(send(servers.client(bank), bundle(alias, token)).status()).isEqualTo(200);
    assertThat(send(servers.client(own), bundle(alias, token)).status()).isEqualTo(401);
  }

  private static Map<String, String> asserting(ECKey key, String clientId) {
    Map<String, String> form = new LinkedHashMap<>();
    form.put("grant_type", "client_credentials");
    form.put("client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer");
    form.put("client_assertion", World.assertion(key, clientId, World.ISSUER, clock.instant()));
    return form;
  }

  @Test
  void client_notBoundToItsCertificate_stillNeedsAProof() {
    String client =
        registered(
            Map.of(
                "token_endpoint_auth_method",
                "self_signed_tls_client_auth",
                "tls_client_certificate_bound_access_tokens",
                false,
                "jwks",
                Map.of("keys", List.of(jwk(own)))));
    assertThat(token(own, client).refusal()).isEqualTo("400 invalid_dpop_proof");
    DpopKey key = new DpopKey(clock);
    for (String base : List.of(alias, World.ISSUER)) {
      Answer answer =
          send(
              servers.client(own),
              form(alias + "/oauth2/token", asking(client))
                  .header("DPoP", key.proof("POST", base + "/oauth2/token", nonce(), null)));
      assertThat(answer.status()).as(base).isEqualTo(200);
      assertThat(World.claimsOf(answer.text("access_token"), "cnf")).containsOnlyKeys("jkt");
    }
    assertThat(
            send(
                    servers.client(own),
                    form(alias + "/oauth2/token", asking(client))
                        .header(
                            "DPoP",
                            key.proof("POST", "https://other.example/oauth2/token", nonce(), null)))
                .refusal())
        .isEqualTo("400 invalid_dpop_proof");
  }

  @Test
  void boundClient_withAProofToo_mustShowBoth() {
    String client = registering(own);
    DpopKey key = new DpopKey(clock);
    Answer answer =
        send(
            servers.client(own),
            form(alias + "/oauth2/token", asking(client))
                .header("DPoP", key.proof("POST", alias + "/oauth2/token", nonce(), null)));
    String token = answer.text("access_token");
    assertThat(answer.text("token_type")).isEqualTo("DPoP");
    assertThat(World.claimsOf(token, "cnf")).containsOnlyKeys("jkt", "x5t#S256");
    String url = alias + "/v1/policy/bundle";
    HttpRequest.Builder both =
        HttpRequest.newBuilder(URI.create(url)).header("Authorization", "DPoP " + token);
    assertThat(
            send(
                    servers.client(own),
                    both.copy().header("DPoP", key.proof("GET", url, nonce(), token)))
                .status())
        .isEqualTo(200);
    assertThat(
            send(
                    servers.client(bank),
                    both.copy().header("DPoP", key.proof("GET", url, nonce(), token)))
                .refusal())
        .isEqualTo("401 invalid_token");
    assertThat(send(servers.client(own), bundle(alias, token)).refusal())
        .isEqualTo("401 invalid_token");
  }

  private static String nonce() {
    return server.bean(ServerNonces.class).fresh();
  }

  // ---- proxies

  @Test
  void header_byAStranger_isNoCertificate() {
    String client = registering(own);
    String header = ":" + own.x5c() + ":";
    String token = token(own, client).text("access_token");
    for (String name : List.of("Client-Cert", "X-Client-Cert", "X-SSL-Cert", "ssl-client-cert")) {
      assertThat(
              send(
                      from("127.0.0.3"),
                      form("http://127.0.0.1:" + server.port() + "/oauth2/token", asking(client))
                          .header(name, header))
                  .refusal())
          .isEqualTo("401 invalid_client");
      assertThat(
              send(
                      from("127.0.0.3"),
                      bundle("http://127.0.0.1:" + server.port(), token).header(name, header))
                  .refusal())
          .isEqualTo("401 invalid_token");
      assertThat(
              send(
                      servers.client(bank),
                      form(alias + "/oauth2/token", asking(client)).header(name, header))
                  .refusal())
          .isEqualTo("401 invalid_client");
    }
  }

  @Test
  void header_byATrustedProxy_isTheClientsCertificate() {
    String client = registering(own);
    String base = "http://127.0.0.1:" + server.port();
    String header = ":" + own.x5c() + ":";
    Answer answer =
        send(
            from(PROXY),
            form(base + "/oauth2/token", asking(client)).header("Client-Cert", header));
    assertThat(answer.status()).as(answer.http().body()).isEqualTo(200);
    String token = answer.text("access_token");
    assertThat(send(from(PROXY), bundle(base, token).header("Client-Cert", header)).status())
        .isEqualTo(200);
    assertThat(send(from(PROXY), bundle(base, token)).refusal()).isEqualTo("401 invalid_token");
    assertThat(
            send(
                    from(PROXY),
                    form(base + "/oauth2/token", asking(naming("tls_client_auth_subject_dn", BANK)))
                        .header("Client-Cert", ":" + strangers.issue(BANK).x5c() + ":"))
                .refusal())
        .isEqualTo("401 invalid_client");
  }

  @Test
  void certificateOfTheProxyItself_isNotTheClients() {
    String client = registering(own);
    Map<String, String> asking = asking(client);
    assertThat(send(servers.client(own, PROXY), form(alias + "/oauth2/token", asking)).refusal())
        .isEqualTo("401 invalid_client");
    assertThat(
            send(
                    servers.client(bank, PROXY),
                    form(alias + "/oauth2/token", asking)
                        .header("Client-Cert", ":" + own.x5c() + ":"))
                .status())
        .isEqualTo(200);
  }

  // ---- metadata

  @Test
  void discovery_namesWhatIsThere() {
    Answer answer =
        send(
            HttpClient.newHttpClient(),
            HttpRequest.newBuilder(URI.create(plain() + "/.well-known/openid-configuration")));
    assertThat(answer.body())
        .containsEntry("tls_client_certificate_bound_access_tokens", true)
        .containsEntry(
            "mtls_endpoint_aliases",
            Map.of(
                "token_endpoint", alias + "/oauth2/token",
                "pushed_authorization_request_endpoint", alias + "/oauth2/par",
                "device_authorization_endpoint", alias + "/oauth2/device_authorization",
                "introspection_endpoint", alias + "/oauth2/introspect",
                "revocation_endpoint", alias + "/oauth2/revoke",
                "userinfo_endpoint", alias + "/userinfo"));
    for (String endpoint : List.of("token", "revocation", "introspection")) {
      assertThat(answer.text(endpoint + "_endpoint_auth_methods_supported"))
          .contains("tls_client_auth, self_signed_tls_client_auth]");
    }
  }

  @Test
  void registration_thatMakesNoSense_isRefused() {
    String method = "token_endpoint_auth_method";
    for (Map<String, Object> wrong :
        List.<Map<String, Object>>of(
            Map.of(method, "tls_client_auth"),
            Map.of(
                method,
                "tls_client_auth",
                "tls_client_auth_subject_dn",
                BANK,
                "tls_client_auth_san_dns",
                "bank.example"),
            Map.of(method, "tls_client_auth", "tls_client_auth_subject_dn", "no name"),
            Map.of(method, "tls_client_auth", "tls_client_auth_subject_dn", ""),
            Map.of(method, "tls_client_auth", "tls_client_auth_san_ip", "bank.example"),
            Map.of(method, "tls_client_auth", "tls_client_auth_san_dns", "*.bank.example"),
            Map.of(method, "tls_client_auth", "tls_client_auth_san_dns", 1),
            Map.of(method, "self_signed_tls_client_auth"),
            Map.of(
                method,
                "self_signed_tls_client_auth",
                "jwks",
                Map.of("keys", List.of(withoutCertificate()))),
            Map.of(
                "security_profile",
                "web",
                "grant_types",
                List.of("implicit"),
                "response_types",
                List.of("id_token token"),
                "redirect_uris",
                List.of("https://app.example/"),
                "scope",
                "openid"),
            Map.of(
                "security_profile",
                "chat",
                "grant_types",
                List.of("authorization_code"),
                "redirect_uris",
                List.of("https://app.example/"),
                "scope",
                "openid"))) {
      assertThat(register(wrong)).as(wrong.toString()).isInstanceOf(Registration.Rejected.class);
    }
  }

  private static Map<String, Object> withoutCertificate() {
    Map<String, Object> jwk = new LinkedHashMap<>(jwk(own));
    jwk.remove("x5c");
    return jwk;
  }

  @Test
  void registration_isReadAsItWasWritten() {
    String id = naming("tls_client_auth_san_email", "app@bank.example");
    assertThat(
            ClientDocument.write(
                server.bean(Clients.class).find(id).orElseThrow(), ClientDocument.Author.CLIENT))
        .containsEntry("token_endpoint_auth_method", "tls_client_auth")
        .containsEntry("tls_client_auth_san_email", "app@bank.example")
        .containsEntry("tls_client_certificate_bound_access_tokens", true)
        .doesNotContainKey("tls_client_auth_subject_dn");
  }
}

package dev.sallyport.acceptance;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.nimbusds.jose.util.JSONObjectUtils;
import java.net.URI;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/**
 * Relying parties that are not ours, as their makers publish them: npm openid-client and
 * oauth4webapi, Debian's mod_auth_openidc in Apache, and Spring's OAuth client. None is told more
 * of this server than its issuer.
 */
class RelyingPartiesTest {

  private static Provider provider;
  private static NodeProcess node;

  private final UserAgent alice = new UserAgent(Provider.get(), Provider.ALICE);

  @BeforeAll
  static void start() {
    NodeModules.install();
    provider = Provider.get();
    node = new NodeProcess("relying-party", "relying-party.mjs", Map.of());
  }

  @AfterAll
  static void stop() {
    node.close();
  }

  /** To where a library leads, and back with what it is told. */
  private String browse(Map<String, Object> where) {
    var back = UserAgent.back(alice.visit(URI.create(Http.text(where, "url"))));
    return back.target() + "?" + Http.encode(back.parameters());
  }

  /**
   * Registration, private_key_jwt, PAR, PKCE, DPoP, UserInfo, refresh, introspection, revocation
   * and RP-initiated logout.
   */
  @Test
  void openidClient_signsIn_andAllThatFollows() {
    var name = Map.of("name", "pushing");
    node.call("register", Map.of("name", "pushing", "issuer", provider.issuer()));
    var begun =
        node.call("begin", Map.of("name", "pushing", "scope", "openid email offline_access"));
    assertTrue(Http.text(begun, "url").contains("request_uri="), "pushed");
    var signedIn = node.call("finish", Map.of("name", "pushing", "callback", browse(begun)));
    assertEquals("dpop", Http.text(signedIn, "tokenType").toLowerCase(java.util.Locale.ROOT));
    assertTrue(
        signedIn.get("userInfo") instanceof Map<?, ?> it
            && "alice@sallyport.example".equals(it.get("email")));

    var later = node.call("live", name);
    assertEquals(true, later.get("active"));
    assertNotNull(later.get("jkt"), "bound to the key");
    assertEquals(false, later.get("stillActive"), "the family was revoked");

    var logout = node.call("logoutUrl", name);
    var back = UserAgent.back(alice.open(URI.create(Http.text(logout, "url"))));
    assertEquals("https://rp.example/bye", back.target().toString());
    assertEquals("bye", back.get("state"));
  }

  /** RFC 8628: the person lets the device in, in a browser that knows nothing of it. */
  @Test
  void openidClient_isLetInOnADevice() {
    node.call(
        "register",
        Map.of(
            "name",
            "television",
            "issuer",
            provider.issuer(),
            "more",
            Map.of(
                "grant_types",
                List.of("urn:ietf:params:oauth:grant-type:device_code"),
                "redirect_uris",
                List.of(),
                "post_logout_redirect_uris",
                List.of(),
                "response_types",
                List.of())));
    var device = node.call("deviceBegin", Map.of("name", "television", "scope", "openid email"));
    var typed = UserAgent.page(alice.visit(URI.create(Http.text(device, "uri"))));
    var asked = UserAgent.page(alice.press(typed, "continue", Map.of()));
    assertTrue(asked.body().contains(Http.text(device, "code")), asked.body());
    var done = UserAgent.page(alice.press(asked, "allow", Map.of()));
    assertEquals("/device/done", done.uri().getPath());
    var tokens = node.call("devicePoll", Map.of("name", "television"));
    assertTrue(tokens.get("claims") instanceof Map<?, ?> claims && claims.containsKey("sub"));
  }

  /** A public client: DPoP with nonces of the server, rotating refresh tokens. */
  @Test
  void oauth4webapi_signsIn_withNonces() {
    var begun =
        node.call(
            "webBegin",
            Map.of("issuer", provider.issuer(), "scope", "openid profile offline_access"));
    var done = node.call("webFinish", Map.of("callback", browse(begun)));
    assertEquals("dpop", Http.text(done, "tokenType").toLowerCase(java.util.Locale.ROOT));
    assertTrue(
        done.get("userInfo") instanceof Map<?, ?> it && "Alice Adler".equals(it.get("name")));
    assertEquals(true, done.get("rotated"));
    assertTrue(Long.parseLong(Http.text(done, "nonces")) > 0, "a nonce was asked for");
    assertEquals("401", Http.text(done, "afterRevocation"));
  }

  /** Debian's {@code libapache2-mod-auth-openidc}. */
  @Test
  void modAuthOpenidc_showsThePage_toWhomeverIsSignedIn() {
    try (var apache = new ApacheSite()) {
      var registered =
          provider.register(
              Map.of(
                  "client_name",
                  "By mod_auth_openidc",
                  "redirect_uris",
                  List.of(apache.redirectUri())));
      apache.start(
          provider, Http.text(registered, "client_id"), Http.text(registered, "client_secret"));
      alice.enter(apache.url("/"));
      var page = UserAgent.page(alice.visit(apache.url("/index.html")));
      assertEquals(200, page.status(), () -> page.body() + apache.said());
      assertEquals("a page for members\n", page.body());
      assertEquals("alice", page.header("X-Member"));
      assertEquals("alice@sallyport.example", page.header("X-Email"));
      assertFalse(apache.said().contains("[auth_openidc:error]"), apache.said());
    }
  }

  /** Spring Security's {@code oauth2Login}, as Boot sets it up from properties. */
  @Test
  void springsClient_signsIn() throws Exception {
    try (var spring = new SpringSite(provider)) {
      alice.enter(spring.url("/"));
      var page = UserAgent.page(alice.visit(spring.url("/who")));
      assertEquals(200, page.status(), page.body());
      assertEquals(
          Map.of("name", "alice", "email", "alice@sallyport.example"),
          JSONObjectUtils.parse(page.body()));
    }
  }
}

package dev.sallyport.auth.grant;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.http.HttpRequest;
import java.time.Duration;
import java.util.Date;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** RFC 9449. */
class DpopTest {

  private static final String TOKEN = World.ISSUER + "/oauth2/token";

  private final World world = World.get();

  private Answer redeemWith(String proof, Map<String, String> form) {
    return world.post("/oauth2/token", form, "DPoP", proof);
  }

  @Test
  void token_withoutNonce_isGivenOne_andTheCodeIsNotSpent() {
    DpopKey key = world.key();
    Map<String, String> form = world.redeeming(World.CHAT, world.code(World.CHAT, "openid"));
    Answer refused = redeemWith(key.proof("POST", TOKEN, null, null), form);
    assertThat(refused.refusal()).isEqualTo("400 use_dpop_nonce");
    String nonce = refused.header("DPoP-Nonce").orElseThrow();
    assertThat(redeemWith(key.proof("POST", TOKEN, nonce, null), form).status()).isEqualTo(200);
  }

  @Test
  void token_withoutProof_isRefused() {
    assertThat(world.post("/oauth2/token", world.redeeming(World.CHAT, "code")).refusal())
        .isEqualTo("400 invalid_dpop_proof");
  }

  @Test
  void token_proofUsedTwice_isRefused() {
    String proof = world.key().proof("POST", TOKEN, world.nonce(), null);
    Map<String, String> form = world.redeeming(World.CHAT, "unknown");
    assertThat(redeemWith(proof, form).refusal()).isEqualTo("400 invalid_grant");
    assertThat(redeemWith(proof, form).refusal()).isEqualTo("400 invalid_dpop_proof");
  }

  @Test
  void token_nonceTooOldOrForged_isRefused() {
    DpopKey key = world.key();
    String nonce = world.nonce();
    Map<String, String> form = world.redeeming(World.CHAT, "unknown");
    String forged = nonce.substring(0, nonce.length() - 2) + "AA";
    assertThat(redeemWith(key.proof("POST", TOKEN, forged, null), form).refusal())
        .isEqualTo("400 use_dpop_nonce");
    world.clock.pass(Duration.ofSeconds(301));
    assertThat(redeemWith(key.proof("POST", TOKEN, nonce, null), form).refusal())
        .isEqualTo("400 use_dpop_nonce");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "method",
        "url",
        "old",
        "future",
        "jti",
        "signature",
        "none",
        "expired",
        "not yet",
        "other path",
        "escaped slash"
      })
  void token_proofWithAFault_isRefused(String fault) {
    DpopKey key = world.key();
    String nonce = world.nonce();
    String proof =
        switch (fault) {
          case "method" -> key.proof("GET", TOKEN, nonce, null);
          case "url" -> key.proof("POST", World.ISSUER + "/oauth2/par", nonce, null);
          case "old" ->
              key.proof(
                  "POST",
                  TOKEN,
                  nonce,
                  null,
                  claims -> claims.issueTime(Date.from(world.clock.instant().minusSeconds(121))));
          case "future" ->
              key.proof(
                  "POST",
                  TOKEN,
                  nonce,
                  null,
                  claims -> claims.issueTime(Date.from(world.clock.instant().plusSeconds(61))));
          case "jti" -> key.proof("POST", TOKEN, nonce, null, claims -> claims.jwtID(null));
          case "expired" ->
              key.proof(
                  "POST",
                  TOKEN,
                  nonce,
                  null,
                  claims -> claims.expirationTime(Date.from(world.clock.instant())));
          case "not yet" ->
              key.proof(
                  "POST",
                  TOKEN,
                  nonce,
                  null,
                  claims -> claims.notBeforeTime(Date.from(world.clock.instant().plusSeconds(61))));
          case "other path" -> key.proof("POST", TOKEN + "/", nonce, null);
          case "escaped slash" -> key.proof("POST", World.ISSUER + "/oauth2%2Ftoken", nonce, null);
          case "signature" -> {
            String good = key.proof("POST", TOKEN, nonce, null);
            String other = key.proof("POST", TOKEN, nonce, null);
            yield good.substring(0, good.lastIndexOf('.'))
                + other.substring(other.lastIndexOf('.'));
          }
          default -> "eyJ0eXAiOiJkcG9wK2p3dCIsImFsZyI6Im5vbmUifQ.e30.";
        };
    assertThat(redeemWith(proof, world.redeeming(World.CHAT, "code")).refusal())
        .isEqualTo("400 invalid_dpop_proof");
  }

  /** RFC 3986 §6.2.2, §6.2.3. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "HTTP://LOCALHOST:9000/oauth2/token",
        "http://localhost:9000/%6fauth2/token",
        "http://localhost:9000/%6Fauth2/token",
        "http://localhost:9000/a/../oauth2/./token",
        "http://localhost:9000/oauth2/token?x=y#z"
      })
  void token_urlInAnotherSpelling_isTheSame(String url) {
    DpopKey key = world.key();
    assertThat(
            redeemWith(
                    key.proof("POST", url, world.nonce(), null),
                    world.redeeming(World.CHAT, "unknown"))
                .refusal())
        .isEqualTo("400 invalid_grant");
  }

  @Test
  void endpoints_byAnotherMethodThanPost_areNotAllowed() {
    for (String path :
        List.of(
            "/oauth2/token",
            "/oauth2/par",
            "/oauth2/device_authorization",
            "/oauth2/introspect",
            "/oauth2/revoke")) {
      for (String method : List.of("GET", "PUT", "PATCH", "DELETE")) {
        Answer answer =
            world.send(
                world
                    .request(path)
                    .header("Content-Type", "application/x-www-form-urlencoded")
                    .method(method, HttpRequest.BodyPublishers.ofString("client_id=x")));
        assertThat(answer.refusal()).as(method + path).isEqualTo("405 invalid_request");
        assertThat(answer.header("Allow")).contains("POST");
      }
    }
  }

  @Test
  void code_boundByDpopJkt_isNotRedeemedWithAnotherKey() {
    DpopKey key = world.key();
    Map<String, String> asking = world.asking(World.CHAT, "openid");
    asking.put("dpop_jkt", key.jkt());
    Map<String, String> form =
        world.redeeming(World.CHAT, world.authorize(asking).redirect("code"));
    assertThat(world.token(world.key(), form).refusal()).isEqualTo("400 invalid_grant");
    assertThat(world.token(key, form).status()).isEqualTo(200);
  }

  @Test
  void api_everyWayWithoutTheKey_isRefused() {
    DpopKey key = world.key();
    String token = world.tokens(key, World.CHAT, "openid").text("access_token");
    String url = World.ISSUER + "/userinfo";
    assertThat(world.get("/userinfo").refusal()).isEqualTo("401 token_missing");
    Answer asBearer = world.get("/userinfo", "Authorization", "Bearer " + token);
    assertThat(asBearer.refusal()).isEqualTo("401 invalid_token");
    assertThat(asBearer.header("WWW-Authenticate").orElse("")).startsWith("DPoP");
    List<String> proofs =
        List.of(
            world.key().proof("GET", url, world.nonce(), token),
            key.proof("GET", url, world.nonce(), "another token"),
            key.proof("GET", url, world.nonce(), null),
            key.proof("POST", url, world.nonce(), token));
    for (String proof : proofs) {
      Answer answer = world.get("/userinfo", "Authorization", "DPoP " + token, "DPoP", proof);
      assertThat(answer.status()).isEqualTo(401);
      assertThat(answer.header("WWW-Authenticate").orElse(""))
          .startsWith("DPoP")
          .contains("algs=\"ES256 PS256 EdDSA\"");
    }
    Answer noNonce =
        world.get(
            "/userinfo",
            "Authorization",
            "DPoP " + token,
            "DPoP",
            key.proof("GET", url, null, token));
    assertThat(noNonce.header("WWW-Authenticate").orElse("")).contains("use_dpop_nonce");
    String nonce = noNonce.header("DPoP-Nonce").orElseThrow();
    assertThat(
            world
                .get(
                    "/userinfo",
                    "Authorization",
                    "DPoP " + token,
                    "DPoP",
                    key.proof("GET", url, nonce, token))
                .status())
        .isEqualTo(200);
  }
}

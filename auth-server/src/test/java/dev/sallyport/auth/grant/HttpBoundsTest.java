package dev.sallyport.auth.grant;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.sallyport.auth.Wire;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** How much of a request is read from someone who has not said who they are. */
class HttpBoundsTest {

  private static final String FORM = "Content-Type: application/x-www-form-urlencoded\r\n";

  private final Wire wire = new Wire(World.get().server.port());

  private static byte[] form(int bytes) {
    return ("client_id=" + "a".repeat(bytes - 10)).getBytes(UTF_8);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "/oauth2/token",
        "/oauth2/par",
        "/oauth2/introspect",
        "/oauth2/revoke",
        "/oauth2/device_authorization",
        "/login",
        "/connect/logout"
      })
  void body_tooLarge_isRefused(String path) {
    assertThat(wire.status(Wire.post(path, FORM, form(70_000)))).isEqualTo(413);
    // what was announced counts, before any of it has come
    byte[] head =
        ("POST "
                + path
                + " HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
                + FORM
                + "Content-Length: 1000000000\r\n\r\n")
            .getBytes(ISO_8859_1);
    assertThat(wire.status(head)).isEqualTo(413);
  }

  @Test
  void registration_tooLarge_isRefused() {
    byte[] body = ("{\"client_name\":\"" + "a".repeat(1_000_000) + "\"}").getBytes(UTF_8);
    assertThat(
            wire.status(Wire.post("/connect/register", "Content-Type: application/json\r\n", body)))
        .isBetween(400, 499);
  }

  @Test
  void body_withoutLength_isRefused() {
    byte[] chunked =
        ("POST /oauth2/token HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
                + FORM
                + "Transfer-Encoding: chunked\r\n\r\n3\r\na=b\r\n0\r\n\r\n")
            .getBytes(ISO_8859_1);
    assertThat(wire.status(chunked)).isEqualTo(411);
  }

  @Test
  void parameters_moreThanAThousand_areRefused() {
    assertThat(wire.status(Wire.post("/oauth2/token", FORM, "a=b&".repeat(1_500).getBytes(UTF_8))))
        .isEqualTo(400);
  }

  @Test
  void headers_tooLong_areRefused() {
    assertThat(wire.status(Wire.get("/login", "X: " + "a".repeat(20_000) + "\r\n")))
        .isIn(400, 431, 0);
    assertThat(wire.status(Wire.get("/login?" + "a".repeat(20_000), ""))).isIn(400, 414, 0);
  }

  /** They are nowhere written down: a secret may be what cannot be read. */
  @Test
  void parameters_thatAreNoText_areRefused() {
    assertThat(
            wire.status(
                Wire.post("/oauth2/token", FORM, "client_secret=top%ffsecret".getBytes(UTF_8))))
        .isEqualTo(400);
    assertThat(wire.status(Wire.post("/login", FORM, "password=top%zzsecret".getBytes(UTF_8))))
        .isEqualTo(400);
    assertThat(wire.status(Wire.get("/login?password=top%ffsecret", ""))).isEqualTo(400);
  }

  /** Monitors and caches ask so. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "/.well-known/openid-configuration",
        "/.well-known/oauth-authorization-server",
        "/oauth2/jwks",
        "/v1/keys/device",
        "/actuator/health",
        "/style.css",
        "/login"
      })
  void head_ofWhatAnyoneMayRead_isAnswered(String path) {
    assertThat(wire.status(head(path))).isEqualTo(200);
  }

  @Test
  void head_ofWhatNeedsAToken_isNotFound() {
    assertThat(wire.status(head("/v1/devices"))).isEqualTo(404);
    assertThat(wire.status(head("/userinfo"))).isEqualTo(404);
  }

  private static byte[] head(String path) {
    return ("HEAD " + path + " HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
        .getBytes(ISO_8859_1);
  }

  @Test
  void grantType_withoutValue_isMissing() {
    String form = "grant_type=&client_id=" + World.CHAT;
    assertThat(wire.status(Wire.post("/oauth2/token", FORM, form.getBytes(UTF_8)))).isEqualTo(400);
  }
}

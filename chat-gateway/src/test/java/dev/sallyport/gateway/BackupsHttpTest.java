package dev.sallyport.gateway;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.nimbusds.jwt.JWTClaimsSet;
import dev.sallyport.gateway.testing.FakeAuthServer;
import dev.sallyport.gateway.testing.Person;
import java.net.http.HttpResponse;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.UUID;
import java.util.function.Consumer;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;

/** Encrypted backups over HTTP. */
class BackupsHttpTest extends HttpFixture {

  private static final String P = "/v1/backups/1/parts/p";

  private static HttpResponse<String> part(
      Person person, String method, String path, byte[] body, String... headers) throws Exception {
    var answer = gateway.ask(person, method, path, body, claims -> {}, headers);
    description.check(answer);
    return answer;
  }

  private static HttpResponse<String> put(Person person, String body, String... headers)
      throws Exception {
    var all = new java.util.ArrayList<>(List.of("Content-Type", "application/octet-stream"));
    all.addAll(List.of(headers));
    return part(person, "PUT", P, body.getBytes(UTF_8), all.toArray(String[]::new));
  }

  private static String etag(HttpResponse<String> answer) {
    return answer.headers().firstValue("ETag").orElse("");
  }

  private static Person withBackup() throws Exception {
    Person person = someone();
    var made = ask(person, "POST", "/v1/backups", "{\"algorithm\":\"x.v1\",\"key_info\":\"AQID\"}");
    assertThat(json(201, made)).containsEntry("version", 1L).containsEntry("key_info", "AQID");
    assertThat(made.headers().firstValue("Location")).contains("/v1/backups/1");
    return person;
  }

  private static Person otherDevice(Person person) {
    return new Person(person.userId(), UUID.randomUUID().toString(), person.sid(), person.key());
  }

  @Test
  void parts_wholeLife() throws Exception {
    Person alice = withBackup();
    var first = put(alice, "hello", "If-None-Match", "*");
    assertThat(first.statusCode()).as(first.body()).isEqualTo(201);
    Person tablet = otherDevice(alice);
    var read = part(tablet, "GET", P, new byte[0]);
    assertThat(read.statusCode()).isEqualTo(200);
    assertThat(read.body()).isEqualTo("hello");
    assertThat(etag(read)).isEqualTo(etag(first)).startsWith("\"");
    assertThat(read.headers().firstValue("Repr-Digest"))
        .contains("sha-256=:LPJNul+wow4m6DsqxbninhsWHlwfp0JecwQzYpOLmCQ=:");
    assertThat(read.headers().firstValue("Cache-Control")).contains("no-store");
    var same = part(tablet, "GET", P, new byte[0], "If-None-Match", etag(first));
    assertThat(same.statusCode()).isEqualTo(304);
    assertThat(same.body()).isEmpty();

    assertThat(code(428, put(tablet, "x"))).isEqualTo("precondition_required");
    var met = put(tablet, "x", "If-None-Match", "*");
    assertThat(code(412, met)).isEqualTo("precondition_failed");
    assertThat(etag(met)).isEqualTo(etag(first));
    var second = put(tablet, "hello again", "If-Match", etag(first));
    assertThat(second.statusCode()).isEqualTo(204);
    assertThat(code(412, put(alice, "lost?", "If-Match", etag(first))))
        .isEqualTo("precondition_failed");

    var parts = list(json(200, ask(alice, "GET", "/v1/backups/1/parts?limit=1", "")), "parts");
    assertThat(parts)
        .singleElement()
        .satisfies(
            one -> {
              assertThat(((Map<?, ?>) one).get("etag")).isEqualTo(etag(second));
              assertThat(((Map<?, ?>) one).get("device_id")).isEqualTo(tablet.deviceId());
            });
    var overview = json(200, ask(alice, "GET", "/v1/backups", ""));
    assertThat(overview).containsEntry("bytes", 11L).containsEntry("parts", 1L);
    assertThat(list(overview, "devices"))
        .anySatisfy(
            one ->
                assertThat((Map<?, ?>) one)
                    .returns(tablet.deviceId(), device -> device.get("device_id"))
                    .matches(device -> device.get("read_at") != null));

    assertThat(part(alice, "DELETE", P, new byte[0], "If-Match", etag(first)).statusCode())
        .isEqualTo(412);
    assertThat(part(alice, "DELETE", P, new byte[0]).statusCode()).isEqualTo(204);
    assertThat(code(404, part(alice, "GET", P, new byte[0]))).isEqualTo("not_found");
    var rotated = ask(alice, "POST", "/v1/backups", "{\"replaces\":1,\"algorithm\":\"x.v1\"}");
    assertThat(json(201, rotated)).containsEntry("version", 2L);
    assertThat(json(409, put(tablet, "x", "If-None-Match", "*")))
        .containsEntry("code", "not_current")
        .containsEntry("current", 2L);
    assertThat(part(alice, "DELETE", "/v1/backups/1", new byte[0]).statusCode()).isEqualTo(204);
    assertThat(part(alice, "DELETE", "/v1/backups", new byte[0]).statusCode()).isEqualTo(204);
    assertThat(list(json(200, ask(alice, "GET", "/v1/backups", "")), "versions")).isEmpty();
  }

  @Test
  void body_isWhatWasSent_andNotTooLarge() throws Exception {
    Person alice = withBackup();
    String right = "sha-256=:LPJNul+wow4m6DsqxbninhsWHlwfp0JecwQzYpOLmCQ=:";
    for (String header : List.of("Content-Digest", "Repr-Digest")) {
      assertThat(code(400, put(alice, "hellp", "If-None-Match", "*", header, right)))
          .isEqualTo("digest_mismatch");
      assertThat(code(400, put(alice, "hello", "If-None-Match", "*", header, "sha-256=1")))
          .isEqualTo("malformed");
    }
    assertThat(code(400, put(alice, "", "If-None-Match", "*"))).isEqualTo("malformed");
    assertThat(code(400, put(alice, "x", "If-Match", "x"))).isEqualTo("malformed");
    assertThat(code(415, put(alice, "x", "If-None-Match", "*", "Content-Encoding", "gzip")))
        .isEqualTo("unsupported_media_type");
    assertThat(code(413, put(alice, "x".repeat(256 * 1024 + 1), "If-None-Match", "*")))
        .isEqualTo("too_large");
    assertThat(code(415, ask(alice, "PUT", P, "{}"))).isEqualTo("unsupported_media_type");
    assertThat(put(alice, "hello", "If-None-Match", "*", "Content-Digest", right).statusCode())
        .isEqualTo(201);
    String all = "y".repeat(256 * 1024);
    assertThat(put(alice, all, "If-Match", "*").statusCode()).isEqualTo(204);
    assertThat(part(alice, "GET", P, new byte[0]).body()).isEqualTo(all);
    for (String bad : List.of("0", "-1", "1e3", "x", "01", "9999999999999999999")) {
      assertThat(code(404, ask(alice, "GET", "/v1/backups/" + bad + "/parts", "")))
          .isEqualTo("not_found");
    }
    for (String bad : List.of("a.b", "a%2Fb", "%00", "x".repeat(65))) {
      assertThat(part(alice, "GET", "/v1/backups/1/parts/" + bad, new byte[0]).statusCode())
          .isIn(400, 404);
    }
    for (String bad :
        List.of(
            "{}",
            "{\"algorithm\":\"a b\"}",
            "{\"algorithm\":\"a\",\"key_info\":\"%\"}",
            "{\"algorithm\":\"a\",\"replaces\":\"x\"}",
            "{\"algorithm\":\"a\",\"key_info\":\"" + "A".repeat(5_464) + "\"}")) {
      assertThat(code(400, ask(alice, "POST", "/v1/backups", bad))).isEqualTo("malformed");
    }
  }

  @Test
  void others_haveTheirOwn_andTokensTheirScopes() throws Exception {
    Person alice = withBackup();
    assertThat(put(alice, "hello", "If-None-Match", "*").statusCode()).isEqualTo(201);
    assertThat(code(404, part(someone(), "GET", P, new byte[0]))).isEqualTo("not_found");
    assertThat(code(404, put(someone(), "x", "If-Match", "*"))).isEqualTo("not_found");
    Consumer<JWTClaimsSet.Builder> reader = claims -> claims.claim("scope", "chat.read");
    Consumer<JWTClaimsSet.Builder> writer = claims -> claims.claim("scope", "chat.write");
    assertThat(gateway.ask(alice, "GET", P, new byte[0], reader).statusCode()).isEqualTo(200);
    assertThat(code(403, gateway.ask(alice, "DELETE", P, new byte[0], reader)))
        .isEqualTo("insufficient_scope");
    assertThat(code(403, gateway.ask(alice, "GET", P, new byte[0], writer)))
        .isEqualTo("insufficient_scope");
    Consumer<JWTClaimsSet.Builder> nowhere = claims -> claims.claim("device_id", null);
    assertThat(code(403, gateway.ask(alice, "GET", P, new byte[0], nowhere)))
        .isEqualTo("device_missing");
  }

  /** RFC 9470: an admin may ask for a second factor before a backup is read. */
  @Test
  void policy_maySayThatReadingNeedsASecondFactor() throws Exception {
    Person alice = withBackup();
    assertThat(put(alice, "hello", "If-None-Match", "*").statusCode()).isEqualTo(201);
    long version = gateway.bean(dev.sallyport.gateway.door.PolicyDoor.class).version();
    auth.activate(
        version + 1,
        FakeAuthServer.defaultPolicies()
            + """

            @id("backups.second-factor")
            @message("restoring needs a sign-in with a second factor")
            forbid (principal, action == Chat::Action::"backup.read", resource)
            unless { context.session.mfa };
            """);
    Consumer<JWTClaimsSet.Builder> password =
        claims -> claims.claim("acr", "urn:sallyport:acr:1fa").claim("amr", List.of("pwd"));
    Awaitility.await()
        .until(() -> gateway.ask(alice, "GET", P, new byte[0], password).statusCode() == 401);
    var refused = gateway.ask(alice, "GET", P, new byte[0], password);
    description.check(refused);
    assertThat(json(401, refused))
        .containsEntry("code", "insufficient_user_authentication")
        .containsEntry("acr_values", "urn:sallyport:acr:2fa");
    assertThat(refused.headers().firstValue("WWW-Authenticate").orElse(""))
        .contains("insufficient_user_authentication");
    assertThat(part(alice, "GET", P, new byte[0]).statusCode()).isEqualTo(200);
    assertThat(gateway.ask(alice, "DELETE", P, new byte[0], password).statusCode())
        .as("writing needs none")
        .isEqualTo(204);
  }

  @Test
  void closedAccount_losesItsBackups_andItsDevices() throws Exception {
    Person alice = withBackup();
    assertThat(put(alice, "hello", "If-None-Match", "*").statusCode()).isEqualTo(201);
    auth.closeAccount(alice.userId());
    Awaitility.await().until(() -> part(alice, "GET", P, new byte[0]).statusCode() == 404);
    assertThat(code(403, put(alice, "hello", "If-None-Match", "*"))).isEqualTo("account_closed");
    assertThat(list(json(200, ask(alice, "GET", "/v1/backups", "")), "devices")).isEmpty();
  }

  @Test
  void moreThanItsShare_isAskedToWait() throws Exception {
    Person alice = withBackup();
    var jdbc = gateway.bean(org.springframework.jdbc.core.JdbcTemplate.class);
    int changed =
        jdbc.update(
            "update quota set full_at_ms = ? where user_id = ? and kind = 'BACKUP_WRITES'",
            clock.millis() + 3_600_000,
            alice.userId());
    assertThat(changed).isEqualTo(1);
    var late = put(alice, "hello", "If-None-Match", "*");
    assertThat(code(429, late)).isEqualTo("rate_limited");
    assertThat(Objects.requireNonNull(late.headers().firstValue("Retry-After").orElse(null)))
        .isNotEmpty();
    assertThat(code(404, part(alice, "GET", P, new byte[0])))
        .as("reading has its own")
        .isEqualTo("not_found");
  }
}

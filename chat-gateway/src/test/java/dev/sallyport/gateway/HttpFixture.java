package dev.sallyport.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import com.nimbusds.jose.util.JSONObjectUtils;
import com.nimbusds.jwt.JWTClaimsSet;
import dev.sallyport.gateway.mls.RealMls;
import dev.sallyport.gateway.room.Gateway;
import dev.sallyport.gateway.testing.FakeAuthServer;
import dev.sallyport.gateway.testing.MovableClock;
import dev.sallyport.gateway.testing.Person;
import dev.sallyport.gateway.testing.RunningGateway;
import java.io.IOException;
import java.net.http.HttpRequest.BodyPublisher;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.text.ParseException;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.UUID;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.io.TempDir;

/** A running gateway under the default policies, and people who ask it. */
abstract class HttpFixture {

  static final MovableClock clock = new MovableClock();

  static final Description description = new Description();

  static FakeAuthServer auth;

  static RunningGateway gateway;

  @BeforeAll
  static void start(@TempDir Path data) throws IOException {
    auth = new FakeAuthServer(clock, data);
    auth.activate(1, FakeAuthServer.defaultPolicies());
    gateway = RunningGateway.start(auth, clock, data);
  }

  @AfterAll
  static void stop() {
    gateway.close();
    auth.close();
  }

  static Person someone() {
    return Person.someone(clock);
  }

  static HttpResponse<String> ask(Person person, String method, String path, String body)
      throws Exception {
    return ask(person, method, path, BodyPublishers.ofString(body), claims -> {});
  }

  static HttpResponse<String> ask(
      Person person,
      String method,
      String path,
      BodyPublisher body,
      Consumer<JWTClaimsSet.Builder> change)
      throws Exception {
    HttpResponse<String> answer = gateway.ask(person, method, path, body, change);
    description.check(answer);
    return answer;
  }

  /** What is answered, which must have that status. */
  static Map<String, Object> json(int status, HttpResponse<String> answer) throws ParseException {
    assertThat(answer.statusCode()).as(answer.body()).isEqualTo(status);
    if (status >= 400) {
      assertThat(answer.headers().firstValue("Content-Type")).contains("application/problem+json");
    }
    return JSONObjectUtils.parse(answer.body());
  }

  static Object code(int status, HttpResponse<String> answer) throws ParseException {
    var problem = json(status, answer);
    assertThat(problem.get("type"))
        .isEqualTo("https://sallyport.dev/problems/" + problem.get("code"));
    assertThat(((Number) Objects.requireNonNull(problem.get("status"))).intValue())
        .isEqualTo(status);
    return Objects.requireNonNull(problem.get("code"));
  }

  static String room(Person owner, String joinRule) throws Exception {
    var answer =
        ask(owner, "POST", "/v1/rooms", "{\"name\":\"a room\",\"join_rule\":\"" + joinRule + "\"}");
    var room = json(201, answer);
    assertThat(answer.headers().firstValue("Location"))
        .contains("/v1/rooms/" + room.get("room_id"));
    assertThat(room).containsEntry("role", "owner").containsEntry("membership", "joined");
    return (String) Objects.requireNonNull(room.get("room_id"));
  }

  static String message(String room, long epoch, String text) {
    return message(UUID.randomUUID(), room, epoch, text);
  }

  static String message(UUID id, String room, long epoch, String text) {
    return message(id, Gateway.sealed(room, epoch, 1, text));
  }

  static String message(UUID id, ByteString blob) {
    return "{\"client_message_id\":\""
        + base64(id(id))
        + "\",\"mls_message\":\""
        + base64(blob)
        + "\"}";
  }

  static ByteString id(UUID id) {
    return ByteString.copyFrom(
        java.nio.ByteBuffer.allocate(16)
            .putLong(id.getMostSignificantBits())
            .putLong(id.getLeastSignificantBits())
            .flip());
  }

  static String base64(ByteString bytes) {
    return Base64.getEncoder().encodeToString(bytes.toByteArray());
  }

  static List<?> list(Map<String, Object> json, String name) {
    return (List<?>) Objects.requireNonNull(json.get(name));
  }

  /** A person whose device is registered, with its MLS side. */
  record Registered(Person person, RealMls mls, String credential) {
    String keyPackage() throws Exception {
      long now = clock.instant().getEpochSecond();
      return base64(mls.keyPackage(now - 60, now + 86_400));
    }

    String path() {
      return "/v1/devices/" + person.deviceId();
    }
  }

  static Registered registered() throws Exception {
    Person person = someone();
    var key = Gateway.signatureKey();
    String credential = auth.credential(person, key.generatePublicKey().getEncoded());
    var device =
        json(
            200,
            ask(
                person,
                "PUT",
                "/v1/devices/" + person.deviceId(),
                "{\"credential\":\"" + credential + "\"}"));
    assertThat(device).containsEntry("device_id", person.deviceId());
    return new Registered(person, new RealMls(key, credential), credential);
  }

  // endpoint

  record Endpoint(String method, String path, String body) {
    @Override
    public String toString() {
      return method + " " + path;
    }

    String in(String room) {
      return path.replace("{room}", room);
    }
  }

  static String body(Endpoint endpoint, String room) {
    return endpoint.body().equals("{message}") ? message(room, 0, "x") : endpoint.body();
  }
}

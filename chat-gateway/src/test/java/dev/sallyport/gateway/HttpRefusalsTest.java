package dev.sallyport.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import com.nimbusds.jwt.JWTClaimsSet;
import dev.sallyport.gateway.room.Gateway;
import dev.sallyport.gateway.testing.Person;
import java.io.ByteArrayInputStream;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.UUID;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What the HTTP API does not take: without a token, a scope, a room, or sense. */
class HttpRefusalsTest extends HttpFixture {

  private static final String SOMEBODY = "0190d0c0-0000-7000-8000-00000000000b";

  private static final String SUBJECT = "{\"user_id\":\"" + SOMEBODY + "\"}";

  static Stream<Endpoint> ofRooms() {
    return Stream.of(
        new Endpoint("GET", "/v1/rooms/{room}", ""),
        new Endpoint("POST", "/v1/rooms/{room}/invitations", SUBJECT),
        new Endpoint("POST", "/v1/rooms/{room}/join", ""),
        new Endpoint("POST", "/v1/rooms/{room}/leave", ""),
        new Endpoint("POST", "/v1/rooms/{room}/kicks", SUBJECT),
        new Endpoint("POST", "/v1/rooms/{room}/bans", SUBJECT),
        new Endpoint("DELETE", "/v1/rooms/{room}/bans/" + SOMEBODY, ""),
        new Endpoint(
            "PUT", "/v1/rooms/{room}/members/" + SOMEBODY + "/role", "{\"role\":\"guest\"}"),
        new Endpoint("POST", "/v1/rooms/{room}/mutes", SUBJECT),
        new Endpoint("DELETE", "/v1/rooms/{room}/mutes/" + SOMEBODY, ""),
        new Endpoint("POST", "/v1/rooms/{room}/transfer", SUBJECT),
        new Endpoint("PUT", "/v1/rooms/{room}/retention", "{\"seconds\":60}"),
        new Endpoint("POST", "/v1/rooms/{room}/group-resets", ""),
        new Endpoint("DELETE", "/v1/rooms/{room}/messages/1", ""),
        new Endpoint("POST", "/v1/rooms/{room}/archive", ""),
        new Endpoint("GET", "/v1/rooms/{room}/log", ""),
        new Endpoint("GET", "/v1/rooms/{room}/group-info", ""),
        new Endpoint("POST", "/v1/rooms/{room}/messages", "{message}"),
        new Endpoint(
            "POST",
            "/v1/rooms/{room}/key-package-claims",
            "{\"user_ids\":[\"" + SOMEBODY + "\"]}"));
  }

  static Stream<Endpoint> all() {
    return Stream.concat(
        ofRooms(),
        Stream.of(
            new Endpoint("POST", "/v1/rooms", "{}"),
            new Endpoint("GET", "/v1/rooms", ""),
            new Endpoint("POST", "/v1/direct-rooms", SUBJECT),
            new Endpoint("GET", "/v1/devices", ""),
            new Endpoint("PUT", "/v1/devices/" + SOMEBODY, "{\"credential\":\"x\"}"),
            new Endpoint("POST", "/v1/devices/" + SOMEBODY + "/key-packages", "{}"),
            new Endpoint("GET", "/v1/devices/" + SOMEBODY + "/key-packages/count", ""),
            new Endpoint("GET", "/v1/decisions/" + SOMEBODY, "")));
  }

  static Stream<Endpoint> withBody() {
    return all().filter(endpoint -> endpoint.body().startsWith("{"));
  }

  @ParameterizedTest
  @MethodSource("all")
  void everywhere_withoutAToken_401(Endpoint endpoint) throws Exception {
    var answer =
        gateway.send(
            HttpRequest.newBuilder(gateway.uri(endpoint.in(SOMEBODY)))
                .method(endpoint.method(), BodyPublishers.ofString(body(endpoint, SOMEBODY)))
                .header("Content-Type", "application/json")
                .build());
    assertThat(code(401, answer)).isEqualTo("unauthorized");
    assertThat(answer.headers().firstValue("WWW-Authenticate").orElse("")).startsWith("DPoP ");
  }

  @ParameterizedTest
  @MethodSource("ofRooms")
  void rooms_withoutTheScope_403(Endpoint endpoint) throws Exception {
    Person alice = someone();
    String room = room(alice, "invite");
    boolean reads = endpoint.method().equals("GET") && !endpoint.path().endsWith("/group-info");
    // The other one of the two scopes: enough to get in, not enough for this. It also keeps a room
    // visible to its member, so that the reason is told.
    var answer =
        ask(
            alice,
            endpoint.method(),
            endpoint.in(room),
            BodyPublishers.ofString(body(endpoint, room)),
            claims -> claims.claim("scope", reads ? "chat.write" : "chat.read"));
    if (endpoint.path().endsWith("/join")) {
      // Who is in already is only asked whether they may read.
      assertThat(answer.statusCode()).isEqualTo(200);
    } else {
      assertThat(code(403, answer)).isEqualTo("insufficient_scope");
    }
  }

  @Test
  void elsewhere_withoutTheScope_403() throws Exception {
    Consumer<JWTClaimsSet.Builder> reads = claims -> claims.claim("scope", "chat.read");
    Person alice = someone();
    var endpoints =
        List.of(
            new Endpoint("POST", "/v1/rooms", "{}"),
            new Endpoint("POST", "/v1/direct-rooms", SUBJECT),
            new Endpoint("PUT", "/v1/devices/" + alice.deviceId(), "{\"credential\":\"x\"}"),
            new Endpoint("POST", "/v1/devices/" + alice.deviceId() + "/key-packages", "{}"),
            new Endpoint("GET", "/v1/devices?user_id=" + SOMEBODY, ""),
            new Endpoint("GET", "/v1/decisions/" + SOMEBODY, ""));
    for (var endpoint : endpoints) {
      var answer =
          ask(
              alice,
              endpoint.method(),
              endpoint.path(),
              BodyPublishers.ofString(endpoint.body()),
              reads);
      assertThat(code(403, answer)).as(endpoint.toString()).isEqualTo("insufficient_scope");
    }
    room(alice, "open");
    var listed =
        ask(
            alice,
            "GET",
            "/v1/rooms",
            BodyPublishers.noBody(),
            c -> c.claim("scope", "chat.write"));
    assertThat(list(json(200, listed), "rooms")).isEmpty();
  }

  /** RFC 9396: this room, these actions; nothing that is about no room. */
  @Test
  void limitedToken_isGoodForItsRoomAndActionsOnly() throws Exception {
    Person alice = someone();
    String room = room(alice, "open");
    String other = room(alice, "open");
    Consumer<JWTClaimsSet.Builder> limited =
        claims ->
            claims.claim(
                "authorization_details",
                List.of(
                    Map.of(
                        "type",
                        "sallyport_room",
                        "identifier",
                        room,
                        "actions",
                        List.of("room.read", "message.read"))));
    var none = BodyPublishers.noBody();
    json(200, ask(alice, "GET", "/v1/rooms/" + room, none, limited));
    json(200, ask(alice, "GET", "/v1/rooms/" + room + "/log", none, limited));
    assertThat(list(json(200, ask(alice, "GET", "/v1/rooms", none, limited)), "rooms")).hasSize(1);
    var refused =
        List.of(
            new Endpoint("GET", "/v1/rooms/" + other, ""),
            new Endpoint("GET", "/v1/rooms/" + other + "/log", ""),
            new Endpoint("POST", "/v1/rooms/" + room + "/messages", message(room, 0, "x")),
            new Endpoint("POST", "/v1/rooms/" + room + "/leave", ""),
            new Endpoint("POST", "/v1/rooms/" + room + "/archive", ""),
            new Endpoint("POST", "/v1/rooms", "{}"),
            new Endpoint("POST", "/v1/direct-rooms", SUBJECT),
            new Endpoint("GET", "/v1/devices", ""),
            new Endpoint("GET", "/v1/devices/" + alice.deviceId() + "/key-packages/count", ""),
            new Endpoint("GET", "/v1/roomsx", ""),
            new Endpoint("GET", "/v1/decisions/" + SOMEBODY, ""));
    for (var endpoint : refused) {
      var answer =
          ask(
              alice,
              endpoint.method(),
              endpoint.path(),
              BodyPublishers.ofString(endpoint.body()),
              limited);
      assertThat(code(403, answer)).as(endpoint.toString()).isEqualTo("insufficient_authorization");
    }
  }

  /** A limit that is not understood is not taken for none. */
  @Test
  void limit_thatIsNotUnderstood_makesTheTokenMalformed() throws Exception {
    Person alice = someone();
    for (Object details :
        List.of(
            List.of(),
            "sallyport_room",
            List.of(Map.of("type", "sallyport_space", "identifier", "x")),
            List.of(Map.of("type", "sallyport_room", "identifier", SOMEBODY)),
            List.of(
                Map.of(
                    "type",
                    "sallyport_room",
                    "identifier",
                    SOMEBODY,
                    "actions",
                    List.of("room.read"),
                    "until",
                    5)))) {
      var answer =
          ask(
              alice,
              "GET",
              "/v1/rooms",
              BodyPublishers.noBody(),
              claims -> claims.claim("authorization_details", details));
      assertThat(code(401, answer)).as(details.toString()).isEqualTo("invalid_token");
    }
  }

  /** Only the three paths of health are open, as they stand; nothing is answered by a fault. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "/actuator/health/..;/env",
        "/actuator/health/../env",
        "/actuator/health/%2e%2e/env",
        "/actuator/health/..%2fenv",
        "/actuator/health/signals",
        "/actuator/health/liveness/x",
        "/actuator/health/",
        "/actuator/health;x",
        "/actuator/health%00",
        "/actuator//health",
        "/actuator",
        "/actuator/env",
        "/v1",
        "/",
        "/v1/..;/actuator/env",
        "/v1/../actuator/env",
        "/v1/socket/..;/x",
        "/v1/rooms/..;/x",
        "/v1/rooms/%2e%2e/x",
        "/v1/rooms/%00",
        "/v1/nothing"
      })
  void elsewhere_isShutAndEmpty(String path) throws Exception {
    assertThat(code(401, gateway.send(HttpRequest.newBuilder(gateway.uri(path)).build())))
        .isEqualTo("unauthorized");
    assertThat(code(404, ask(someone(), "GET", path, ""))).isEqualTo("not_found");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"/actuator/health", "/actuator/health/liveness", "/actuator/health/readiness"})
  void health_isOpen(String path) throws Exception {
    var answer = gateway.send(HttpRequest.newBuilder(gateway.uri(path)).build());
    assertThat(answer.statusCode()).isEqualTo(200);
    assertThat(answer.body()).contains("\"status\":\"UP\"");
    for (String method : List.of("POST", "PUT", "DELETE", "OPTIONS", "TRACE")) {
      var other =
          gateway.send(
              HttpRequest.newBuilder(gateway.uri(path))
                  .method(method, BodyPublishers.noBody())
                  .build());
      assertThat(other.statusCode()).as(method).isIn(200, 404, 405);
    }
  }

  @ParameterizedTest
  @MethodSource("ofRooms")
  void foreignRoom_isAnsweredAsNone(Endpoint endpoint) throws Exception {
    String foreign = room(someone(), "invite");
    String none = "0190d0c0-0000-7000-8000-0000000000ff";
    Person mallory = someone();
    var answers = new ArrayList<Map<String, Object>>();
    for (String room : List.of(foreign, none, "not-an-id")) {
      var answer = ask(mallory, endpoint.method(), endpoint.in(room), body(endpoint, room));
      assertThat(code(404, answer)).isEqualTo("not_found");
      var problem = json(404, answer);
      // Only repeats the path that was asked for.
      assertThat(problem.remove("instance")).isEqualTo(endpoint.in(room).split("\\?", -1)[0]);
      answers.add(problem);
    }
    assertThat(answers.get(1)).isEqualTo(answers.get(0));
    assertThat(answers.get(2)).isEqualTo(answers.get(0));
  }

  @ParameterizedTest
  @MethodSource("withBody")
  void body_oversized_413(Endpoint endpoint) throws Exception {
    Person alice = someone();
    String room = room(alice, "open");
    byte[] large = ("{\"x\":\"" + "y".repeat(260 * 1024) + "\"}").getBytes(StandardCharsets.UTF_8);
    assertThat(
            code(
                413,
                ask(
                    alice,
                    endpoint.method(),
                    endpoint.in(room),
                    BodyPublishers.ofByteArray(large),
                    c -> {})))
        .isEqualTo("too_large");
    // Without a length said before: it is counted as it comes.
    assertThat(
            code(
                413,
                ask(
                    alice,
                    endpoint.method(),
                    endpoint.in(room),
                    BodyPublishers.ofInputStream(() -> new ByteArrayInputStream(large)),
                    c -> {})))
        .isEqualTo("too_large");
  }

  @ParameterizedTest
  @MethodSource("withBody")
  void body_malformed_400(Endpoint endpoint) throws Exception {
    Person alice = someone();
    String room = room(alice, "open");
    for (String body :
        List.of(
            "",
            "{",
            "[]",
            "\"x\"",
            "{\"x\":",
            "nul",
            "{}}".repeat(2) + "\u0000",
            "[".repeat(5000))) {
      var answer = ask(alice, endpoint.method(), endpoint.in(room), body);
      assertThat(answer.statusCode()).as("body `%s`", body).isIn(400, 201);
      if (answer.statusCode() == 400) {
        assertThat(code(400, answer)).isEqualTo("malformed");
        assertThat(answer.body()).doesNotContain("Exception").doesNotContain("jackson");
      }
    }
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2})
  void body_random_isNeverAFaultOfOurs(long seed) throws Exception {
    var random = new Random(seed);
    var bob = registered();
    String room = room(bob.person(), "open");
    String own = bob.path();
    var endpoints =
        withBody()
            .map(e -> new Endpoint(e.method(), e.in(room), e.body()))
            .map(
                e ->
                    new Endpoint(
                        e.method(), e.path().replace("/v1/devices/" + SOMEBODY, own), e.body()))
            .toList();
    for (int i = 0; i < 120; i++) {
      var endpoint = endpoints.get(random.nextInt(endpoints.size()));
      String body = object(random, room, 3);
      var answer = ask(bob.person(), endpoint.method(), endpoint.path(), body);
      assertThat(answer.statusCode())
          .as("seed %d, round %d: %s %s -> %s", seed, i, endpoint, body, answer.body())
          .isLessThan(500);
    }
  }

  private static final String[] NAMES = {
    "name",
    "join_rule",
    "classification",
    "user_id",
    "role",
    "user_ids",
    "client_message_id",
    "mls_message",
    "commit",
    "adds",
    "removes",
    "welcomes",
    "device_id",
    "leaf_index",
    "welcome",
    "credential",
    "key_packages",
    "last_resort"
  };

  private static String object(Random random, String room, int depth) {
    var json = new StringBuilder("{");
    for (String name : NAMES) {
      if (random.nextInt(3) > 0) {
        json.append(json.length() > 1 ? "," : "")
            .append('"')
            .append(name)
            .append("\":")
            .append(value(random, room, depth));
      }
    }
    return json.append('}').toString();
  }

  private static String value(Random random, String room, int depth) {
    return switch (random.nextInt(depth > 0 ? 16 : 12)) {
      case 0 -> "null";
      case 1 -> "-1";
      case 2 -> "4294967296";
      case 3 -> "1e400";
      case 4 -> "\"\\u0000\"";
      case 5 -> "\"" + SOMEBODY + "\"";
      case 6 -> "\"" + base64(id(new UUID(random.nextLong(), random.nextLong()))) + "\"";
      case 7 -> "\"" + base64(Gateway.sealed(room, 0, 1 + random.nextInt(3), "x")) + "\"";
      case 8 -> "\"" + base64(Gateway.welcome("w")) + "\"";
      case 9 -> "\"\\ud800\"";
      case 10 -> "true";
      case 11 -> "\"" + "z".repeat(random.nextInt(9000)) + "\"";
      case 12, 13 -> object(random, room, depth - 1);
      default -> "[" + value(random, room, depth - 1) + "," + value(random, room, depth - 1) + "]";
    };
  }
}

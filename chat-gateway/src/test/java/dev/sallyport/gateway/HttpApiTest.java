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
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublisher;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.text.ParseException;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.UUID;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Rooms, logs, devices, key packages and decisions over HTTP, under the default policies. */
class HttpApiTest {
  private static final MovableClock clock = new MovableClock();
  private static FakeAuthServer auth;
  private static RunningGateway gateway;

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

  private static Person someone() {
    return Person.someone(clock);
  }

  private static HttpResponse<String> ask(Person person, String method, String path, String body)
      throws Exception {
    return ask(person, method, path, BodyPublishers.ofString(body), claims -> {});
  }

  private static HttpResponse<String> ask(
      Person person,
      String method,
      String path,
      BodyPublisher body,
      Consumer<JWTClaimsSet.Builder> change)
      throws Exception {
    return gateway.ask(person, method, path, body, change);
  }

  /** What is answered, which must have that status. */
  private static Map<String, Object> json(int status, HttpResponse<String> answer)
      throws ParseException {
    assertThat(answer.statusCode()).as(answer.body()).isEqualTo(status);
    if (status >= 400) {
      assertThat(answer.headers().firstValue("Content-Type")).contains("application/problem+json");
    }
    return JSONObjectUtils.parse(answer.body());
  }

  private static Object code(int status, HttpResponse<String> answer) throws ParseException {
    var problem = json(status, answer);
    assertThat(problem.get("type"))
        .isEqualTo("https://sallyport.dev/problems/" + problem.get("code"));
    assertThat(((Number) Objects.requireNonNull(problem.get("status"))).intValue())
        .isEqualTo(status);
    return Objects.requireNonNull(problem.get("code"));
  }

  private static String room(Person owner, String joinRule) throws Exception {
    var answer =
        ask(owner, "POST", "/v1/rooms", "{\"name\":\"a room\",\"join_rule\":\"" + joinRule + "\"}");
    var room = json(201, answer);
    assertThat(answer.headers().firstValue("Location"))
        .contains("/v1/rooms/" + room.get("room_id"));
    assertThat(room).containsEntry("role", "owner").containsEntry("membership", "joined");
    return (String) Objects.requireNonNull(room.get("room_id"));
  }

  private static String user(Person person) {
    return "{\"user_id\":\"" + person.userId() + "\"}";
  }

  private static String message(String room, long epoch, String text) {
    return message(UUID.randomUUID(), room, epoch, text);
  }

  private static String message(UUID id, String room, long epoch, String text) {
    return message(id, Gateway.sealed(room, epoch, 1, text));
  }

  private static String message(UUID id, ByteString blob) {
    return "{\"client_message_id\":\""
        + base64(id(id))
        + "\",\"mls_message\":\""
        + base64(blob)
        + "\"}";
  }

  private static ByteString id(UUID id) {
    return ByteString.copyFrom(
        java.nio.ByteBuffer.allocate(16)
            .putLong(id.getMostSignificantBits())
            .putLong(id.getLeastSignificantBits())
            .flip());
  }

  private static String base64(ByteString bytes) {
    return Base64.getEncoder().encodeToString(bytes.toByteArray());
  }

  private static List<?> list(Map<String, Object> json, String name) {
    return (List<?>) Objects.requireNonNull(json.get(name));
  }

  // ------------------------------------------------------------------------------------- rooms

  @Test
  void rooms_wholeLife() throws Exception {
    Person alice = someone();
    Person bob = someone();
    String room = room(alice, "invite");

    json(200, ask(alice, "POST", "/v1/rooms/" + room + "/invitations", user(bob)));
    assertThat(json(200, ask(bob, "GET", "/v1/rooms/" + room, "")))
        .containsEntry("membership", "invited")
        .doesNotContainKey("members");
    assertThat(list(json(200, ask(bob, "GET", "/v1/rooms", "")), "rooms")).hasSize(1);
    assertThat(json(200, ask(bob, "POST", "/v1/rooms/" + room + "/join", "")))
        .containsEntry("membership", "joined")
        .containsEntry("role", "member");
    String role = "/v1/rooms/" + room + "/members/" + bob.userId() + "/role";
    json(200, ask(alice, "PUT", role, "{\"role\":\"moderator\"}"));
    assertThat(code(409, ask(alice, "POST", "/v1/rooms/" + room + "/leave", "")))
        .isEqualTo("last_owner");
    assertThat(code(403, ask(bob, "POST", "/v1/rooms/" + room + "/kicks", user(alice))))
        .isEqualTo("policy_denied");

    json(200, ask(alice, "POST", "/v1/rooms/" + room + "/bans", user(bob)));
    assertThat(code(404, ask(bob, "GET", "/v1/rooms/" + room, ""))).isEqualTo("not_found");
    assertThat(list(json(200, ask(bob, "GET", "/v1/rooms", "")), "rooms")).isEmpty();
    json(200, ask(alice, "DELETE", "/v1/rooms/" + room + "/bans/" + bob.userId(), ""));
    json(200, ask(alice, "POST", "/v1/rooms/" + room + "/invitations", user(bob)));
    json(200, ask(alice, "POST", "/v1/rooms/" + room + "/kicks", user(bob)));
    assertThat(json(200, ask(alice, "POST", "/v1/rooms/" + room + "/archive", "")))
        .containsEntry("archived", true);
    assertThat(ask(alice, "POST", "/v1/rooms/" + room + "/leave", "").statusCode()).isEqualTo(204);
  }

  @Test
  void rooms_listedPageByPage() throws Exception {
    Person alice = someone();
    var made = new ArrayList<Object>(List.of(room(alice, "open"), room(alice, "open")));
    Collections.sort(made, null);

    var first = json(200, ask(alice, "GET", "/v1/rooms?limit=1", ""));
    var rest =
        json(200, ask(alice, "GET", "/v1/rooms?limit=5&after=" + first.get("next_after"), ""));

    assertThat(Stream.concat(list(first, "rooms").stream(), list(rest, "rooms").stream()))
        .extracting(room -> ((Map<?, ?>) room).get("room_id"))
        .isEqualTo(made);
    assertThat(rest).doesNotContainKey("next_after");
  }

  // ------------------------------------------------------------------------------------- the log

  @Test
  void messages_storedOnceInOrder_andReadBack() throws Exception {
    Person alice = someone();
    String room = room(alice, "open");
    String path = "/v1/rooms/" + room + "/messages";
    String once = message(room, 0, "one");

    var first = json(200, ask(alice, "POST", path, once));
    assertThat(json(200, ask(alice, "POST", path, once))).isEqualTo(first);
    json(200, ask(alice, "POST", path, message(room, 0, "two")));

    assertThat(first).containsEntry("seq", 2L).containsEntry("durability", "process");
    var page = json(200, ask(alice, "GET", "/v1/rooms/" + room + "/log?after_seq=1", ""));
    assertThat(list(page, "entries"))
        .extracting(entry -> ((Map<?, ?>) entry).get("mls_message"))
        .isEqualTo(
            List.of(
                base64(Gateway.sealed(room, 0, 1, "one")),
                base64(Gateway.sealed(room, 0, 1, "two"))));
    assertThat(page).containsEntry("complete", true);
    var end = json(200, ask(alice, "GET", "/v1/rooms/" + room + "/log?after_seq=3", ""));
    assertThat(list(end, "entries")).isEmpty();
    assertThat(end).containsEntry("end", true);
    assertThat(code(409, ask(alice, "GET", "/v1/rooms/" + room + "/log?after_seq=9", "")))
        .isEqualTo("cursor_ahead");
    assertThat(code(400, ask(alice, "GET", "/v1/rooms/" + room + "/log?after_seq=-1", "")))
        .isEqualTo("malformed");
    assertThat(code(400, ask(alice, "GET", "/v1/rooms/" + room + "/log?after_seq=x", "")))
        .isEqualTo("malformed");
  }

  @Test
  void messages_refused_eachWithItsCode() throws Exception {
    Person alice = someone();
    String room = room(alice, "open");
    String path = "/v1/rooms/" + room + "/messages";
    UUID used = UUID.randomUUID();
    json(200, ask(alice, "POST", path, message(used, room, 0, "one")));
    assertThat(code(409, ask(alice, "POST", path, message(used, room, 0, "other"))))
        .isEqualTo("id_reused");
    String commit = message(UUID.randomUUID(), Gateway.sealed(room, 0, 3, "commit"));
    json(200, ask(alice, "POST", path, commit.replace("}", ",\"commit\":{}}")));
    var stale = ask(alice, "POST", path, message(room, 0, "late"));
    assertThat(code(409, stale)).isEqualTo("stale_epoch");
    assertThat((Map<?, ?>) json(409, stale).get("winner")).isNotEmpty();
    assertThat(code(409, ask(alice, "POST", path, message(room, 7, "early"))))
        .isEqualTo("future_epoch");
    assertThat(code(413, ask(alice, "POST", path, message(room, 1, "x".repeat(66_000)))))
        .isEqualTo("too_large");
    assertThat(code(400, ask(alice, "POST", path, "{\"mls_message\":\"!!\"}")))
        .isEqualTo("malformed");
    assertThat(
            code(
                403,
                ask(
                    alice,
                    "POST",
                    path,
                    BodyPublishers.ofString(message(room, 1, "x")),
                    claims -> claims.claim("device_id", null))))
        .isEqualTo("device_required");
  }

  @Test
  void log_opensForMembersOnlyAndFromTheirJoiningOn() throws Exception {
    Person alice = someone();
    Person bob = someone();
    String room = room(alice, "open");
    String path = "/v1/rooms/" + room;
    json(200, ask(alice, "POST", path + "/messages", message(room, 0, "before bob")));
    // Whoever may see an open room is told why its log is shut.
    assertThat(code(403, ask(bob, "GET", path + "/log", ""))).isEqualTo("policy_denied");
    json(200, ask(bob, "POST", path + "/join", ""));

    var page = json(200, ask(bob, "GET", path + "/log?after_seq=1", ""));

    assertThat(list(page, "entries"))
        .extracting(entry -> ((Map<?, ?>) entry).get("seq"))
        .isEqualTo(List.of(3L));
    assertThat(page).containsEntry("complete", false);
  }

  @Test
  void log_policyThatPermitsReading_standsNotInForMembership() throws Exception {
    Person alice = someone();
    Person auditor = someone();
    String room = room(alice, "open");
    String more =
        "@id(\"auditors\") permit (principal in Chat::Role::\"auditor\","
            + " action in [Chat::Action::\"message.read\", Chat::Action::\"message.send\"],"
            + " resource is Chat::Room);";
    activated(FakeAuthServer.defaultPolicies() + more);
    try {
      Consumer<JWTClaimsSet.Builder> role = c -> c.claim("roles", List.of("auditor"));
      assertThat(
              code(
                  409,
                  ask(auditor, "GET", "/v1/rooms/" + room + "/log", BodyPublishers.noBody(), role)))
          .isEqualTo("not_member");
      assertThat(
              code(
                  409,
                  ask(
                      auditor,
                      "POST",
                      "/v1/rooms/" + room + "/messages",
                      BodyPublishers.ofString(message(room, 0, "x")),
                      role)))
          .isEqualTo("not_member");
    } finally {
      activated(FakeAuthServer.defaultPolicies());
    }
  }

  private static long version = 1;

  private static void activated(String policies) {
    auth.activate(++version, policies);
    org.awaitility.Awaitility.await()
        .atMost(java.time.Duration.ofSeconds(30))
        .until(
            () ->
                gateway.bean(dev.sallyport.gateway.bundle.PolicyBundles.class).version()
                    == version);
  }

  // --------------------------------------------------------------------- devices and key packages

  /** A person whose device is registered, with its MLS side. */
  private record Registered(Person person, RealMls mls, String credential) {
    String keyPackage() throws Exception {
      long now = clock.instant().getEpochSecond();
      return base64(mls.keyPackage(now - 60, now + 86_400));
    }

    String path() {
      return "/v1/devices/" + person.deviceId();
    }
  }

  private static Registered registered() throws Exception {
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

  @Test
  void devices_registeredPublishedClaimedOnce() throws Exception {
    var bob = registered();
    Person alice = someone();
    assertThat(list(json(200, ask(bob.person(), "GET", "/v1/devices", "")), "devices")).hasSize(1);
    var published =
        json(
            200,
            ask(
                bob.person(),
                "POST",
                bob.path() + "/key-packages",
                "{\"key_packages\":[\"" + bob.keyPackage() + "\"]}"));
    assertThat(published).containsEntry("count", 1L).containsEntry("low", true);
    String room = room(alice, "invite");
    json(200, ask(alice, "POST", "/v1/rooms/" + room + "/invitations", user(bob.person())));
    String claim = "{\"user_ids\":[\"" + bob.person().userId() + "\"]}";

    var claimed = json(200, ask(alice, "POST", "/v1/rooms/" + room + "/key-package-claims", claim));
    var again = json(200, ask(alice, "POST", "/v1/rooms/" + room + "/key-package-claims", claim));

    assertThat(list(claimed, "key_packages")).hasSize(1);
    assertThat(list(again, "key_packages")).isEmpty();
    assertThat(list(again, "missing")).hasSize(1);
    assertThat(json(200, ask(bob.person(), "GET", bob.path() + "/key-packages/count", "")))
        .containsEntry("count", 0L);
  }

  @Test
  void devices_ofOthers_areNobodysToChangeOrSee() throws Exception {
    var bob = registered();
    Person mallory = someone();
    assertThat(
            code(
                400,
                ask(mallory, "PUT", bob.path(), "{\"credential\":\"" + bob.credential() + "\"}")))
        .isEqualTo("invalid_credential");
    assertThat(
            code(
                404,
                ask(
                    mallory,
                    "POST",
                    bob.path() + "/key-packages",
                    "{\"key_packages\":[\"" + bob.keyPackage() + "\"]}")))
        .isEqualTo("not_found");
    // Another device of the same user has its own directory entry.
    Person laptop =
        new Person(
            bob.person().userId(), someone().deviceId(), bob.person().sid(), bob.person().key());
    assertThat(
            code(
                404,
                ask(
                    laptop,
                    "POST",
                    bob.path() + "/key-packages",
                    "{\"key_packages\":[\"" + bob.keyPackage() + "\"]}")))
        .isEqualTo("not_found");
    assertThat(code(404, ask(mallory, "GET", bob.path() + "/key-packages/count", "")))
        .isEqualTo("not_found");
    assertThat(code(403, ask(mallory, "GET", "/v1/devices?user_id=" + bob.person().userId(), "")))
        .isEqualTo("policy_denied");
  }

  @Test
  void claims_withoutASharedRoom_refused() throws Exception {
    var bob = registered();
    Person alice = someone();
    String claim = "{\"user_ids\":[\"" + bob.person().userId() + "\"]}";
    String own = room(alice, "invite");
    assertThat(code(403, ask(alice, "POST", "/v1/rooms/" + own + "/key-package-claims", claim)))
        .isEqualTo("policy_denied");
    String foreign = room(bob.person(), "invite");
    assertThat(code(404, ask(alice, "POST", "/v1/rooms/" + foreign + "/key-package-claims", claim)))
        .isEqualTo("not_found");
  }

  @Test
  void claims_beyondTheQuota_rateLimited() throws Exception {
    Person alice = someone();
    String room = room(alice, "open");
    String hundred =
        "{\"user_ids\":["
            + String.join(",", Collections.nCopies(100, "\"" + alice.userId() + "\""))
            + "]}";
    for (int i = 0; i < 5; i++) {
      json(200, ask(alice, "POST", "/v1/rooms/" + room + "/key-package-claims", hundred));
    }
    assertThat(code(429, ask(alice, "POST", "/v1/rooms/" + room + "/key-package-claims", hundred)))
        .isEqualTo("rate_limited");
  }

  @Test
  void keyPackages_thatAreNone_rejectedByIndex() throws Exception {
    var bob = registered();
    var answer =
        ask(
            bob.person(),
            "POST",
            bob.path() + "/key-packages",
            "{\"key_packages\":[\"" + bob.keyPackage() + "\",\"AAAA\"]}");
    assertThat(code(400, answer)).isEqualTo("invalid_key_package");
    assertThat(json(400, answer)).containsEntry("index", 1L);
    assertThat(
            code(
                400,
                ask(
                    bob.person(),
                    "POST",
                    bob.path() + "/key-packages",
                    "{\"key_packages\":[" + "\"\",".repeat(100) + "\"\"]}")))
        .isEqualTo("malformed");
  }

  // ------------------------------------------------------------------------------ at every
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
        new Endpoint("POST", "/v1/rooms/{room}/archive", ""),
        new Endpoint("GET", "/v1/rooms/{room}/log", ""),
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
            new Endpoint("GET", "/v1/devices", ""),
            new Endpoint("PUT", "/v1/devices/" + SOMEBODY, "{\"credential\":\"x\"}"),
            new Endpoint("POST", "/v1/devices/" + SOMEBODY + "/key-packages", "{}"),
            new Endpoint("GET", "/v1/devices/" + SOMEBODY + "/key-packages/count", ""),
            new Endpoint("GET", "/v1/decisions/" + SOMEBODY, "")));
  }

  static Stream<Endpoint> withBody() {
    return all().filter(endpoint -> endpoint.body().startsWith("{"));
  }

  private static String body(Endpoint endpoint, String room) {
    return endpoint.body().equals("{message}") ? message(room, 0, "x") : endpoint.body();
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
    boolean reads = endpoint.method().equals("GET");
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

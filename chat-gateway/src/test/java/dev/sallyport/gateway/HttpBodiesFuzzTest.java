package dev.sallyport.gateway;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.code_intelligence.jazzer.junit.FuzzTest;
import dev.sallyport.gateway.room.Gateway;
import dev.sallyport.gateway.testing.FakeAuthServer;
import dev.sallyport.gateway.testing.MovableClock;
import dev.sallyport.gateway.testing.Person;
import dev.sallyport.gateway.testing.RunningGateway;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URLEncoder;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.util.Arrays;
import java.util.List;
import java.util.UUID;
import java.util.stream.Stream;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Bodies and cursors of the HTTP API, for Jazzer, over real connections by someone with a good
 * token: whatever comes, the answer is as {@code openapi.yaml} has it, and no fault of the gateway.
 * An ordinary build runs the seeds; {@code ops/fuzz} searches on.
 */
class HttpBodiesFuzzTest {

  private static final MovableClock clock = new MovableClock();
  private static final Description description = new Description();
  private static final FakeAuthServer auth;
  private static final RunningGateway gateway;
  private static final Person alice = Person.someone(clock);
  private static final String room;

  // Jazzer makes instances of its own: what they share begins with the class and ends with the JVM.
  static {
    try {
      var data = Files.createTempDirectory("gateway-fuzz");
      auth = new FakeAuthServer(clock, data);
      auth.activate(1, FakeAuthServer.defaultPolicies());
      gateway =
          RunningGateway.whole(
              auth,
              clock,
              data,
              "--spring.datasource.url=jdbc:h2:mem:fuzz;DB_CLOSE_DELAY=-1",
              "--sallyport.limits.requests-per-user-burst=10000000",
              "--sallyport.limits.requests-per-user=1000000",
              "--sallyport.limits.requests-per-address-burst=10000000",
              "--sallyport.limits.requests-per-address=1000000",
              "--sallyport.limits.messages-per-room-burst=10000000",
              "--sallyport.limits.messages-per-room=1000000");
      var made = answer("POST", "/v1/rooms", "{\"join_rule\":\"open\"}".getBytes(UTF_8));
      room = made.body().replaceAll(".*\"room_id\":\"([^\"]+)\".*", "$1");
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static HttpResponse<String> answer(String method, String path, byte[] body) {
    try {
      return gateway.ask(alice, method, path, BodyPublishers.ofByteArray(body), claims -> {});
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  private static void answered(String method, String path, byte[] body) {
    var answer = answer(method, path, body);
    if (answer.statusCode() >= 500) {
      throw new AssertionError(method + " " + path + ": " + answer.statusCode());
    }
    description.check(answer);
  }

  private record Target(String method, String path, String seed) {}

  private static List<Target> targets() {
    String rooms = "/v1/rooms/" + room;
    String user = "{\"user_id\":\"" + UUID.nameUUIDFromBytes(new byte[1]) + "\"}";
    return List.of(
        new Target("POST", "/v1/rooms", "{\"name\":\"a\",\"join_rule\":\"open\"}"),
        new Target("POST", "/v1/direct-rooms", user),
        new Target("POST", rooms + "/invitations", user),
        new Target("POST", rooms + "/kicks", user),
        new Target("POST", rooms + "/mutes", user),
        new Target("PUT", rooms + "/retention", "{\"seconds\":60}"),
        new Target(
            "PUT", rooms + "/members/" + alice.userId() + "/role", "{\"role\":\"moderator\"}"),
        new Target("POST", rooms + "/key-package-claims", "{\"user_ids\":[\"x\",null]}"),
        new Target(
            "POST",
            rooms + "/messages",
            "{\"client_message_id\":\"AAECAwQFBgcICQoLDA0ODw==\",\"mls_message\":\""
                + java.util.Base64.getEncoder()
                    .encodeToString(Gateway.sealed(room, 0, 3, "x").toByteArray())
                + "\",\"commit\":{\"adds\":[{\"user_id\":\"u\",\"leaf_index\":1}],\"removes\":[],"
                + "\"welcomes\":[{\"device_id\":\"d\",\"welcome\":\"AA==\"}],\"group_info\":\"\","
                + "\"external_sender\":{\"index\":0,\"key_id\":\"k\"}}}"),
        new Target("PUT", "/v1/devices/" + alice.deviceId(), "{\"credential\":\"e30.e30.AA\"}"),
        new Target(
            "POST", "/v1/backups", "{\"replaces\":0,\"algorithm\":\"a\",\"key_info\":\"AA==\"}"),
        new Target("PATCH", "/v1/devices/" + alice.deviceId(), "{\"name\":\"a\"}"),
        new Target(
            "POST",
            "/v1/devices/" + alice.deviceId() + "/key-packages",
            "{\"key_packages\":[\"AAEABQ==\",null],\"last_resort\":\"AA==\"}"));
  }

  static Stream<Arguments> bodySeeds() {
    var targets = targets();
    return Stream.of("", "{\"a\":".repeat(1_100), "[\"\\ud800\"]", "{\"user_id\":1e999}", null)
        .flatMap(
            seed ->
                java.util.stream.IntStream.range(0, targets.size())
                    .mapToObj(
                        at -> {
                          var text = (seed == null ? targets.get(at).seed() : seed).getBytes(UTF_8);
                          var input = new byte[text.length + 1];
                          input[0] = (byte) at;
                          System.arraycopy(text, 0, input, 1, text.length);
                          return Arguments.of((Object) input);
                        }));
  }

  /** The first byte says which request the rest is the body of. */
  @MethodSource("bodySeeds")
  @FuzzTest
  void bodies(byte[] input) {
    if (input.length == 0) {
      return;
    }
    var targets = targets();
    var target = targets.get(Math.floorMod(input[0], targets.size()));
    answered(target.method(), target.path(), Arrays.copyOfRange(input, 1, input.length));
  }

  static Stream<Arguments> cursorSeeds() {
    return Stream.of(
            "0",
            "-1",
            "1",
            "9223372036854775807",
            "9223372036854775808",
            "18446744073709551615",
            "0x1",
            "1e3",
            "",
            "\u0000",
            "0&limit=0",
            "1&limit=2147483648",
            "&after_seq=1",
            "٣")
        .map(seed -> Arguments.of((Object) seed.getBytes(UTF_8)));
  }

  @MethodSource("cursorSeeds")
  @FuzzTest
  void cursors(byte[] input) {
    // Ampersands and equals signs stay: more parameters than one thinks of.
    String query =
        URLEncoder.encode(new String(input, UTF_8), UTF_8).replace("%26", "&").replace("%3D", "=");
    answered("GET", "/v1/rooms/" + room + "/log?after_seq=" + query, new byte[0]);
    answered("GET", "/v1/rooms?after=" + query, new byte[0]);
    answered("GET", "/v1/devices?user_id=" + query, new byte[0]);
    answered("GET", "/v1/backups/1/parts?after=" + query, new byte[0]);
  }
}

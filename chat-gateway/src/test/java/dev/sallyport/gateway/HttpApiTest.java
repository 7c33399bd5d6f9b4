package dev.sallyport.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import com.nimbusds.jwt.JWTClaimsSet;
import dev.sallyport.gateway.room.Gateway;
import dev.sallyport.gateway.testing.FakeAuthServer;
import dev.sallyport.gateway.testing.Person;
import java.net.http.HttpRequest.BodyPublishers;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Rooms, logs, devices, key packages and decisions over HTTP, under the default policies. */
class HttpApiTest extends HttpFixture {

  private static String user(Person person) {
    return "{\"user_id\":\"" + person.userId() + "\"}";
  }

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
  void rooms_laterLife() throws Exception {
    Person alice = someone();
    Person bob = someone();
    String room = room(alice, "open");
    String path = "/v1/rooms/" + room;
    json(200, ask(bob, "POST", path + "/join", ""));

    assertThat(list(json(200, ask(alice, "POST", path + "/mutes", user(bob))), "members"))
        .anySatisfy(member -> assertThat(((Map<?, ?>) member).get("muted")).isEqualTo(true));
    assertThat(code(409, ask(bob, "POST", path + "/messages", message(room, 0, "x"))))
        .isEqualTo("muted");
    json(200, ask(alice, "DELETE", path + "/mutes/" + bob.userId(), ""));
    json(200, ask(bob, "POST", path + "/messages", message(room, 0, "x")));

    assertThat(ask(bob, "DELETE", path + "/messages/5", "").statusCode()).isEqualTo(204);
    assertThat(code(409, ask(alice, "DELETE", path + "/messages/1", "")))
        .isEqualTo("not_redactable");
    assertThat(code(400, ask(bob, "DELETE", path + "/messages/x", ""))).isEqualTo("malformed");
    var page = json(200, ask(alice, "GET", path + "/log?after_seq=4", ""));
    assertThat(page).containsEntry("complete", false);
    assertThat(((Map<?, ?>) list(page, "entries").get(0)).get("mls_message")).isNull();
    assertThat(((Map<?, ?>) list(page, "entries").get(1)).get("event"))
        .isEqualTo(Map.of("type", "redacted", "subject_user_id", bob.userId(), "redacted_seq", 5L));

    for (String bad : List.of("{}", "{\"seconds\":59}", "{\"seconds\":-1}", "{\"seconds\":1e12}")) {
      assertThat(code(400, ask(alice, "PUT", path + "/retention", bad))).isEqualTo("malformed");
    }
    assertThat(json(200, ask(alice, "PUT", path + "/retention", "{\"seconds\":3600}")))
        .containsEntry("retention_seconds", 3600L);
    assertThat(json(200, ask(alice, "PUT", path + "/retention", "{\"seconds\":0}")))
        .doesNotContainKey("retention_seconds");

    var reset = json(200, ask(alice, "POST", path + "/group-resets", ""));
    assertThat(reset.get("group_id")).isNotEqualTo(room);
    assertThat(code(409, ask(bob, "POST", path + "/messages", message(room, 0, "x"))))
        .isEqualTo("other_group");

    assertThat(json(200, ask(alice, "POST", path + "/transfer", user(bob))))
        .containsEntry("role", "moderator");
    assertThat(json(200, ask(bob, "GET", path, ""))).containsEntry("role", "owner");
  }

  @Test
  void groupInfo_isThatOfTheCurrentEpoch() throws Exception {
    Person alice = someone();
    String room = room(alice, "open");
    String path = "/v1/rooms/" + room;
    assertThat(code(404, ask(alice, "GET", path + "/group-info", ""))).isEqualTo("no_group_info");
    var info =
        ByteString.copyFrom(new byte[] {0, 1, 0, 4, 0, 1, 0, 1, (byte) room.length()})
            .concat(ByteString.copyFromUtf8(room))
            .concat(ByteString.copyFrom(new byte[] {0, 0, 0, 0, 0, 0, 0, 1, 9}));
    String commit = message(UUID.randomUUID(), Gateway.sealed(room, 0, 3, "commit"));
    json(
        200,
        ask(
            alice,
            "POST",
            path + "/messages",
            commit.replace("}", ",\"commit\":{\"group_info\":\"" + base64(info) + "\"}}")));

    assertThat(json(200, ask(alice, "GET", path + "/group-info", "")))
        .containsEntry("group_id", room)
        .containsEntry("epoch", 1L)
        .containsEntry("group_info", base64(info));
    Person bob = someone();
    json(200, ask(bob, "POST", path + "/join", ""));
    assertThat(code(403, ask(bob, "GET", path + "/group-info", ""))).isEqualTo("policy_denied");
  }

  /** RFC 9470: what a sign-in with two factors would open says so, and which sign-in. */
  @Test
  void classifiedRoom_ofAMemberWithOneFactor_asksForTheSecond() throws Exception {
    Person alice = someone();
    Person bob = someone();
    Object room =
        json(
                201,
                ask(
                    alice,
                    "POST",
                    "/v1/rooms",
                    "{\"join_rule\":\"open\",\"classification\":\"classified\"}"))
            .get("room_id");
    String path = "/v1/rooms/" + room;
    json(200, ask(bob, "POST", path + "/join", ""));
    var refused =
        ask(
            bob,
            "GET",
            path,
            BodyPublishers.noBody(),
            claims -> claims.claim("acr", "urn:sallyport:acr:1fa-sent"));
    var problem = json(401, refused);
    assertThat(problem)
        .containsEntry("code", "insufficient_user_authentication")
        .containsEntry("acr_values", "urn:sallyport:acr:2fa")
        .containsKey("decision_id");
    assertThat(refused.headers().firstValue("WWW-Authenticate").orElseThrow())
        .contains(
            "error=\"insufficient_user_authentication\"", "acr_values=\"urn:sallyport:acr:2fa\"");
    json(200, ask(bob, "GET", path, ""));
    assertThat(code(403, ask(bob, "POST", path + "/kicks", user(alice))))
        .isEqualTo("policy_denied");
  }

  @Test
  void directRooms_oneForTwo() throws Exception {
    Person alice = someone();
    Person bob = someone();

    var made = json(200, ask(alice, "POST", "/v1/direct-rooms", user(bob)));
    var same = json(200, ask(bob, "POST", "/v1/direct-rooms", user(alice)));

    assertThat(made).containsEntry("join_rule", "direct").containsEntry("role", "owner");
    assertThat(same.get("room_id")).isEqualTo(made.get("room_id"));
    assertThat(list(same, "members"))
        .extracting(member -> ((Map<?, ?>) member).get("state"))
        .isEqualTo(List.of("joined", "joined"));
    assertThat(code(400, ask(alice, "POST", "/v1/direct-rooms", user(alice))))
        .isEqualTo("malformed");
    assertThat(code(400, ask(alice, "POST", "/v1/rooms", "{\"join_rule\":\"direct\"}")))
        .isEqualTo("malformed");
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
  void device_named_isSoForItsOwner() throws Exception {
    var bob = registered();
    Person mallory = someone();

    assertThat(json(200, ask(bob.person(), "PATCH", bob.path(), "{\"name\":\" Bob's phone \"}")))
        .containsEntry("name", "Bob's phone");
    assertThat(list(json(200, ask(bob.person(), "GET", "/v1/devices", "")), "devices").toString())
        .contains("Bob's phone");
    for (var bad :
        List.of("{}", "{\"name\":\"a\\u0000b\"}", "{\"name\":\"" + "x".repeat(101) + "\"}")) {
      assertThat(code(400, ask(bob.person(), "PATCH", bob.path(), bad))).isEqualTo("malformed");
    }
    assertThat(code(404, ask(mallory, "PATCH", bob.path(), "{\"name\":\"mine\"}")))
        .isEqualTo("not_found");
    assertThat(code(404, ask(bob.person(), "PATCH", "/v1/devices/x", "{\"name\":\"mine\"}")))
        .isEqualTo("not_found");
    assertThat(json(200, ask(bob.person(), "PATCH", bob.path(), "{\"name\":\"\"}")))
        .doesNotContainKey("name");
  }

  @Test
  void senderKeys_areShownToWhoHasAToken() throws Exception {
    var keys = json(200, ask(someone(), "GET", "/v1/keys/external-sender", ""));

    assertThat(list(keys, "keys")).hasSize(1);
    assertThat(keys.toString())
        .contains("external_sender", "kid", "Ed25519")
        .doesNotContain("\"d\"")
        .doesNotContain(", d=");
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
}

package dev.sallyport.policy;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;

import dev.sallyport.policy.entity.Entities;
import dev.sallyport.policy.entity.EntitySet;
import dev.sallyport.policy.value.EntityUid;
import dev.sallyport.policy.value.RecordValue;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The policies that a new Sallyport starts with, through the public door. */
class DefaultPoliciesTest {
  private static final Path FOLDER = Path.of("../auth-server/src/main/resources/policy");

  private static final String ENTITIES =
      """
      [{"uid": {"type": "Chat::User", "id": "alice"}, "attrs": {},
        "parents": [{"type": "Chat::RoomRole", "id": "r/owner"}]},
       {"uid": {"type": "Chat::User", "id": "bob"}, "attrs": {"department": "contractor"},
        "parents": [{"type": "Chat::RoomRole", "id": "r/member"}]},
       {"uid": {"type": "Chat::RoomRole", "id": "r/owner"}, "attrs": {},
        "parents": [{"type": "Chat::RoomRole", "id": "r/member"}]},
       {"uid": {"type": "Chat::RoomRole", "id": "r/member"}, "attrs": {}, "parents": []},
       {"uid": {"type": "Chat::Room", "id": "r"}, "parents": [],
        "attrs": {"owners": {"type": "Chat::RoomRole", "id": "r/owner"},
                  "moderators": {"type": "Chat::RoomRole", "id": "r/owner"},
                  "members": {"type": "Chat::RoomRole", "id": "r/member"},
                  "guests": {"type": "Chat::RoomRole", "id": "r/member"},
                  "archived": false, "joinRule": "invite"}}]
      """;

  private static final String SESSION =
      """
      "session": {"now": "2026-11-23T10:00:00Z", "clientId": "c", "mfa": false}\
      """;

  private final Schema schema;
  private final String text;

  DefaultPoliciesTest() throws IOException {
    schema = Schema.parse(Files.readString(FOLDER.resolve("chat.cedarschema"))).orElseThrow();
    text = Files.readString(FOLDER.resolve("default.cedar"));
  }

  @Test
  void validate_defaults_nothingToReport() {
    assertEquals(List.of(), PolicySet.parse(text).orElseThrow().validate(schema));
  }

  @Test
  void authorize_messageTooLarge_refusedWithMessage() {
    Decision decision = authorize(text, "bob", "message.send", "\"size\": 70000, " + SESSION);
    Decision.Refused refused = assertInstanceOf(Decision.Refused.class, decision);
    assertEquals("messages.size", refused.determining().getFirst().policyId());
    assertEquals(
        "messages are limited to 64 KiB", refused.determining().getFirst().message().orElseThrow());
  }

  @Test
  void authorize_member_sendsButDoesNotArchive() {
    assertInstanceOf(
        Decision.Permitted.class,
        authorize(text, "bob", "message.send", "\"size\": 70, " + SESSION));
    assertInstanceOf(Decision.Refused.class, authorize(text, "bob", "room.archive", SESSION));
    assertInstanceOf(Decision.Permitted.class, authorize(text, "alice", "room.archive", SESSION));
  }

  @Test
  void authorize_commitThatExpels_isForModerators() {
    String none = "\"adds\": [], \"removes\": [], \"expels\": [], " + SESSION;
    String own =
        "\"adds\": [], \"removes\": [{\"type\": \"Chat::User\", \"id\": \"bob\"}],"
            + " \"expels\": [], "
            + SESSION;
    String alice = "[{\"type\": \"Chat::User\", \"id\": \"alice\"}]";
    String others =
        "\"adds\": [], \"removes\": " + alice + ", \"expels\": " + alice + ", " + SESSION;
    assertInstanceOf(Decision.Permitted.class, authorize(text, "bob", "room.commit", none));
    assertInstanceOf(Decision.Permitted.class, authorize(text, "bob", "room.commit", own));
    Decision.Refused refused =
        assertInstanceOf(Decision.Refused.class, authorize(text, "bob", "room.commit", others));
    assertEquals("rooms.commit.removes", refused.determining().getFirst().policyId());
    assertInstanceOf(Decision.Permitted.class, authorize(text, "alice", "room.commit", others));
  }

  @Test
  void authorize_forbidThatFails_refusesOnlyFailClosed() {
    String failing =
        text
            + """
            @id("contractors")
            forbid (principal, action == Chat::Action::"message.send", resource)
            when { principal.department == "contractor" && context.size + 9223372036854775807 > 0 };
            """;
    EntitySet entities = schema.parseEntities(ENTITIES).orElseThrow();
    PolicySet set = PolicySet.parse(failing).orElseThrow();
    Request request = request("bob", "message.send", "\"size\": 70, " + SESSION);
    PolicyEngine lenient = PolicyEngine.plan(set, schema, ErrorMode.CEDAR);
    PolicyEngine strict = PolicyEngine.plan(set, schema, ErrorMode.FAIL_CLOSED);
    assertEquals(Verdict.PERMITTED, lenient.decide(request, entities));
    assertEquals(Verdict.REFUSED, strict.decide(request, entities));
    Decision.Refused refused =
        assertInstanceOf(Decision.Refused.class, strict.authorize(request, entities));
    assertEquals(true, refused.failedClosed());
    assertEquals("contractors", refused.determining().getFirst().policyId());
    assertEquals("arithmetic_overflow", refused.failures().getFirst().problem().code().text());
  }

  private Decision authorize(String policies, String user, String action, String context) {
    PolicyEngine engine =
        PolicyEngine.plan(PolicySet.parse(policies).orElseThrow(), schema, ErrorMode.FAIL_CLOSED);
    Entities entities = schema.parseEntities(ENTITIES).orElseThrow();
    return engine.authorize(request(user, action, context), entities);
  }

  private Request request(String user, String action, String context) {
    EntityUid actionUid = EntityUid.of("Chat::Action", action);
    RecordValue record = schema.parseContext(actionUid, "{" + context + "}").orElseThrow();
    return new Request(
        EntityUid.of("Chat::User", user), actionUid, EntityUid.of("Chat::Room", "r"), record);
  }
}

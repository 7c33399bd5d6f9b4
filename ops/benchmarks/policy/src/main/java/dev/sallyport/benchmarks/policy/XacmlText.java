package dev.sallyport.benchmarks.policy;

import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * The rules of a scenario in XACML 3.0: one policy for each, all in one set, deny overrides.
 *
 * <p>XACML has no address ranges: its own pattern on addresses stands in. An attribute that is
 * missing is an empty bag, so no rule fails for want of one.
 */
final class XacmlText {
  static final String SUBJECT = "urn:oasis:names:tc:xacml:1.0:subject-category:access-subject";
  static final String RESOURCE = "urn:oasis:names:tc:xacml:3.0:attribute-category:resource";
  static final String ACTION = "urn:oasis:names:tc:xacml:3.0:attribute-category:action";
  static final String ENVIRONMENT = "urn:oasis:names:tc:xacml:3.0:attribute-category:environment";

  private static final String XSD = "http://www.w3.org/2001/XMLSchema#";
  private static final String IP = "urn:oasis:names:tc:xacml:2.0:data-type:ipAddress";
  private static final String SEND = actions("message.send");

  private static final String DEPARTMENT = one("string", SUBJECT, "department");
  private static final String ROLES = bag("string", SUBJECT, "roles");
  private static final String NAME = one("string", RESOURCE, "name");
  private static final String TAGS = bag("string", RESOURCE, "tags");
  private static final String SIZE = one("integer", ENVIRONMENT, "size");
  private static final String NOW = one("dateTime", ENVIRONMENT, "now");
  private static final String TIME = one("time", ENVIRONMENT, "time");
  private static final String ADDRESS =
      apply("2.0:function:ipAddress-one-and-only", designator(IP, ENVIRONMENT, "ip"));

  private XacmlText() {}

  static String of(Scenario scenario) {
    StringBuilder text =
        new StringBuilder(
            """
            <?xml version="1.0" encoding="UTF-8"?>
            <PolicySet xmlns="urn:oasis:names:tc:xacml:3.0:core:schema:wd-17" PolicySetId="root" Version="1.0"
             PolicyCombiningAlgId="urn:oasis:names:tc:xacml:3.0:policy-combining-algorithm:deny-overrides">
            <Target/>
            """);
    text.append(global());
    switch (scenario.shape()) {
      case IDIOMATIC -> text.append(idiomatic());
      case GROWN -> {
        for (int i = 0; i < scenario.grants(); i++) {
          boolean unscoped =
              scenario.extra() == Scenario.Extra.UNSCOPED_GRANT && i < scenario.extras();
          text.append(unscoped ? unscopedGrant(i) : grant(i));
        }
      }
    }
    for (int i = 0; i < scenario.extras(); i++) {
      if (scenario.extra() != Scenario.Extra.UNSCOPED_GRANT) {
        text.append(deny("extra-" + i, "", extra(scenario.extra(), i)));
      }
    }
    return text.append("</PolicySet>\n").toString();
  }

  private static String global() {
    return deny("archived", SEND, flag(RESOURCE, "archived"))
        + deny(
            "classified",
            "",
            and(
                flag(RESOURCE, "classified"),
                not(and(flag(ENVIRONMENT, "mfa"), ipMatches("10\\..*")))))
        + deny("size", SEND, integer("greater-than", SIZE, integer(65_536)))
        + deny("suspended", "", flag(SUBJECT, "suspended"))
        + deny(
            "season",
            "",
            not(
                and(
                    dateTime("greater-than-or-equal", NOW, "2026-01-01T00:00:00Z"),
                    dateTime("less-than", NOW, "2027-01-01T00:00:00Z"))))
        + deny(
            "legal",
            "",
            and(
                apply("3.0:function:string-starts-with", string("legal-"), NAME),
                not(
                    apply(
                        "1.0:function:string-is-in",
                        DEPARTMENT,
                        apply("1.0:function:string-bag", string("legal"), string("audit"))))))
        + deny(
            "label",
            SEND,
            apply(
                "1.0:function:string-is-in",
                string("export-controlled"),
                bag("string", RESOURCE, "label")))
        + permit("admin", roles("role:admin"), null);
  }

  private static String idiomatic() {
    return permit(
            "members",
            actions("message.send", "message.react", "message.read"),
            hasRoleOf("members"))
        + permit("guests", actions("message.read"), hasRoleOf("guests"))
        + permit("moderators", actions("room.invite", "room.kick"), hasRoleOf("moderators"))
        + permit("owners", actions("room.archive"), hasRoleOf("owners"))
        + permit(
            "open",
            actions("message.read"),
            stringEqual(one("string", RESOURCE, "joinRule"), "open"))
        + deny(
            "announcements",
            SEND,
            and(flag(RESOURCE, "announcements"), not(hasRoleOf("moderators"))))
        + deny(
            "bots",
            SEND,
            and(stringEqual(DEPARTMENT, "bots"), integer("greater-than", SIZE, integer(1_024))))
        + deny(
            "nights",
            actions("room.archive"),
            apply(
                "1.0:function:or",
                apply(
                    "1.0:function:time-greater-than-or-equal",
                    TIME,
                    literal(XSD + "time", "22:00:00Z")),
                apply("1.0:function:time-less-than", TIME, literal(XSD + "time", "06:00:00Z"))))
        + deny(
            "newcomers",
            actions("room.invite", "room.kick"),
            apply(
                "1.0:function:dateTime-less-than",
                apply(
                    "3.0:function:dateTime-subtract-dayTimeDuration",
                    NOW,
                    literal(XSD + "dayTimeDuration", "P7D")),
                one("dateTime", SUBJECT, "joined")))
        + deny(
            "embargo",
            actions("message.send", "message.react", "message.read"),
            and(
                apply("1.0:function:string-is-in", string("embargo"), TAGS),
                not(apply("1.0:function:string-is-in", string("group:press"), ROLES))))
        + deny("contractors", roles("group:contractors"), anyTag("board", "payroll"))
        + deny(
            "clearance",
            "",
            integer(
                "less-than",
                one("integer", SUBJECT, "clearance"),
                one("integer", RESOURCE, "clearance")));
  }

  private static String grant(int i) {
    return permit(
        "grant-" + i,
        anyOf(
                match(
                    "string-equal",
                    string("room-" + Scenario.roomOf(i)),
                    bag("string", RESOURCE, "id")))
            + actions("message.send", "message.read")
            + roles(Scenario.teamOf(i)),
        null);
  }

  private static String unscopedGrant(int i) {
    return permit(
        "grant-" + i,
        "",
        and(
            apply(
                "1.0:function:string-is-in",
                one("string", ACTION, "id"),
                apply("1.0:function:string-bag", string("message.send"), string("message.read"))),
            stringEqual(one("string", RESOURCE, "id"), "room-" + Scenario.roomOf(i)),
            apply("1.0:function:string-is-in", string(Scenario.teamOf(i)), ROLES)));
  }

  private static String extra(Scenario.Extra extra, int i) {
    return switch (extra) {
      case NONE, UNSCOPED_GRANT -> throw new IllegalArgumentException("no extra rule");
      case IP -> ipMatches(Extras.network(i).replace(".", "\\.") + "\\..*");
      case DATE ->
          and(
              dateTime("greater-than-or-equal", NOW, Extras.window(i).toString()),
              dateTime("less-than", NOW, Extras.window(i).plus(Extras.WINDOW).toString()));
      case LIKE -> apply("3.0:function:string-contains", string(Extras.infix(i)), NAME);
      case SET -> anyTag(Extras.tag(i), Extras.tag(i) + "-again");
      case UNSCOPED ->
          and(
              stringEqual(DEPARTMENT, Extras.department(i)),
              integer("greater-than", SIZE, integer(Extras.SIZE_MAX)));
    };
  }

  private static String deny(String id, String target, String condition) {
    return policy(id, "Deny", target, condition);
  }

  private static String permit(String id, String target, @Nullable String condition) {
    return policy(id, "Permit", target, condition);
  }

  private static String policy(
      String id, String effect, String target, @Nullable String condition) {
    return """
    <Policy PolicyId="%1$s" Version="1.0" \
    RuleCombiningAlgId="urn:oasis:names:tc:xacml:3.0:rule-combining-algorithm:deny-overrides">
    <Target>%3$s</Target><Rule RuleId="%1$s-rule" Effect="%2$s">%4$s</Rule></Policy>
    """
        .formatted(
            id,
            effect,
            target,
            condition == null ? "" : "<Condition>" + condition + "</Condition>");
  }

  private static String actions(String... ids) {
    return anyOf(
        Arrays.stream(ids)
            .map(id -> match("string-equal", string(id), bag("string", ACTION, "id")))
            .toArray(String[]::new));
  }

  private static String roles(String role) {
    return anyOf(match("string-equal", string(role), bag("string", SUBJECT, "roles")));
  }

  private static String anyOf(String... matches) {
    return Arrays.stream(matches)
        .map(match -> "<AllOf>" + match + "</AllOf>")
        .collect(Collectors.joining("", "<AnyOf>", "</AnyOf>"));
  }

  private static String match(String function, String value, String designator) {
    return "<Match MatchId=\"urn:oasis:names:tc:xacml:1.0:function:"
        + function
        + "\">"
        + value
        + designator
        + "</Match>";
  }

  private static String hasRoleOf(String attribute) {
    return apply("1.0:function:string-is-in", one("string", RESOURCE, attribute), ROLES);
  }

  private static String anyTag(String... tags) {
    return apply(
        "1.0:function:string-at-least-one-member-of",
        TAGS,
        apply(
            "1.0:function:string-bag",
            Arrays.stream(tags).map(XacmlText::string).toArray(String[]::new)));
  }

  private static String ipMatches(String pattern) {
    return apply("2.0:function:ipAddress-regexp-match", string(pattern), ADDRESS);
  }

  private static String flag(String category, String id) {
    return one("boolean", category, id);
  }

  private static String dateTime(String comparison, String left, String right) {
    return apply("1.0:function:dateTime-" + comparison, left, literal(XSD + "dateTime", right));
  }

  private static String stringEqual(String left, String right) {
    return apply("1.0:function:string-equal", left, string(right));
  }

  private static String integer(String comparison, String left, String right) {
    return apply("1.0:function:integer-" + comparison, left, right);
  }

  private static String integer(int value) {
    return literal(XSD + "integer", Integer.toString(value));
  }

  private static String string(String value) {
    return literal(XSD + "string", value);
  }

  private static String literal(String type, String value) {
    return "<AttributeValue DataType=\"" + type + "\">" + value + "</AttributeValue>";
  }

  private static String one(String type, String category, String id) {
    return apply("1.0:function:" + type + "-one-and-only", bag(type, category, id));
  }

  private static String bag(String type, String category, String id) {
    return designator(XSD + type, category, id);
  }

  private static String designator(String type, String category, String id) {
    return "<AttributeDesignator Category=\"%s\" AttributeId=\"%s\" DataType=\"%s\" %s/>"
        .formatted(category, id, type, "MustBePresent=\"false\"");
  }

  private static String and(String... operands) {
    return apply("1.0:function:and", operands);
  }

  private static String not(String operand) {
    return apply("1.0:function:not", operand);
  }

  private static String apply(String function, String... arguments) {
    return "<Apply FunctionId=\"urn:oasis:names:tc:xacml:"
        + function
        + "\">"
        + String.join("", List.of(arguments))
        + "</Apply>";
  }
}

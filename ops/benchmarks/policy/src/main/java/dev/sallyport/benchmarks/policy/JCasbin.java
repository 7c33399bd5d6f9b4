package dev.sallyport.benchmarks.policy;

import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.casbin.jcasbin.main.Enforcer;
import org.casbin.jcasbin.model.Model;

/**
 * jCasbin, with one model for grants and rules: who, where, what, a condition on the objects of the
 * request, allow or deny; roles in its role manager.
 *
 * <p>It has no times: requests bring milliseconds. A failing rule is not a notion of it: an
 * attribute that is missing is nil and equals nothing.
 */
final class JCasbin implements Decider {
  private static final String MODEL =
      """
      [request_definition]
      r = sub, obj, act, env

      [policy_definition]
      p = sub, obj, act, rule, eft

      [role_definition]
      g = _, _

      [policy_effect]
      e = some(where (p.eft == allow)) && !some(where (p.eft == deny))

      [matchers]
      m = (p.obj == "*" || r.obj.id == p.obj) && (p.act == "*" || regexMatch(r.act, p.act)) \
      && (p.sub == "*" || g(r.sub.id, p.sub)) && (p.rule == "true" || eval(p.rule))
      """;

  private static final List<List<String>> GLOBAL =
      List.of(
          deny("message.send", "r.obj.archived"),
          deny("*", "r.obj.classified && !(r.env.mfa && ipMatch(r.env.ip, '10.0.0.0/8'))"),
          deny("message.send", "r.env.size > 65536"),
          deny("*", "r.sub.suspended"),
          deny("*", "r.env.now < 1767225600000 || r.env.now >= 1798761600000"),
          deny(
              "*",
              "string.startsWith(r.obj.name, 'legal-') && r.sub.department != 'legal' "
                  + "&& r.sub.department != 'audit'"),
          deny("message.send", "r.obj.label == 'export-controlled'"),
          List.of("role:admin", "*", "*", "true", "allow"));

  private static final List<List<String>> IDIOMATIC =
      List.of(
          allow("message.send|message.react|message.read", "g(r.sub.id, r.obj.members)"),
          allow("message.read", "g(r.sub.id, r.obj.guests)"),
          allow("room.invite|room.kick", "g(r.sub.id, r.obj.moderators)"),
          allow("room.archive", "g(r.sub.id, r.obj.owners)"),
          allow("message.read", "r.obj.joinRule == 'open'"),
          deny("message.send", "r.obj.announcements && !g(r.sub.id, r.obj.moderators)"),
          deny("message.send", "r.sub.department == 'bots' && r.env.size > 1024"),
          deny("room.archive", "r.env.hour >= 22 || r.env.hour < 6"),
          deny("room.invite|room.kick", "r.env.now - r.sub.joined < 604800000"),
          deny("message.*", "include(r.obj.tags, 'embargo') && !g(r.sub.id, 'group:press')"),
          List.of(
              "group:contractors",
              "*",
              "*",
              "include(r.obj.tags, 'board') || include(r.obj.tags, 'payroll')",
              "deny"),
          deny("*", "r.sub.clearance < r.obj.clearance"));

  private final Enforcer enforcer;
  private final Object[][] requests;

  JCasbin(Scenario scenario) {
    Model model = new Model();
    model.loadModelFromText(MODEL);
    enforcer = new Enforcer(model);
    enforcer.enableLog(false);
    // Without it every condition is compiled to a class anew at every evaluation.
    enforcer.getAviatorEval().setCachedExpressionByDefault(true);
    enforcer.addPolicies(rules(scenario));
    enforcer.addGroupingPolicies(roles(scenario));
    List<Map<String, Object>> users = scenario.users().stream().map(JCasbin::user).toList();
    List<Map<String, Object>> rooms = scenario.rooms().stream().map(JCasbin::room).toList();
    requests =
        scenario.asks().stream()
            .map(
                ask ->
                    new Object[] {
                      users.get(ask.user()), rooms.get(ask.room()), ask.action().id, env(ask)
                    })
            .toArray(Object[][]::new);
  }

  @Override
  public boolean permits(int request) {
    return enforcer.enforce(requests[request]);
  }

  private static List<String> deny(String actions, String rule) {
    return List.of("*", "*", actions, rule, "deny");
  }

  private static List<String> allow(String actions, String rule) {
    return List.of("*", "*", actions, rule, "allow");
  }

  private static List<List<String>> rules(Scenario scenario) {
    List<List<String>> rules = new ArrayList<>(GLOBAL);
    switch (scenario.shape()) {
      case IDIOMATIC -> rules.addAll(IDIOMATIC);
      case GROWN -> {
        for (int i = 0; i < scenario.grants(); i++) {
          String room = "room-" + Scenario.roomOf(i);
          String team = Scenario.teamOf(i);
          boolean unscoped =
              scenario.extra() == Scenario.Extra.UNSCOPED_GRANT && i < scenario.extras();
          rules.add(
              unscoped
                  ? allow(
                      "*",
                      "(r.act == 'message.send' || r.act == 'message.read') && r.obj.id == '%s' "
                              .formatted(room)
                          + "&& g(r.sub.id, '%s')".formatted(team))
                  : List.of(team, room, "message.send|message.read", "true", "allow"));
        }
      }
    }
    for (int i = 0; i < scenario.extras(); i++) {
      switch (scenario.extra()) {
        case NONE, UNSCOPED_GRANT -> {}
        case IP ->
            rules.add(deny("*", "ipMatch(r.env.ip, '%s.0/24')".formatted(Extras.network(i))));
        case DATE ->
            rules.add(
                deny(
                    "*",
                    "r.env.now >= %d && r.env.now < %d"
                        .formatted(
                            Extras.window(i).toEpochMilli(),
                            Extras.window(i).plus(Extras.WINDOW).toEpochMilli())));
        case LIKE ->
            rules.add(deny("*", "string.contains(r.obj.name, '%s')".formatted(Extras.infix(i))));
        case SET ->
            rules.add(
                deny(
                    "*",
                    "include(r.obj.tags, '%1$s') || include(r.obj.tags, '%1$s-again')"
                        .formatted(Extras.tag(i))));
        case UNSCOPED ->
            rules.add(
                deny(
                    "*",
                    "r.sub.department == '%s' && r.env.size > %d"
                        .formatted(Extras.department(i), Extras.SIZE_MAX)));
      }
    }
    return rules;
  }

  private static List<List<String>> roles(Scenario scenario) {
    List<List<String>> roles = new ArrayList<>();
    for (Scenario.User user : scenario.users()) {
      for (String role : scenario.rolesOf(user)) {
        roles.add(List.of(user.id(), role));
      }
      for (String group : user.groups()) {
        roles.add(List.of(user.id(), "group:" + group));
      }
      roles.add(List.of(user.id(), user.admin() ? "role:admin" : "role:user"));
    }
    return roles;
  }

  private static Map<String, Object> user(Scenario.User user) {
    return Map.of(
        "id", user.id(),
        "suspended", user.suspended(),
        "department", user.department(),
        "clearance", (long) user.clearance(),
        "joined", user.joined().toEpochMilli());
  }

  private static Map<String, Object> room(Scenario.Room room) {
    Map<String, Object> attributes = new HashMap<>();
    attributes.put("id", room.id());
    attributes.put("name", room.name());
    attributes.put("archived", room.archived());
    attributes.put("classified", room.classified());
    attributes.put("announcements", room.announcements());
    if (room.label() != null) {
      attributes.put("label", room.label());
    }
    attributes.put("joinRule", room.joinRule());
    attributes.put("clearance", (long) room.clearance());
    attributes.put("tags", room.tags());
    for (Scenario.Rank rank : Scenario.Rank.values()) {
      attributes.put(rank.name().toLowerCase(Locale.ROOT) + "s", room.role(rank));
    }
    return attributes;
  }

  private static Map<String, Object> env(Scenario.Ask ask) {
    return Map.of(
        "size", (long) ask.size(),
        "mfa", ask.mfa(),
        "ip", ask.ip(),
        "now", ask.now().toEpochMilli(),
        "hour", (long) ask.now().atOffset(ZoneOffset.UTC).getHour());
  }
}

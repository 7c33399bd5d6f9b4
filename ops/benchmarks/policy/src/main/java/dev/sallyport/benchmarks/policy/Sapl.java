package dev.sallyport.benchmarks.policy;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.sapl.api.pdp.AuthorizationSubscription;
import io.sapl.api.pdp.Decision;
import io.sapl.functions.StandardFunctionLibrary;
import io.sapl.functions.TemporalFunctionLibrary;
import io.sapl.interpreter.DefaultSAPLInterpreter;
import io.sapl.interpreter.InitializationException;
import io.sapl.interpreter.combinators.PolicyDocumentCombiningAlgorithm;
import io.sapl.interpreter.functions.AnnotationFunctionContext;
import io.sapl.interpreter.pip.AnnotationAttributeContext;
import io.sapl.pdp.EmbeddedPolicyDecisionPoint;
import io.sapl.pdp.config.PDPConfiguration;
import io.sapl.pdp.config.PDPConfigurationProvider;
import io.sapl.prp.Document;
import io.sapl.prp.PrpUpdateEvent;
import io.sapl.prp.index.UpdateEventDrivenPolicyRetrievalPoint;
import io.sapl.prp.index.canonical.CanonicalImmutableParsedDocumentIndex;
import io.sapl.prp.index.naive.NaiveImmutableParsedDocumentIndex;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import reactor.core.publisher.Flux;

/**
 * SAPL, a document for each policy. What its index can use stands in the target, the conditions in
 * the body.
 *
 * <p>Version 3 has no address ranges: patterns on the text stand in. A missing attribute is
 * undefined and equals nothing, so no rule fails for want of one.
 */
final class Sapl implements Decider {
  private static final JsonNodeFactory JSON = JsonNodeFactory.instance;

  private static final List<String> GLOBAL =
      List.of(
          "policy \"archived\" deny action == \"message.send\" where resource.archived;",
          """
          policy "classified" deny resource.classified
          where !(environment.mfa && environment.ip =~ "10\\\\..*");
          """,
          "policy \"size\" deny action == \"message.send\" where environment.size > 65536;",
          "policy \"suspended\" deny subject.suspended",
          """
          policy "season" deny
          where !time.between(environment.now, "2026-01-01T00:00:00Z", "2026-12-31T23:59:59Z");
          """,
          """
          policy "legal" deny
          where resource.name =~ "legal-.*" && !(subject.department in ["legal", "audit"]);
          """,
          """
          policy "label" deny action == "message.send"
          where resource.label == "export-controlled";
          """,
          "policy \"admin\" permit \"role:admin\" in subject.roles");

  private static final List<String> IDIOMATIC =
      List.of(
          """
          policy "members" permit action in ["message.send", "message.react", "message.read"]
          where resource.members in subject.roles;
          """,
          """
          policy "guests" permit action == "message.read"
          where resource.guests in subject.roles;
          """,
          """
          policy "moderators" permit action in ["room.invite", "room.kick"]
          where resource.moderators in subject.roles;
          """,
          """
          policy "owners" permit action == "room.archive"
          where resource.owners in subject.roles;
          """,
          "policy \"open\" permit action == \"message.read\" where resource.joinRule == \"open\";",
          """
          policy "announcements" deny action == "message.send"
          where resource.announcements && !(resource.moderators in subject.roles);
          """,
          """
          policy "bots" deny action == "message.send" & subject.department == "bots"
          where environment.size > 1024;
          """,
          """
          policy "nights" deny action == "room.archive"
          where time.hourOf(environment.now) >= 22 || time.hourOf(environment.now) < 6;
          """,
          """
          policy "newcomers" deny action in ["room.invite", "room.kick"]
          where time.before(
            environment.now, time.plusSeconds(subject.joined, 604800));
          """,
          """
          policy "embargo" deny action in ["message.send", "message.react", "message.read"]
          where "embargo" in resource.tags && !("group:press" in subject.roles);
          """,
          """
          policy "contractors" deny "group:contractors" in subject.roles
          where "board" in resource.tags || "payroll" in resource.tags;
          """,
          "policy \"clearance\" deny where subject.clearance < resource.clearance;");

  private final EmbeddedPolicyDecisionPoint pdp;
  private final AuthorizationSubscription[] requests;

  Sapl(Scenario scenario, boolean indexed) {
    try {
      var attributes = new AnnotationAttributeContext();
      var functions = new AnnotationFunctionContext();
      functions.loadLibrary(StandardFunctionLibrary.class);
      functions.loadLibrary(TemporalFunctionLibrary.class);
      var interpreter = new DefaultSAPLInterpreter();
      List<PrpUpdateEvent.Update> updates = new ArrayList<>();
      for (String policy : policies(scenario)) {
        Document document = interpreter.parseDocument(policy);
        if (document.isInvalid()) {
          throw new IllegalStateException(document.errorMessage() + ": " + policy);
        }
        updates.add(new PrpUpdateEvent.Update(PrpUpdateEvent.Type.PUBLISH, document));
      }
      UpdateEventDrivenPolicyRetrievalPoint index =
          indexed
              ? new CanonicalImmutableParsedDocumentIndex(attributes, functions)
              : new NaiveImmutableParsedDocumentIndex();
      updates.add(
          new PrpUpdateEvent.Update(PrpUpdateEvent.Type.CONSISTENT, interpreter.parseDocument("")));
      var configuration =
          new PDPConfiguration(
              "benchmark",
              attributes,
              functions,
              Map.of(),
              PolicyDocumentCombiningAlgorithm.DENY_OVERRIDES,
              decision -> decision,
              subscription -> subscription,
              index.apply(new PrpUpdateEvent(updates)));
      if (!configuration.isValid()) {
        throw new IllegalStateException("the configuration is invalid: " + configuration);
      }
      PDPConfigurationProvider provider = () -> Flux.just(configuration);
      pdp = new EmbeddedPolicyDecisionPoint(provider);
    } catch (InitializationException e) {
      throw new IllegalStateException(e);
    }
    List<ObjectNode> users =
        scenario.users().stream().map(user -> user(user, scenario.rolesOf(user))).toList();
    List<ObjectNode> rooms = scenario.rooms().stream().map(Sapl::room).toList();
    requests =
        scenario.asks().stream()
            .map(
                ask ->
                    new AuthorizationSubscription(
                        users.get(ask.user()),
                        JSON.textNode(ask.action().id),
                        rooms.get(ask.room()),
                        environment(ask)))
            .toArray(AuthorizationSubscription[]::new);
  }

  @Override
  public boolean permits(int request) {
    var decision = pdp.decideOnce(requests[request]).block();
    return decision != null && decision.getDecision() == Decision.PERMIT;
  }

  private static List<String> policies(Scenario scenario) {
    List<String> policies = new ArrayList<>(GLOBAL);
    switch (scenario.shape()) {
      case IDIOMATIC -> policies.addAll(IDIOMATIC);
      case GROWN -> {
        for (int i = 0; i < scenario.grants(); i++) {
          boolean unscoped =
              scenario.extra() == Scenario.Extra.UNSCOPED_GRANT && i < scenario.extras();
          String test =
              unscoped
                  ? "where action in [\"message.send\", \"message.read\"] "
                      + "&& resource.id == \"%2$s\" && \"%3$s\" in subject.roles;"
                  : "resource.id == \"%2$s\" & action in [\"message.send\", \"message.read\"] "
                      + "& \"%3$s\" in subject.roles";
          policies.add(
              ("policy \"grant-%1$d\" permit " + test)
                  .formatted(i, "room-" + Scenario.roomOf(i), Scenario.teamOf(i)));
        }
      }
    }
    for (int i = 0; i < scenario.extras(); i++) {
      if (scenario.extra() != Scenario.Extra.UNSCOPED_GRANT) {
        policies.add(extra(scenario.extra(), i));
      }
    }
    return policies;
  }

  private static String extra(Scenario.Extra extra, int i) {
    String rule =
        switch (extra) {
          case NONE, UNSCOPED_GRANT -> throw new IllegalArgumentException("no extra rule");
          case IP ->
              "environment.ip =~ \"%s\\\\..*\"".formatted(Extras.network(i).replace(".", "\\\\."));
          case DATE ->
              "time.between(environment.now, \"%s\", \"%s\")"
                  .formatted(
                      Extras.window(i), Extras.window(i).plus(Extras.WINDOW).minusSeconds(1));
          case LIKE -> "resource.name =~ \".*%s.*\"".formatted(Extras.infix(i));
          case SET ->
              "\"%1$s\" in resource.tags || \"%1$s-again\" in resource.tags"
                  .formatted(Extras.tag(i));
          case UNSCOPED ->
              "subject.department == \"%s\" && environment.size > %d"
                  .formatted(Extras.department(i), Extras.SIZE_MAX);
        };
    return "policy \"extra-%d\" deny where %s;".formatted(i, rule);
  }

  private static ObjectNode user(Scenario.User user, List<String> roomRoles) {
    ObjectNode node = JSON.objectNode();
    node.put("id", user.id());
    node.put("suspended", user.suspended());
    node.put("department", user.department());
    node.put("clearance", user.clearance());
    node.put("joined", user.joined().toString());
    ArrayNode roles = node.putArray("roles");
    roles.add(user.admin() ? "role:admin" : "role:user");
    user.groups().forEach(group -> roles.add("group:" + group));
    roomRoles.forEach(roles::add);
    return node;
  }

  private static ObjectNode room(Scenario.Room room) {
    ObjectNode node = JSON.objectNode();
    node.put("id", room.id());
    node.put("name", room.name());
    node.put("archived", room.archived());
    node.put("classified", room.classified());
    node.put("announcements", room.announcements());
    if (room.label() != null) {
      node.put("label", room.label());
    }
    node.put("joinRule", room.joinRule());
    node.put("clearance", room.clearance());
    room.tags().forEach(node.putArray("tags")::add);
    for (Scenario.Rank rank : Scenario.Rank.values()) {
      node.put(rank.name().toLowerCase(Locale.ROOT) + "s", room.role(rank));
    }
    return node;
  }

  private static ObjectNode environment(Scenario.Ask ask) {
    ObjectNode node = JSON.objectNode();
    node.put("size", ask.size());
    node.put("mfa", ask.mfa());
    node.put("ip", ask.ip());
    node.put("now", ask.now().toString());
    return node;
  }
}

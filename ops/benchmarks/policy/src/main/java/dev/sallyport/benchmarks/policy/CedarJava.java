package dev.sallyport.benchmarks.policy;

import com.cedarpolicy.BasicAuthorizationEngine;
import com.cedarpolicy.model.AuthorizationRequest;
import com.cedarpolicy.model.entity.Entity;
import com.cedarpolicy.model.exception.AuthException;
import com.cedarpolicy.model.policy.PolicySet;
import com.cedarpolicy.value.CedarList;
import com.cedarpolicy.value.DateTime;
import com.cedarpolicy.value.EntityUID;
import com.cedarpolicy.value.IpAddress;
import com.cedarpolicy.value.PrimBool;
import com.cedarpolicy.value.PrimLong;
import com.cedarpolicy.value.PrimString;
import com.cedarpolicy.value.Value;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * The reference implementation over JNI, its policy set cached, given only the entities it needs.
 */
final class CedarJava implements Decider {
  private final BasicAuthorizationEngine engine = new BasicAuthorizationEngine();
  private final PolicySet policies;
  private final AuthorizationRequest[] requests;
  private final Set<Entity>[] entities;

  @SuppressWarnings({"unchecked", "rawtypes"}) // an array of sets
  CedarJava(Scenario scenario) {
    try {
      policies = PolicySet.parsePolicies(CedarText.of(scenario));
      policies.cache();
    } catch (Exception e) {
      throw new IllegalStateException(e);
    }
    Set<Entity> actions = actions();
    int count = scenario.asks().size();
    requests = new AuthorizationRequest[count];
    entities = new Set[count];
    for (int i = 0; i < count; i++) {
      Scenario.Ask ask = scenario.asks().get(i);
      Scenario.User user = scenario.users().get(ask.user());
      Scenario.Room room = scenario.rooms().get(ask.room());
      Map<String, Value> context =
          Map.of(
              "size", new PrimLong(ask.size()),
              "mfa", new PrimBool(ask.mfa()),
              "ip", new IpAddress(ask.ip()),
              "now", new DateTime(ask.now().toString()));
      EntityUID principal = uid("Chat::User", user.id());
      EntityUID resource = uid("Chat::Room", room.id());
      requests[i] =
          new AuthorizationRequest(
              principal,
              uid("Chat::Action", ask.action().id),
              resource,
              Optional.of(context),
              Optional.empty(),
              false);
      entities[i] = new HashSet<>(actions);
      entities[i].add(entity(principal, user, scenario.rolesOf(user)));
      entities[i].add(entity(resource, room));
    }
  }

  /** Those that are in a group: without a schema nothing else says so. */
  private static Set<Entity> actions() {
    Set<EntityUID> any = Set.of(uid("Chat::Action", "message.any"));
    Set<Entity> actions = new HashSet<>();
    for (Scenario.Action action : Scenario.Action.values()) {
      if (action.id.startsWith("message.")) {
        actions.add(new Entity(uid("Chat::Action", action.id), Map.of(), any));
      }
    }
    return actions;
  }

  private static Entity entity(EntityUID uid, Scenario.User user, List<String> roomRoles) {
    Set<EntityUID> ancestors = new HashSet<>();
    ancestors.add(uid("Chat::Role", user.admin() ? "admin" : "user"));
    user.groups().forEach(group -> ancestors.add(uid("Chat::Group", group)));
    roomRoles.forEach(role -> ancestors.add(uid("Chat::RoomRole", role)));
    return new Entity(
        uid,
        Map.of(
            "suspended", new PrimBool(user.suspended()),
            "department", new PrimString(user.department()),
            "clearance", new PrimLong(user.clearance()),
            "joined", new DateTime(user.joined().toString())),
        ancestors);
  }

  private static Entity entity(EntityUID uid, Scenario.Room room) {
    Map<String, Value> attributes = new HashMap<>();
    attributes.put("name", new PrimString(room.name()));
    attributes.put("archived", new PrimBool(room.archived()));
    attributes.put("classified", new PrimBool(room.classified()));
    attributes.put("announcements", new PrimBool(room.announcements()));
    if (room.label() != null) {
      attributes.put("label", new PrimString(room.label()));
    }
    attributes.put("joinRule", new PrimString(room.joinRule()));
    attributes.put("clearance", new PrimLong(room.clearance()));
    attributes.put(
        "tags", new CedarList(room.tags().stream().<Value>map(PrimString::new).toList()));
    for (Scenario.Rank rank : Scenario.Rank.values()) {
      attributes.put(
          rank.name().toLowerCase(Locale.ROOT) + "s", uid("Chat::RoomRole", room.role(rank)));
    }
    return new Entity(uid, attributes, Set.of());
  }

  private static EntityUID uid(String type, String id) {
    return EntityUID.parse(type + "::\"" + id + "\"").orElseThrow();
  }

  @Override
  public boolean permits(int request) {
    try {
      return engine
          .isAuthorized(requests[request], policies, entities[request])
          .success
          .orElseThrow()
          .isAllowed();
    } catch (AuthException e) {
      throw new IllegalStateException(e);
    }
  }
}

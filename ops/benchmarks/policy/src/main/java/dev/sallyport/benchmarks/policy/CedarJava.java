package dev.sallyport.benchmarks.policy;

import com.cedarpolicy.BasicAuthorizationEngine;
import com.cedarpolicy.model.AuthorizationRequest;
import com.cedarpolicy.model.entity.Entity;
import com.cedarpolicy.model.exception.AuthException;
import com.cedarpolicy.model.policy.PolicySet;
import com.cedarpolicy.value.DateTime;
import com.cedarpolicy.value.EntityUID;
import com.cedarpolicy.value.IpAddress;
import com.cedarpolicy.value.PrimBool;
import com.cedarpolicy.value.PrimLong;
import com.cedarpolicy.value.PrimString;
import com.cedarpolicy.value.Value;
import java.util.HashMap;
import java.util.HashSet;
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
    EntityUID send = uid("Chat::Action", "message.send");
    int count = scenario.asks().size();
    requests = new AuthorizationRequest[count];
    entities = new Set[count];
    for (int i = 0; i < count; i++) {
      Scenario.Ask ask = scenario.asks().get(i);
      Scenario.User user = scenario.users().get(ask.user());
      Scenario.Room room = scenario.rooms().get(ask.room());
      Map<String, Value> context = new HashMap<>();
      context.put("size", new PrimLong(ask.size()));
      context.put("mfa", new PrimBool(ask.mfa()));
      context.put("ip", new IpAddress(ask.ip()));
      context.put("now", new DateTime(Scenario.NOW.toString()));
      EntityUID principal = uid("Chat::User", user.id());
      EntityUID resource = uid("Chat::Room", room.id());
      requests[i] =
          new AuthorizationRequest(
              principal, send, resource, Optional.of(context), Optional.empty(), false);
      entities[i] = Set.of(entity(principal, user), entity(resource, room));
    }
  }

  private static Entity entity(EntityUID uid, Scenario.User user) {
    Set<EntityUID> teams = new HashSet<>();
    for (int i = 0; i < user.rooms().size(); i++) {
      teams.add(uid("Chat::RoomRole", CedarText.team(user.rooms().get(i), user.teams().get(i))));
    }
    return new Entity(
        uid,
        Map.of(
            "suspended", new PrimBool(user.suspended()),
            "department", new PrimString(user.department())),
        teams);
  }

  private static Entity entity(EntityUID uid, Scenario.Room room) {
    Map<String, Value> attributes = new HashMap<>();
    EntityUID members = uid("Chat::RoomRole", CedarText.team(room.number(), 0));
    attributes.put("name", new PrimString(room.name()));
    attributes.put("archived", new PrimBool(room.archived()));
    attributes.put("classified", new PrimBool(room.classified()));
    attributes.put("members", members);
    attributes.put("moderators", members);
    attributes.put("owners", members);
    if (room.labelled()) {
      attributes.put("label", new PrimString("internal"));
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

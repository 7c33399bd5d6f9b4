package dev.sallyport.benchmarks.policy;

import dev.sallyport.policy.Decision;
import dev.sallyport.policy.ErrorMode;
import dev.sallyport.policy.PolicyEngine;
import dev.sallyport.policy.PolicySet;
import dev.sallyport.policy.Request;
import dev.sallyport.policy.entity.Entities;
import dev.sallyport.policy.entity.EntityView;
import dev.sallyport.policy.value.BooleanValue;
import dev.sallyport.policy.value.DatetimeValue;
import dev.sallyport.policy.value.EntityUid;
import dev.sallyport.policy.value.IpValue;
import dev.sallyport.policy.value.LongValue;
import dev.sallyport.policy.value.RecordValue;
import dev.sallyport.policy.value.StringValue;
import dev.sallyport.policy.value.Value;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Our engine, over live objects as the gateway has them. */
final class Sallyport implements Decider {
  private static final EntityUid SEND = EntityUid.of("Chat::Action", "message.send");

  private final PolicyEngine engine;
  private final Map<EntityUid, EntityView> live = new HashMap<>();
  private final Entities entities = live::get;
  private final Request[] requests;

  Sallyport(Scenario scenario) {
    engine =
        PolicyEngine.plan(PolicySet.parse(CedarText.of(scenario)).orElseThrow(), ErrorMode.CEDAR);
    for (Scenario.Room room : scenario.rooms()) {
      live.put(EntityUid.of("Chat::Room", room.id()), new LiveRoom(room));
    }
    for (Scenario.User user : scenario.users()) {
      live.put(EntityUid.of("Chat::User", user.id()), new LiveUser(user));
    }
    requests =
        scenario.asks().stream()
            .map(
                ask ->
                    new Request(
                        EntityUid.of("Chat::User", scenario.users().get(ask.user()).id()),
                        SEND,
                        EntityUid.of("Chat::Room", scenario.rooms().get(ask.room()).id()),
                        RecordValue.of(
                            Map.of(
                                "size", LongValue.of(ask.size()),
                                "mfa", BooleanValue.of(ask.mfa()),
                                "ip", IpValue.parse(ask.ip()).orElseThrow(),
                                "now", DatetimeValue.of(Scenario.NOW)))))
            .toArray(Request[]::new);
  }

  @Override
  public boolean permits(int request) {
    return engine.decide(requests[request], entities).permitted();
  }

  Decision authorize(int request) {
    return engine.authorize(requests[request], entities);
  }

  /** A room as it lives in a gateway: the attribute values are made once, with its version. */
  private static final class LiveRoom implements EntityView {
    private final EntityUid uid;
    private final StringValue name;
    private final BooleanValue archived;
    private final BooleanValue classified;
    private final EntityUid members;
    private final @Nullable StringValue label;

    LiveRoom(Scenario.Room room) {
      uid = EntityUid.of("Chat::Room", room.id());
      name = StringValue.of(room.name());
      archived = BooleanValue.of(room.archived());
      classified = BooleanValue.of(room.classified());
      members = EntityUid.of("Chat::RoomRole", CedarText.team(room.number(), 0));
      label = room.labelled() ? StringValue.of("internal") : null;
    }

    @Override
    public EntityUid uid() {
      return uid;
    }

    @Override
    public @Nullable Value attribute(String attribute) {
      return switch (attribute) {
        case "name" -> name;
        case "archived" -> archived;
        case "classified" -> classified;
        case "label" -> label;
        case "members", "moderators", "owners" -> members;
        default -> null;
      };
    }

    @Override
    public boolean isIn(EntityUid ancestor) {
      return false;
    }

    @Override
    public Iterable<EntityUid> ancestors() {
      return Set.of();
    }
  }

  private static final class LiveUser implements EntityView {
    private final EntityUid uid;
    private final BooleanValue suspended;
    private final StringValue department;
    private final Set<EntityUid> teams = new HashSet<>();

    LiveUser(Scenario.User user) {
      uid = EntityUid.of("Chat::User", user.id());
      suspended = BooleanValue.of(user.suspended());
      department = StringValue.of(user.department());
      for (int i = 0; i < user.rooms().size(); i++) {
        teams.add(
            EntityUid.of(
                "Chat::RoomRole", CedarText.team(user.rooms().get(i), user.teams().get(i))));
      }
    }

    @Override
    public EntityUid uid() {
      return uid;
    }

    @Override
    public @Nullable Value attribute(String attribute) {
      return switch (attribute) {
        case "suspended" -> suspended;
        case "department" -> department;
        default -> null;
      };
    }

    @Override
    public boolean isIn(EntityUid ancestor) {
      return teams.contains(ancestor);
    }

    @Override
    public Iterable<EntityUid> ancestors() {
      return teams;
    }
  }
}

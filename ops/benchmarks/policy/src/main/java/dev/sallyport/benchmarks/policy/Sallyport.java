package dev.sallyport.benchmarks.policy;

import dev.sallyport.policy.Decision;
import dev.sallyport.policy.ErrorMode;
import dev.sallyport.policy.PolicyEngine;
import dev.sallyport.policy.PolicySet;
import dev.sallyport.policy.Request;
import dev.sallyport.policy.Schema;
import dev.sallyport.policy.diagnostic.Problem;
import dev.sallyport.policy.entity.Entities;
import dev.sallyport.policy.entity.EntityView;
import dev.sallyport.policy.value.BooleanValue;
import dev.sallyport.policy.value.DatetimeValue;
import dev.sallyport.policy.value.EntityUid;
import dev.sallyport.policy.value.IpValue;
import dev.sallyport.policy.value.LongValue;
import dev.sallyport.policy.value.RecordValue;
import dev.sallyport.policy.value.SetValue;
import dev.sallyport.policy.value.StringValue;
import dev.sallyport.policy.value.Value;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Our engine, over live objects as the gateway has them. */
final class Sallyport implements Decider {
  private final PolicyEngine engine;
  private final Map<EntityUid, EntityView> live = new HashMap<>();
  private final Entities entities = live::get;
  private final Request[] requests;

  Sallyport(Scenario scenario) {
    this(scenario, load(CedarText.of(scenario)));
  }

  Sallyport(Scenario scenario, PolicyEngine engine) {
    this.engine = engine;
    for (Scenario.Room room : scenario.rooms()) {
      LiveRoom view = new LiveRoom(room);
      live.put(view.uid(), view);
    }
    for (Scenario.User user : scenario.users()) {
      LiveUser view = new LiveUser(user, scenario.rolesOf(user));
      live.put(view.uid(), view);
    }
    requests = scenario.asks().stream().map(ask -> request(scenario, ask)).toArray(Request[]::new);
  }

  /** From text to an engine that answers: parsed, validated, planned. */
  static PolicyEngine load(String policies) {
    Schema schema = Schema.parse(CedarText.schema()).orElseThrow();
    PolicySet set = PolicySet.parse(policies).orElseThrow();
    List<Problem> problems = set.validate(schema).stream().filter(Problem::isError).toList();
    if (!problems.isEmpty()) {
      throw new IllegalStateException("the policies are invalid: " + problems);
    }
    return PolicyEngine.plan(set, schema, ErrorMode.CEDAR);
  }

  private static Request request(Scenario scenario, Scenario.Ask ask) {
    return new Request(
        EntityUid.of("Chat::User", scenario.users().get(ask.user()).id()),
        EntityUid.of("Chat::Action", ask.action().id),
        EntityUid.of("Chat::Room", scenario.rooms().get(ask.room()).id()),
        RecordValue.of(
            Map.of(
                "size", LongValue.of(ask.size()),
                "mfa", BooleanValue.of(ask.mfa()),
                "ip", IpValue.parse(ask.ip()).orElseThrow(),
                "now", DatetimeValue.of(ask.now()))));
  }

  @Override
  public boolean permits(int request) {
    return engine.decide(requests[request], entities).permitted();
  }

  /** The answer with its reasons. */
  Decision authorize(int request) {
    return engine.authorize(requests[request], entities);
  }

  /** A room as it lives in a gateway: the attribute values are made once, with its version. */
  private static final class LiveRoom implements EntityView {
    private final EntityUid uid;
    private final StringValue name;
    private final BooleanValue archived;
    private final BooleanValue classified;
    private final BooleanValue announcements;
    private final @Nullable StringValue label;
    private final StringValue joinRule;
    private final LongValue clearance;
    private final SetValue tags;
    private final EntityUid owners;
    private final EntityUid moderators;
    private final EntityUid members;
    private final EntityUid guests;

    LiveRoom(Scenario.Room room) {
      uid = EntityUid.of("Chat::Room", room.id());
      name = StringValue.of(room.name());
      archived = BooleanValue.of(room.archived());
      classified = BooleanValue.of(room.classified());
      announcements = BooleanValue.of(room.announcements());
      label = room.label() == null ? null : StringValue.of(room.label());
      joinRule = StringValue.of(room.joinRule());
      clearance = LongValue.of(room.clearance());
      tags = SetValue.of(room.tags().stream().map(StringValue::of).toList());
      owners = EntityUid.of("Chat::RoomRole", room.role(Scenario.Rank.OWNER));
      moderators = EntityUid.of("Chat::RoomRole", room.role(Scenario.Rank.MODERATOR));
      members = EntityUid.of("Chat::RoomRole", room.role(Scenario.Rank.MEMBER));
      guests = EntityUid.of("Chat::RoomRole", room.role(Scenario.Rank.GUEST));
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
        case "members" -> members;
        default -> rarer(attribute);
      };
    }

    /** Apart, so that the method above stays small enough for the JIT compiler to inline it. */
    private @Nullable Value rarer(String attribute) {
      return switch (attribute) {
        case "announcements" -> announcements;
        case "joinRule" -> joinRule;
        case "clearance" -> clearance;
        case "tags" -> tags;
        case "owners" -> owners;
        case "moderators" -> moderators;
        case "guests" -> guests;
        default -> null;
      };
    }

    @Override
    public boolean isIn(EntityUid ancestor) {
      return false;
    }

    @Override
    public Iterable<EntityUid> ancestors() {
      return List.of();
    }
  }

  private static final class LiveUser implements EntityView {
    private final EntityUid uid;
    private final BooleanValue suspended;
    private final StringValue department;
    private final LongValue clearance;
    private final DatetimeValue joined;
    private final Set<EntityUid> ancestors = new HashSet<>();

    LiveUser(Scenario.User user, List<String> roomRoles) {
      uid = EntityUid.of("Chat::User", user.id());
      suspended = BooleanValue.of(user.suspended());
      department = StringValue.of(user.department());
      clearance = LongValue.of(user.clearance());
      joined = DatetimeValue.of(user.joined());
      ancestors.add(EntityUid.of("Chat::Role", user.admin() ? "admin" : "user"));
      user.groups().forEach(group -> ancestors.add(EntityUid.of("Chat::Group", group)));
      roomRoles.forEach(role -> ancestors.add(EntityUid.of("Chat::RoomRole", role)));
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
        case "clearance" -> clearance;
        case "joined" -> joined;
        default -> null;
      };
    }

    @Override
    public boolean isIn(EntityUid ancestor) {
      return ancestors.contains(ancestor);
    }

    @Override
    public Iterable<EntityUid> ancestors() {
      return ancestors;
    }
  }
}

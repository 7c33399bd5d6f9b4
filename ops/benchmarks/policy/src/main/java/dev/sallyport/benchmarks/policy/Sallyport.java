package dev.sallyport.benchmarks.policy;

import dev.sallyport.policy.Decision;
import dev.sallyport.policy.ErrorMode;
import dev.sallyport.policy.PolicyEngine;
import dev.sallyport.policy.PolicySet;
import dev.sallyport.policy.Request;
import dev.sallyport.policy.Schema;
import dev.sallyport.policy.diagnostic.Problem;
import dev.sallyport.policy.entity.Attributes;
import dev.sallyport.policy.entity.Entities;
import dev.sallyport.policy.entity.EntityView;
import dev.sallyport.policy.entity.UidSet;
import dev.sallyport.policy.value.BooleanValue;
import dev.sallyport.policy.value.DatetimeValue;
import dev.sallyport.policy.value.EntityUid;
import dev.sallyport.policy.value.IpValue;
import dev.sallyport.policy.value.LongValue;
import dev.sallyport.policy.value.RecordShape;
import dev.sallyport.policy.value.SetValue;
import dev.sallyport.policy.value.StringValue;
import dev.sallyport.policy.value.Value;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** Our engine, over live objects as the gateway has them. */
final class Sallyport implements Decider {
  private static final Map<Scenario.Action, EntityUid> ACTIONS =
      Arrays.stream(Scenario.Action.values())
          .collect(
              Collectors.toMap(
                  action -> action, action -> EntityUid.of("Chat::Action", action.id)));

  private static final RecordShape CONTEXT = RecordShape.of("size", "mfa", "ip", "now");

  private static final String USER = "Chat::User";

  private final PolicyEngine engine;
  private final Map<EntityUid, LiveUser> people = new HashMap<>();
  private final Map<EntityUid, LiveRoom> places = new HashMap<>();
  private final Entities entities = this::find;
  private final Request[] requests;

  Sallyport(Scenario scenario) {
    this(scenario, load(CedarText.of(scenario)));
  }

  Sallyport(Scenario scenario, PolicyEngine engine) {
    this.engine = engine;
    List<LiveRoom> rooms = scenario.rooms().stream().map(LiveRoom::new).toList();
    List<LiveUser> users =
        scenario.users().stream().map(user -> new LiveUser(user, scenario.rolesOf(user))).toList();
    rooms.forEach(room -> places.put(room.uid(), room));
    users.forEach(user -> people.put(user.uid(), user));
    requests =
        scenario.asks().stream().map(ask -> request(ask, users, rooms)).toArray(Request[]::new);
  }

  /** From text to an engine that answers: parsed, validated, planned. */
  static PolicyEngine load(String policies) {
    Schema schema = Schema.parse(CedarText.schema()).orElseThrow();
    PolicySet set = PolicySet.parse(policies).orElseThrow();
    List<Problem> problems = set.validate(schema).stream().filter(Problem::isError).toList();
    if (!problems.isEmpty()) {
      throw new IllegalStateException("the policies are invalid: " + problems);
    }
    return PolicyEngine.plan(
        set, schema, ErrorMode.CEDAR, List.of(LiveRoom.ATTRIBUTES, LiveUser.ATTRIBUTES));
  }

  /** Two maps, as the floor has them. */
  private @Nullable EntityView find(EntityUid uid) {
    return uid.type().equals(USER) ? people.get(uid) : places.get(uid);
  }

  /**
   * Named by the uids of the live objects, and of actions made once, as a host that has them does.
   */
  private static Request request(Scenario.Ask ask, List<LiveUser> users, List<LiveRoom> rooms) {
    return new Request(
        users.get(ask.user()).uid(),
        Objects.requireNonNull(ACTIONS.get(ask.action())),
        rooms.get(ask.room()).uid(),
        CONTEXT.record(
            LongValue.of(ask.size()),
            BooleanValue.of(ask.mfa()),
            IpValue.parse(ask.ip()).orElseThrow(),
            DatetimeValue.of(ask.now())));
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
    static final Attributes<LiveRoom> ATTRIBUTES =
        Attributes.of(LiveRoom.class)
            .with("name", room -> room.name)
            .with("archived", room -> room.archived)
            .with("classified", room -> room.classified)
            .with("announcements", room -> room.announcements)
            .with("label", room -> room.label)
            .with("joinRule", room -> room.joinRule)
            .with("clearance", room -> room.clearance)
            .with("tags", room -> room.tags)
            .with("owners", room -> room.owners)
            .with("moderators", room -> room.moderators)
            .with("members", room -> room.members)
            .with("guests", room -> room.guests);

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
      return ATTRIBUTES.read(this, attribute);
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
    static final Attributes<LiveUser> ATTRIBUTES =
        Attributes.of(LiveUser.class)
            .with("suspended", user -> user.suspended)
            .with("department", user -> user.department)
            .with("clearance", user -> user.clearance)
            .with("joined", user -> user.joined);

    private final EntityUid uid;
    private final BooleanValue suspended;
    private final StringValue department;
    private final LongValue clearance;
    private final DatetimeValue joined;
    private final UidSet ancestors;

    LiveUser(Scenario.User user, List<String> roomRoles) {
      uid = EntityUid.of("Chat::User", user.id());
      suspended = BooleanValue.of(user.suspended());
      department = StringValue.of(user.department());
      clearance = LongValue.of(user.clearance());
      joined = DatetimeValue.of(user.joined());
      List<EntityUid> all = new ArrayList<>();
      all.add(EntityUid.of("Chat::Role", user.admin() ? "admin" : "user"));
      user.groups().forEach(group -> all.add(EntityUid.of("Chat::Group", group)));
      roomRoles.forEach(role -> all.add(EntityUid.of("Chat::RoomRole", role)));
      ancestors = UidSet.of(all);
    }

    @Override
    public EntityUid uid() {
      return uid;
    }

    @Override
    public @Nullable Value attribute(String attribute) {
      return ATTRIBUTES.read(this, attribute);
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

package dev.sallyport.gateway.room;

import dev.sallyport.gateway.door.Chat;
import dev.sallyport.gateway.door.RoleSource;
import dev.sallyport.gateway.log.RoomEvent;
import dev.sallyport.gateway.log.RoomRecord;
import dev.sallyport.gateway.log.RoomRecord.State;
import dev.sallyport.policy.entity.EntityView;
import dev.sallyport.policy.value.BooleanValue;
import dev.sallyport.policy.value.EntityUid;
import dev.sallyport.policy.value.StringValue;
import dev.sallyport.policy.value.Value;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * One version of a room: immutable, and itself the {@code Chat::Room} that policies ask about, with
 * its room roles. Nothing is copied to decide.
 *
 * <p>Only who has joined holds a role; an invitation is known to policies as {@code
 * context.invited} alone.
 */
public final class Room implements EntityView, RoleSource {

  static final String TYPE = "Chat::Room";
  private static final String ROLE_TYPE = "Chat::RoomRole";

  /** All rooms lie in this one until there are spaces of one's own. */
  static final EntityUid SPACE = EntityUid.of("Chat::Space", "default");

  private static final List<EntityUid> ANCESTORS = List.of(SPACE);

  private final String id;
  private final String name;
  private final String joinRule;
  private final String classification;
  private final boolean archived;
  private final long version;
  private final Map<String, Member> members;
  private final Identity identity;

  /** What stays the same from version to version. */
  private record Identity(
      EntityUid uid,
      RoleEntity owners,
      RoleEntity moderators,
      RoleEntity members,
      RoleEntity guests,
      StringValue joinRule,
      @Nullable StringValue classification) {

    static Identity of(String id, String joinRule, String classification) {
      var guests = new RoleEntity(roleUid(id, RoomRole.GUEST), RoomRole.GUEST, List.of());
      var members =
          new RoleEntity(roleUid(id, RoomRole.MEMBER), RoomRole.MEMBER, List.of(guests.uid));
      var moderators =
          new RoleEntity(
              roleUid(id, RoomRole.MODERATOR),
              RoomRole.MODERATOR,
              List.of(members.uid, guests.uid));
      var owners =
          new RoleEntity(
              roleUid(id, RoomRole.OWNER),
              RoomRole.OWNER,
              List.of(moderators.uid, members.uid, guests.uid));
      return new Identity(
          EntityUid.of(TYPE, id),
          owners,
          moderators,
          members,
          guests,
          StringValue.of(joinRule),
          classification.isEmpty() ? null : StringValue.of(classification));
    }

    private static EntityUid roleUid(String id, RoomRole role) {
      return EntityUid.of(ROLE_TYPE, id + "/" + role.wireName());
    }

    RoleEntity role(RoomRole role) {
      return switch (role) {
        case OWNER -> owners;
        case MODERATOR -> moderators;
        case MEMBER -> members;
        case GUEST -> guests;
      };
    }

    @Nullable RoleEntity role(EntityUid uid) {
      return uid.equals(members.uid)
          ? members
          : uid.equals(owners.uid)
              ? owners
              : uid.equals(moderators.uid) ? moderators : uid.equals(guests.uid) ? guests : null;
    }
  }

  /** {@code Chat::RoomRole::"<room id>/<role>"}. */
  private static final class RoleEntity implements EntityView {
    final EntityUid uid;
    final RoomRole role;
    final List<EntityUid> ancestors;

    /** The role and those it contains: what its holder is in. */
    final List<EntityUid> heldWith;

    RoleEntity(EntityUid uid, RoomRole role, List<EntityUid> ancestors) {
      this.uid = uid;
      this.role = role;
      this.ancestors = ancestors;
      var held = new ArrayList<EntityUid>(ancestors.size() + 1);
      held.add(uid);
      held.addAll(ancestors);
      this.heldWith = List.copyOf(held);
    }

    @Override
    public EntityUid uid() {
      return uid;
    }

    @Override
    public @Nullable Value attribute(String name) {
      return null;
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

  /**
   * @param role null for those banned
   */
  record Member(String userId, State state, @Nullable RoomRole role, long since) {

    boolean joined() {
      return state == State.JOINED;
    }
  }

  private Room(
      String id,
      String name,
      String joinRule,
      String classification,
      boolean archived,
      long version,
      Map<String, Member> members,
      Identity identity) {
    this.id = id;
    this.name = name;
    this.joinRule = joinRule;
    this.classification = classification;
    this.archived = archived;
    this.version = version;
    this.members = members;
    this.identity = identity;
  }

  static Room of(RoomRecord record) {
    var members = HashMap.<String, Member>newHashMap(record.members().size());
    for (var member : record.members()) {
      members.put(
          member.userId(),
          new Member(
              member.userId(),
              member.state(),
              RoomRole.ofWireName(member.role()).orElse(null),
              member.since()));
    }
    return new Room(
        record.id(),
        record.name(),
        record.joinRule(),
        record.classification(),
        record.archived(),
        record.version(),
        members,
        Identity.of(record.id(), record.joinRule(), record.classification()));
  }

  /** The version that the room's first event makes. */
  static Room created(String id, RoomEvent event) {
    var owner = new Member(event.subject(), State.JOINED, RoomRole.OWNER, 1);
    return new Room(
        id,
        event.name(),
        event.joinRule(),
        event.classification(),
        false,
        1,
        Map.of(owner.userId(), owner),
        Identity.of(id, event.joinRule(), event.classification()));
  }

  /** The version that this event at {@code seq} makes of this one; the store does the same. */
  Room after(RoomEvent event, long seq) {
    var changed = new HashMap<>(members);
    var before = members.get(event.subject());
    long since = before == null ? seq : before.since();
    var role = RoomRole.ofWireName(event.role()).orElse(null);
    boolean nowArchived = archived;
    switch (event.type()) {
      case CREATED -> throw new IllegalStateException("a room is created once");
      case INVITED ->
          changed.put(event.subject(), new Member(event.subject(), State.INVITED, role, seq));
      case JOINED ->
          changed.put(event.subject(), new Member(event.subject(), State.JOINED, role, since));
      case ROLE_CHANGED -> {
        if (before != null) {
          changed.put(event.subject(), new Member(event.subject(), before.state(), role, since));
        }
      }
      case BANNED ->
          changed.put(event.subject(), new Member(event.subject(), State.BANNED, null, since));
      case LEFT, KICKED, UNBANNED -> changed.remove(event.subject());
      case ARCHIVED -> nowArchived = true;
    }
    return new Room(id, name, joinRule, classification, nowArchived, seq, changed, identity);
  }

  public String id() {
    return id;
  }

  public String name() {
    return name;
  }

  String joinRule() {
    return joinRule;
  }

  String classification() {
    return classification;
  }

  boolean archived() {
    return archived;
  }

  /** The sequence number of its newest event. */
  public long version() {
    return version;
  }

  /** Joined, invited and banned. */
  Collection<Member> members() {
    return members.values();
  }

  Optional<Member> member(String userId) {
    return Optional.ofNullable(members.get(userId));
  }

  /** The member, if joined. */
  public boolean joined(String userId) {
    var member = members.get(userId);
    return member != null && member.joined();
  }

  boolean invited(String userId) {
    var member = members.get(userId);
    return member != null && member.state() == State.INVITED;
  }

  boolean banned(String userId) {
    var member = members.get(userId);
    return member != null && member.state() == State.BANNED;
  }

  /** Whether the user has joined or is invited. */
  public boolean belongs(String userId) {
    var member = members.get(userId);
    return member != null && member.state() != State.BANNED;
  }

  /** From which entry on the log is this member's to read. */
  long since(String userId) {
    var member = members.get(userId);
    return member == null ? Long.MAX_VALUE : member.since();
  }

  long owners() {
    return members.values().stream()
        .filter(member -> member.joined() && member.role() == RoomRole.OWNER)
        .count();
  }

  // ------------------------------------------------------------------ the entity

  @Override
  public EntityUid uid() {
    return identity.uid;
  }

  @Override
  public @Nullable Value attribute(String attribute) {
    return switch (attribute) {
      case "owners" -> identity.owners.uid;
      case "moderators" -> identity.moderators.uid;
      case "members" -> identity.members.uid;
      case "guests" -> identity.guests.uid;
      case "archived" -> BooleanValue.of(archived);
      case "joinRule" -> identity.joinRule;
      case "classification" -> identity.classification;
      default -> null;
    };
  }

  @Override
  public boolean isIn(EntityUid ancestor) {
    return SPACE.equals(ancestor);
  }

  @Override
  public Iterable<EntityUid> ancestors() {
    return ANCESTORS;
  }

  @Override
  public boolean holds(EntityUid user, EntityUid roomRole) {
    var held = roleOf(user);
    var asked = identity.role(roomRole);
    return held != null && asked != null && held.includes(asked.role);
  }

  @Override
  public Iterable<EntityUid> rolesOf(EntityUid user) {
    var held = roleOf(user);
    return held == null ? List.of() : identity.role(held).heldWith;
  }

  private @Nullable RoomRole roleOf(EntityUid user) {
    if (!user.type().equals(Chat.USER)) {
      return null;
    }
    var member = members.get(user.id());
    return member != null && member.joined() ? member.role() : null;
  }

  @Override
  public @Nullable EntityView find(EntityUid uid) {
    return uid.equals(identity.uid) ? this : identity.role(uid);
  }

  @Override
  public String toString() {
    return "Room[" + id + "@" + version + "]";
  }
}

package dev.sallyport.gateway.room;

import dev.sallyport.gateway.door.Chat;
import dev.sallyport.gateway.door.RoleSource;
import dev.sallyport.gateway.log.RoomEvent;
import dev.sallyport.gateway.log.RoomRecord;
import dev.sallyport.gateway.log.RoomRecord.State;
import dev.sallyport.policy.entity.Attributes;
import dev.sallyport.policy.entity.EntityView;
import dev.sallyport.policy.value.BooleanValue;
import dev.sallyport.policy.value.EntityUid;
import dev.sallyport.policy.value.StringValue;
import dev.sallyport.policy.value.Value;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
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

  /** The join rule of direct conversations. */
  static final String DIRECT = "direct";

  /** All rooms lie in this one until there are spaces of one's own. */
  static final EntityUid SPACE = EntityUid.of("Chat::Space", "default");

  private static final List<EntityUid> ANCESTORS = List.of(SPACE);

  /** What policies may ask of a room. */
  static final Attributes<Room> ATTRIBUTES =
      Attributes.of(Room.class)
          .with("owners", room -> room.identity.owners.uid)
          .with("moderators", room -> room.identity.moderators.uid)
          .with("members", room -> room.identity.members.uid)
          .with("guests", room -> room.identity.guests.uid)
          .with("archived", room -> BooleanValue.of(room.traits.archived()))
          .with("joinRule", room -> room.identity.joinRule)
          .with("classification", room -> room.identity.classification);

  private final String id;
  private final Traits traits;
  private final long version;
  private final Map<String, Member> members;
  private final Set<String> muted;
  private final Identity identity;

  /**
   * What events say of the room as a whole.
   *
   * @param retentionSeconds how long messages are kept; 0: for ever
   * @param groupId of its MLS group
   */
  private record Traits(
      String name,
      String joinRule,
      String classification,
      boolean archived,
      long retentionSeconds,
      String groupId) {

    Traits nowArchived() {
      return new Traits(name, joinRule, classification, true, retentionSeconds, groupId);
    }

    Traits keepingFor(long seconds) {
      return new Traits(name, joinRule, classification, archived, seconds, groupId);
    }

    Traits withGroup(String newGroupId) {
      return new Traits(name, joinRule, classification, archived, retentionSeconds, newGroupId);
    }
  }

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
          EntityUid.of(TYPE, id.intern()),
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
      Traits traits,
      long version,
      Map<String, Member> members,
      Set<String> muted,
      Identity identity) {
    this.id = id;
    this.traits = traits;
    this.version = version;
    this.members = members;
    this.muted = muted;
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
        new Traits(
            record.name(),
            record.joinRule(),
            record.classification(),
            record.archived(),
            record.retentionSeconds(),
            record.groupId()),
        record.version(),
        members,
        record.muted(),
        Identity.of(record.id(), record.joinRule(), record.classification()));
  }

  /** The version that the room's first event makes. */
  static Room created(String id, RoomEvent event) {
    var owner = new Member(event.subject(), State.JOINED, RoomRole.OWNER, 1);
    return new Room(
        id,
        new Traits(event.name(), event.joinRule(), event.classification(), false, 0, id),
        1,
        Map.of(owner.userId(), owner),
        Set.of(),
        Identity.of(id, event.joinRule(), event.classification()));
  }

  /** The version that this event of that author at {@code seq} makes; the store does the same. */
  Room after(RoomEvent event, String author, long seq) {
    var changed = new HashMap<>(members);
    var before = members.get(event.subject());
    long since = before == null ? seq : before.since();
    var role = RoomRole.ofWireName(event.role()).orElse(null);
    var nowMuted = muted;
    var now = traits;
    switch (event.type()) {
      case CREATED -> throw new IllegalStateException("a room is created once");
      case INVITED ->
          changed.put(event.subject(), new Member(event.subject(), State.INVITED, role, seq));
      case JOINED ->
          changed.put(event.subject(), new Member(event.subject(), State.JOINED, role, since));
      case ROLE_CHANGED -> setRole(changed, event.subject(), role);
      case OWNERSHIP_TRANSFERRED -> {
        setRole(changed, event.subject(), role);
        setRole(changed, author, RoomRole.MODERATOR);
      }
      case BANNED ->
          changed.put(event.subject(), new Member(event.subject(), State.BANNED, null, since));
      case LEFT, KICKED, UNBANNED -> changed.remove(event.subject());
      case ARCHIVED -> now = traits.nowArchived();
      case MUTED -> nowMuted = with(muted, event.subject());
      case UNMUTED -> nowMuted = without(muted, event.subject());
      case RETENTION_CHANGED -> now = traits.keepingFor(event.retentionSeconds());
      case GROUP_RESET -> now = traits.withGroup(event.groupId());
      case REDACTED, DEVICE_ADDED, DEVICE_REMOVED -> {}
    }
    return new Room(id, now, seq, changed, nowMuted, identity);
  }

  private static void setRole(Map<String, Member> members, String userId, @Nullable RoomRole role) {
    members.computeIfPresent(
        userId, (user, member) -> new Member(user, member.state(), role, member.since()));
  }

  private static Set<String> with(Set<String> users, String userId) {
    var more = new HashSet<>(users);
    more.add(userId);
    return more;
  }

  private static Set<String> without(Set<String> users, String userId) {
    var fewer = new HashSet<>(users);
    fewer.remove(userId);
    return fewer;
  }

  public String id() {
    return id;
  }

  public String name() {
    return traits.name();
  }

  String joinRule() {
    return traits.joinRule();
  }

  String classification() {
    return traits.classification();
  }

  boolean archived() {
    return traits.archived();
  }

  /** How long messages are kept, in seconds; 0: for ever. */
  long retentionSeconds() {
    return traits.retentionSeconds();
  }

  /** Of the MLS group whose messages are taken: the room's id until it is founded anew. */
  String groupId() {
    return traits.groupId();
  }

  /** A direct conversation of two, who are all that ever belong to it. */
  boolean direct() {
    return traits.joinRule().equals(DIRECT);
  }

  /** Who may not send messages, members or not. */
  Set<String> muted() {
    return muted;
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
    return ATTRIBUTES.read(this, attribute);
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

package dev.sallyport.gateway.door;

import dev.sallyport.gateway.bundle.ActivePolicy;
import dev.sallyport.policy.entity.Entities;
import dev.sallyport.policy.entity.EntityView;
import dev.sallyport.policy.value.EntityUid;
import dev.sallyport.policy.value.Value;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The entities of one decision: the caller, the resource, the resource's room and its roles, the
 * groups and roles of the bundle, and other users as far as the room knows them. Nothing is copied
 * but references; one state of the caller is used throughout.
 */
final class Question implements Entities {
  private final EntityUid user;
  private final GatewayToken token;
  private final Set<EntityUid> belonging;
  private final ActivePolicy policy;
  private final EntityView resource;
  private final @Nullable RoleSource room;

  Question(Caller caller, Caller.Standing standing, ActivePolicy policy, EntityView resource) {
    this.user = caller.user();
    this.token = standing.token;
    this.belonging = belonging(standing, policy);
    this.policy = policy;
    this.resource = resource;
    this.room = resource instanceof RoleSource source ? source : null;
  }

  @Override
  public @Nullable EntityView find(EntityUid uid) {
    if (uid.equals(user)) {
      return new UserView(user, token.attributes(), belonging);
    }
    if (uid.equals(resource.uid())) {
      return resource;
    }
    if (room != null) {
      EntityView found = room.find(uid);
      if (found != null) {
        return found;
      }
      if (uid.type().equals(Chat.USER)) {
        return new UserView(uid, Map.of(), Set.of());
      }
    }
    return policy.entities().find(uid);
  }

  /**
   * A user: attributes, roles and groups of the token (the caller's only), and what the room gives.
   */
  private final class UserView implements EntityView {
    private final EntityUid uid;
    private final Map<String, Value> attributes;
    private final Set<EntityUid> belonging;

    UserView(EntityUid uid, Map<String, Value> attributes, Set<EntityUid> belonging) {
      this.uid = uid;
      this.attributes = attributes;
      this.belonging = belonging;
    }

    @Override
    public EntityUid uid() {
      return uid;
    }

    @Override
    public @Nullable Value attribute(String name) {
      return attributes.get(name);
    }

    @Override
    public boolean isIn(EntityUid ancestor) {
      return belonging.contains(ancestor) || (room != null && room.holds(uid, ancestor));
    }

    @Override
    public Iterable<EntityUid> ancestors() {
      if (room == null) {
        return belonging;
      }
      List<EntityUid> all = new ArrayList<>(belonging);
      room.rolesOf(uid).forEach(all::add);
      return all;
    }
  }

  /** Roles and groups closed over the bundle's hierarchy; made once for a state of the caller. */
  private static Set<EntityUid> belonging(Caller.Standing standing, ActivePolicy policy) {
    Caller.Belonging known = standing.belonging;
    if (known != null && known.policyVersion() == policy.version()) {
      return known.ancestors();
    }
    Set<EntityUid> all = new HashSet<>();
    standing.token.roles().forEach(name -> add(EntityUid.of(Chat.ROLE, name), policy, all));
    standing.token.groups().forEach(name -> add(EntityUid.of(Chat.GROUP, name), policy, all));
    standing.belonging = new Caller.Belonging(policy.version(), Set.copyOf(all));
    return standing.belonging.ancestors();
  }

  private static void add(EntityUid uid, ActivePolicy policy, Set<EntityUid> all) {
    all.add(uid);
    EntityView entity = policy.entities().find(uid);
    if (entity != null) {
      entity.ancestors().forEach(all::add);
    }
  }
}

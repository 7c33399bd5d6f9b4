package dev.sallyport.gateway.door;

import dev.sallyport.policy.entity.EntityView;
import dev.sallyport.policy.value.EntityUid;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The rooms and actions that a token is limited to (RFC 9396, decision 0002, <em>Limits to
 * rooms</em>). It limits, before policy is asked, and gives nothing: what it allows, policy may
 * still refuse. What is not about a room it allows never.
 *
 * @param actions by room id
 */
public record RoomLimits(Map<String, Set<String>> actions) {
  private static final String TYPE = "sallyport_room";

  private static final Set<String> FIELDS = Set.of("type", "identifier", "actions");

  /** Far above what the issuer allows. */
  private static final int OBJECTS_MAX = 64;

  private static final int ACTIONS_MAX = 64;

  private static final int TEXT_CHARS_MAX = 64;

  private static final String ROOM = "Chat::Room";

  public RoomLimits {
    Map<String, Set<String>> copy = new HashMap<>();
    actions.forEach((room, allowed) -> copy.put(room, Set.copyOf(allowed)));
    actions = Map.copyOf(copy);
  }

  /** Reads the claim; empty if anything in it is not understood: a limit must not be dropped. */
  static Optional<RoomLimits> read(Object claim) {
    if (!(claim instanceof List<?> objects) || objects.isEmpty() || objects.size() > OBJECTS_MAX) {
      return Optional.empty();
    }
    Map<String, Set<String>> actions = new HashMap<>();
    for (Object object : objects) {
      if (!(object instanceof Map<?, ?> fields)
          || !FIELDS.equals(fields.keySet())
          || !TYPE.equals(fields.get("type"))
          || !(fields.get("identifier") instanceof String room)
          || room.length() > TEXT_CHARS_MAX
          || !(fields.get("actions") instanceof List<?> allowed)
          || allowed.isEmpty()
          || allowed.size() > ACTIONS_MAX) {
        return Optional.empty();
      }
      Set<String> known = actions.computeIfAbsent(room, _ -> new HashSet<>());
      for (Object action : allowed) {
        if (!(action instanceof String name) || name.length() > TEXT_CHARS_MAX) {
          return Optional.empty();
        }
        known.add(name);
      }
    }
    return Optional.of(new RoomLimits(actions));
  }

  /**
   * Whether this action on that room, or on something that lies in it, is not beyond the limits.
   */
  boolean allow(String action, EntityView resource) {
    String room = room(resource);
    return room != null && actions.getOrDefault(room, Set.of()).contains(action);
  }

  private static @Nullable String room(EntityView resource) {
    EntityUid uid = resource.uid();
    if (uid.type().equals(ROOM)) {
      return uid.id();
    }
    return resource.attribute("room") instanceof EntityUid in && in.type().equals(ROOM)
        ? in.id()
        : null;
  }
}

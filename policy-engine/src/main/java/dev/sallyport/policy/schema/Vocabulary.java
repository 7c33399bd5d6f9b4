package dev.sallyport.policy.schema;

import dev.sallyport.policy.value.EntityUid;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** A schema, every name resolved. */
public record Vocabulary(Map<String, EntityType> entityTypes, Map<EntityUid, Action> actions) {

  /**
   * An entity type.
   *
   * @param ancestors types whose entities can be ancestors, over any number of steps
   * @param tags the type of the tags, or null if it has none
   * @param ids the only ids there are, if it is enumerated
   */
  public record EntityType(
      String name,
      Set<String> ancestors,
      Type.RecordOf attributes,
      @Nullable Type tags,
      @Nullable Set<String> ids) {}

  /**
   * An action.
   *
   * @param parents its groups, over one step
   * @param ancestors its groups, over any number of steps
   * @param principals what may do it; empty if it is only a group
   * @param resources what it may be done to
   */
  public record Action(
      EntityUid uid,
      Set<EntityUid> parents,
      Set<EntityUid> ancestors,
      Set<String> principals,
      Set<String> resources,
      Type.RecordOf context) {}

  /** Whether any action has that type. */
  public boolean isActionType(String type) {
    return actions.keySet().stream().anyMatch(uid -> uid.type().equals(type));
  }

  /** Whether an entity of one type can be in, or be, an entity of the other. */
  public boolean canBeIn(String type, String ancestor) {
    if (type.equals(ancestor)) {
      return true;
    }
    EntityType declared = entityTypes.get(type);
    return declared != null && declared.ancestors().contains(ancestor);
  }

  /** Whether the action is the group or in it. */
  public boolean isActionIn(EntityUid action, EntityUid group) {
    if (action.equals(group)) {
      return true;
    }
    Action declared = actions.get(action);
    return declared != null && declared.ancestors().contains(group);
  }
}

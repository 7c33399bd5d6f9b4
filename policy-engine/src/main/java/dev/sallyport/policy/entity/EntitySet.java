package dev.sallyport.policy.entity;

import dev.sallyport.policy.diagnostic.ParseResult;
import dev.sallyport.policy.diagnostic.ParseResult.Parsed;
import dev.sallyport.policy.diagnostic.ParseResult.Rejected;
import dev.sallyport.policy.diagnostic.Problem;
import dev.sallyport.policy.diagnostic.ProblemCode;
import dev.sallyport.policy.json.JsonPath;
import dev.sallyport.policy.json.Places;
import dev.sallyport.policy.value.EntityUid;
import dev.sallyport.policy.value.Value;
import java.util.ArrayDeque;
import java.util.Collection;
import java.util.Collections;
import java.util.Deque;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Entities at rest, with the hierarchy closed over all steps. Immutable. */
public final class EntitySet implements Entities {
  private final Map<EntityUid, Closed> byUid;

  private EntitySet(Map<EntityUid, Closed> byUid) {
    this.byUid = byUid;
  }

  /** The set; rejected if two differ under one uid, or if one is its own ancestor. */
  public static ParseResult<EntitySet> of(Collection<Entity> entities) {
    return of(entities, Places.NONE);
  }

  /**
   * The same, of entities that were read from a JSON array.
   *
   * @param places those of the array: what stands first in it, and so on, is what is given first
   */
  public static ParseResult<EntitySet> of(Collection<Entity> entities, Places places) {
    Map<EntityUid, Entity> byUid = LinkedHashMap.newLinkedHashMap(entities.size());
    Map<EntityUid, Integer> indices = HashMap.newHashMap(entities.size());
    int index = 0;
    for (Entity entity : entities) {
      Entity earlier = byUid.putIfAbsent(entity.uid(), entity);
      indices.putIfAbsent(entity.uid(), index);
      if (earlier != null && !sameData(earlier, entity)) {
        return new Rejected<>(
            new Problem(
                ProblemCode.DUPLICATE_ENTITY,
                "entity `" + entity.uid() + "` is given twice, with different data",
                places.of(JsonPath.ROOT.element(index))));
      }
      index++;
    }
    Map<EntityUid, Closed> closed = LinkedHashMap.newLinkedHashMap(byUid.size());
    for (Entity entity : byUid.values()) {
      JsonPath path = JsonPath.ROOT.element(indices.getOrDefault(entity.uid(), 0));
      Problem problem = actionsOnly(entity, path, places);
      if (problem != null) {
        return new Rejected<>(problem);
      }
      Set<EntityUid> ancestors = ancestors(entity, byUid);
      if (ancestors.contains(entity.uid())) {
        return new Rejected<>(
            new Problem(
                ProblemCode.CYCLIC_HIERARCHY,
                "entity `" + entity.uid() + "` is its own ancestor",
                places.of(path.member("parents"))));
      }
      closed.put(entity.uid(), new Closed(entity, ancestors, path));
    }
    return new Parsed<>(new EntitySet(closed));
  }

  /** An action can only be in actions. */
  private static @Nullable Problem actionsOnly(Entity entity, JsonPath path, Places places) {
    if (isAction(entity.uid())) {
      for (int i = 0; i < entity.parents().size(); i++) {
        EntityUid parent = entity.parents().get(i);
        if (!isAction(parent)) {
          return new Problem(
              ProblemCode.INVALID_ENTITY,
              "action `" + entity.uid() + "` cannot be in `" + parent + "`",
              places.of(path.member("parents").element(i)),
              null,
              "only actions can be groups of actions");
        }
      }
    }
    return null;
  }

  private static boolean isAction(EntityUid uid) {
    return uid.type().equals("Action") || uid.type().endsWith("::Action");
  }

  private static boolean sameData(Entity a, Entity b) {
    return a.attributes().equals(b.attributes())
        && a.tags().equals(b.tags())
        && new LinkedHashSet<>(a.parents()).equals(new LinkedHashSet<>(b.parents()));
  }

  private static Set<EntityUid> ancestors(Entity entity, Map<EntityUid, Entity> byUid) {
    Set<EntityUid> found = new LinkedHashSet<>();
    Deque<EntityUid> open = new ArrayDeque<>(entity.parents());
    while (!open.isEmpty()) {
      EntityUid next = open.removeFirst();
      if (found.add(next)) {
        Entity parent = byUid.get(next);
        if (parent != null) {
          open.addAll(parent.parents());
        }
      }
    }
    return found;
  }

  @Override
  public @Nullable EntityView find(EntityUid uid) {
    return byUid.get(uid);
  }

  /** The entities in the order given. */
  public Collection<Entity> entities() {
    return byUid.values().stream().map(closed -> closed.entity).toList();
  }

  /** Where an entity stood among those that the set was made of. */
  public JsonPath path(EntityUid uid) {
    Closed closed = byUid.get(uid);
    return closed == null ? JsonPath.ROOT : closed.path;
  }

  public int size() {
    return byUid.size();
  }

  private static final class Closed implements EntityView {
    private final Entity entity;
    private final Set<EntityUid> ancestors;
    private final JsonPath path;

    Closed(Entity entity, Set<EntityUid> ancestors, JsonPath path) {
      this.path = path;
      this.entity = entity;
      this.ancestors = Collections.unmodifiableSet(ancestors);
    }

    @Override
    public EntityUid uid() {
      return entity.uid();
    }

    @Override
    public @Nullable Value attribute(String name) {
      return entity.attributes().get(name);
    }

    @Override
    public @Nullable Value tag(String name) {
      return entity.tags().get(name);
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

package dev.sallyport.policy.entity;

import dev.sallyport.policy.diagnostic.ParseResult;
import dev.sallyport.policy.diagnostic.ParseResult.Parsed;
import dev.sallyport.policy.diagnostic.ParseResult.Rejected;
import dev.sallyport.policy.diagnostic.Problem;
import dev.sallyport.policy.diagnostic.ProblemCode;
import dev.sallyport.policy.value.EntityUid;
import dev.sallyport.policy.value.Value;
import java.util.ArrayDeque;
import java.util.Collection;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * Entities at rest. The ancestors of one, over all steps, are found when they are first asked for:
 * a long chain of entities has far more pairs than entities. Immutable to its users; safe for
 * threads.
 */
public final class EntitySet implements Entities {
  /** How many ancestors are remembered over all entities; beyond it they are found each time. */
  private static final int REMEMBERED_MAX = 2_000_000;

  private final Map<EntityUid, Held> byUid;
  private final AtomicInteger remembered = new AtomicInteger();

  private EntitySet(Collection<Entity> entities, Map<EntityUid, Integer> indices) {
    this.byUid = LinkedHashMap.newLinkedHashMap(entities.size());
    for (Entity entity : entities) {
      byUid.put(entity.uid(), new Held(entity, index(entity.uid(), indices)));
    }
  }

  /** The set; rejected if two differ under one uid, or if one is its own ancestor. */
  public static ParseResult<EntitySet> of(Collection<Entity> entities) {
    return of(entities, EntityPlaces.NONE);
  }

  /**
   * The same, of entities that were read from a text.
   *
   * @param places where they stand in it, in the order given
   */
  public static ParseResult<EntitySet> of(Collection<Entity> entities, EntityPlaces places) {
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
                places.entity(index)));
      }
      index++;
    }
    for (Entity entity : byUid.values()) {
      Problem problem = actionsOnly(entity, index(entity.uid(), indices), places);
      if (problem != null) {
        return new Rejected<>(problem);
      }
    }
    EntityUid own = ownAncestor(byUid);
    return own == null
        ? new Parsed<>(new EntitySet(byUid.values(), indices))
        : new Rejected<>(
            new Problem(
                ProblemCode.CYCLIC_HIERARCHY,
                "entity `" + own + "` is its own ancestor",
                places.parents(index(own, indices))));
  }

  private static int index(EntityUid uid, Map<EntityUid, Integer> indices) {
    return indices.getOrDefault(uid, 0);
  }

  /** An action can only be in actions. */
  private static @Nullable Problem actionsOnly(Entity entity, int index, EntityPlaces places) {
    if (isAction(entity.uid())) {
      for (int i = 0; i < entity.parents().size(); i++) {
        EntityUid parent = entity.parents().get(i);
        if (!isAction(parent)) {
          return new Problem(
              ProblemCode.INVALID_ENTITY,
              "action `" + entity.uid() + "` cannot be in `" + parent + "`",
              places.parent(index, i),
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

  /** An entity above itself, if there is one. Each entity and each parent is looked at once. */
  private static @Nullable EntityUid ownAncestor(Map<EntityUid, Entity> byUid) {
    Set<EntityUid> begun = new HashSet<>();
    Set<EntityUid> onTheWay = new HashSet<>();
    Deque<Step> way = new ArrayDeque<>();
    for (Entity start : byUid.values()) {
      Entity next = start;
      while (true) {
        if (next != null && begun.add(next.uid())) {
          onTheWay.add(next.uid());
          way.push(new Step(next.uid(), next.parents().iterator()));
        }
        Step last = way.peek();
        if (last == null) {
          break;
        }
        next = null;
        if (!last.parents().hasNext()) {
          onTheWay.remove(last.uid());
          way.pop();
          continue;
        }
        EntityUid parent = last.parents().next();
        if (onTheWay.contains(parent)) {
          return parent;
        }
        next = byUid.get(parent);
      }
    }
    return null;
  }

  /** An entity on the way up, and those of its parents that are still to be taken. */
  private record Step(EntityUid uid, Iterator<EntityUid> parents) {}

  private UidSet ancestors(Entity entity) {
    Set<EntityUid> found = new LinkedHashSet<>();
    Deque<EntityUid> open = new ArrayDeque<>(entity.parents());
    while (!open.isEmpty()) {
      EntityUid next = open.removeFirst();
      if (found.add(next)) {
        Held parent = byUid.get(next);
        if (parent != null) {
          open.addAll(parent.entity.parents());
        }
      }
    }
    return UidSet.of(found);
  }

  @Override
  public @Nullable EntityView find(EntityUid uid) {
    return byUid.get(uid);
  }

  /** The entities in the order given. */
  public Collection<Entity> entities() {
    return byUid.values().stream().map(held -> held.entity).toList();
  }

  /** The place of that entity among those given, counted from 0; -1 if it is none of them. */
  public int index(EntityUid uid) {
    Held held = byUid.get(uid);
    return held == null ? -1 : held.index;
  }

  public int size() {
    return byUid.size();
  }

  private final class Held implements EntityView {
    private final Entity entity;
    private final int index;

    /** Null until asked for; threads that ask at once find the same. */
    private @Nullable UidSet ancestors;

    Held(Entity entity, int index) {
      this.entity = entity;
      this.index = index;
    }

    private UidSet closed() {
      UidSet known = ancestors;
      if (known != null) {
        return known;
      }
      UidSet found = EntitySet.this.ancestors(entity);
      if (remembered.addAndGet(found.size()) <= REMEMBERED_MAX) {
        ancestors = found;
      } else {
        remembered.addAndGet(-found.size());
      }
      return found;
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
      return closed().contains(ancestor);
    }

    @Override
    public Iterable<EntityUid> ancestors() {
      return closed();
    }
  }
}

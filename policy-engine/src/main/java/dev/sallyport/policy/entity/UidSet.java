package dev.sallyport.policy.entity;

import dev.sallyport.policy.value.EntityUid;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.Iterator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A set of uids, for the ancestors of live entities: {@link EntityView#isIn} asks {@link #contains}
 * and {@link EntityView#ancestors} is the set itself. Looking a uid up touches less memory than in
 * a {@link java.util.HashSet}, and where it is not there mostly none but the set's own. Immutable;
 * iterates in the order in which the uids were given.
 */
public final class UidSet implements Iterable<EntityUid> {
  /** No uids. */
  public static final UidSet EMPTY = new UidSet(Set.of());

  /** Room for as many again, so that few places are looked at. */
  private static final int SPARE = 2;

  private final List<EntityUid> uids;

  /** One bit for each uid, by its hash. */
  private final long bits;

  private final @Nullable EntityUid[] places;

  private UidSet(Set<EntityUid> distinct) {
    int capacity = Integer.highestOneBit(Math.max(1, distinct.size() * SPARE)) * 2;
    this.uids = Collections.unmodifiableList(new ArrayList<>(distinct));
    this.places = new EntityUid[capacity];
    long all = 0;
    for (EntityUid uid : uids) {
      int hash = uid.hashCode();
      all |= bit(hash);
      int place = hash & (capacity - 1);
      while (places[place] != null) {
        place = (place + 1) & (capacity - 1);
      }
      places[place] = uid;
    }
    this.bits = all;
  }

  /** These uids, each once. */
  public static UidSet of(Collection<EntityUid> uids) {
    return uids.isEmpty() ? EMPTY : new UidSet(new LinkedHashSet<>(uids));
  }

  /** Whether the uid is in the set. Allocates nothing. */
  public boolean contains(EntityUid uid) {
    return (bits & bit(uid.hashCode())) != 0 && has(uid);
  }

  /** By the upper bits, since the lower ones choose the place. */
  private static long bit(int hash) {
    return 1L << (hash >>> 26);
  }

  private boolean has(EntityUid uid) {
    int mask = places.length - 1;
    for (int place = uid.hashCode() & mask; ; place = (place + 1) & mask) {
      EntityUid found = places[place];
      if (found == null || found.equals(uid)) {
        return found != null;
      }
    }
  }

  /** How many. */
  public int size() {
    return uids.size();
  }

  /** Without {@link Iterator#remove}. */
  @Override
  public Iterator<EntityUid> iterator() {
    return uids.iterator();
  }

  @Override
  public String toString() {
    return uids.toString();
  }
}

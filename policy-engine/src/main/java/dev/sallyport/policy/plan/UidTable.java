package dev.sallyport.policy.plan;

import dev.sallyport.policy.value.EntityUid;
import java.util.Map;
import java.util.function.BiFunction;
import org.jspecify.annotations.Nullable;

/**
 * Entities to what is filed under them. An array of hashes is looked at before any key is, so that
 * a miss touches no memory but that, and equality is {@link EntityUid}'s own, never a virtual call.
 */
final class UidTable<T> {
  /** Room for as many again, so that chains stay short. */
  private static final int SPARE = 2;

  private final int mask;
  private final int[] hashes;

  /** Each key with its value behind it. */
  private final @Nullable Object[] entries;

  private final int size;

  private UidTable(int capacity, int size) {
    this.mask = capacity - 1;
    this.hashes = new int[capacity];
    this.entries = new Object[2 * capacity];
    this.size = size;
  }

  static <S, T> UidTable<T> of(Map<EntityUid, S> entries, BiFunction<EntityUid, S, T> made) {
    int capacity = Integer.highestOneBit(Math.max(1, entries.size()) * SPARE) * 2;
    UidTable<T> table = new UidTable<>(capacity, entries.size());
    entries.forEach((uid, entry) -> table.put(uid, made.apply(uid, entry)));
    return table;
  }

  /**
   * The same uid of interned strings, so that it compares by identity with those of a host that
   * interns its own.
   */
  static EntityUid familiar(EntityUid uid) {
    return EntityUid.of(uid.type().intern(), uid.id().intern());
  }

  private void put(EntityUid uid, T value) {
    int hash = marked(uid.hashCode());
    int place = hash & mask;
    while (entries[2 * place] != null) {
      place = (place + 1) & mask;
    }
    hashes[place] = hash;
    entries[2 * place] = uid;
    entries[2 * place + 1] = value;
  }

  boolean isEmpty() {
    return size == 0;
  }

  @SuppressWarnings("unchecked") // only put fills it
  @Nullable T get(EntityUid uid) {
    int hash = marked(uid.hashCode());
    int place = hash & mask;
    while (true) {
      int found = hashes[place];
      if (found == hash && uid.equals(entries[2 * place])) {
        return (T) entries[2 * place + 1];
      }
      if (found == 0) {
        return null;
      }
      place = (place + 1) & mask;
    }
  }

  /** Never 0, which marks an empty place. */
  private static int marked(int hash) {
    return hash == 0 ? 1 : hash;
  }
}

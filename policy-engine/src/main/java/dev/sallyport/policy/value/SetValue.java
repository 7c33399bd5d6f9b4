package dev.sallyport.policy.value;

import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.HashSet;
import java.util.Iterator;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** A set of values: no order, no duplicates. Iterates in the order in which elements were given. */
public final class SetValue implements Value, Iterable<Value> {
  /** Up to this size a scan beats hashing. */
  private static final int SCAN_MAX = 6;

  public static final SetValue EMPTY = new SetValue(new Value[0], null);

  private final Value[] elements;
  private final @Nullable Set<Value> index;
  private final int hash;

  /** One bit for each element, by its hash: most questions for what is not there end here. */
  private final long bits;

  private SetValue(Value[] elements, @Nullable Set<Value> index) {
    this.elements = elements;
    this.index = index;
    int sum = 0;
    long all = 0;
    for (Value element : elements) {
      // Mixed, since many sets have elements of one sum.
      sum += (element.hashCode() ^ (element.hashCode() >>> 15)) * 0x85ebca6b;
      all |= bit(element);
    }
    this.hash = sum;
    this.bits = all;
  }

  public static SetValue of(Value... elements) {
    return of(List.of(elements));
  }

  public static SetValue of(Collection<? extends Value> elements) {
    if (elements.isEmpty()) {
      return EMPTY;
    }
    List<Value> distinct = new ArrayList<>(elements.size());
    Set<Value> seen = HashSet.newHashSet(elements.size());
    for (Value element : elements) {
      if (seen.add(element)) {
        distinct.add(element);
      }
    }
    return new SetValue(distinct.toArray(Value[]::new), distinct.size() > SCAN_MAX ? seen : null);
  }

  public int size() {
    return elements.length;
  }

  public boolean isEmpty() {
    return elements.length == 0;
  }

  /** The element at that place of the iteration order, from 0 to {@code size() - 1}. */
  public Value at(int place) {
    return elements[place];
  }

  /** The elements in the order of iteration. */
  public List<Value> elements() {
    return List.of(elements);
  }

  public boolean contains(Value value) {
    return (bits & bit(value)) != 0 && has(value);
  }

  private static long bit(Value value) {
    return 1L << ((value.hashCode() * 0x9E3779B9) >>> 26);
  }

  private boolean has(Value value) {
    if (index != null) {
      return index.contains(value);
    }
    for (Value element : elements) {
      if (element.equals(value)) {
        return true;
      }
    }
    return false;
  }

  public boolean containsAll(SetValue other) {
    if (other.elements.length > elements.length || (other.bits & ~bits) != 0) {
      return false;
    }
    for (Value element : other.elements) {
      if (!contains(element)) {
        return false;
      }
    }
    return true;
  }

  public boolean containsAny(SetValue other) {
    return (bits & other.bits) != 0 && hasAny(other);
  }

  private boolean hasAny(SetValue other) {
    for (Value element : other.elements) {
      if (contains(element)) {
        return true;
      }
    }
    return false;
  }

  @Override
  public Iterator<Value> iterator() {
    return Collections.unmodifiableList(java.util.Arrays.asList(elements)).iterator();
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return this == other
        || (other instanceof SetValue that
            && hash == that.hash
            && elements.length == that.elements.length
            && containsAll(that));
  }

  @Override
  public int hashCode() {
    return hash;
  }

  @Override
  public String toString() {
    return java.util.Arrays.stream(elements)
        .map(Value::toString)
        .collect(Collectors.joining(", ", "[", "]"));
  }
}

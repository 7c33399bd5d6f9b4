package dev.sallyport.policy.schema;

import java.util.AbstractSet;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.Collection;
import java.util.HashMap;
import java.util.Iterator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReferenceArray;
import java.util.stream.IntStream;

/**
 * What can be above what, over any number of steps. Long chains and rings of declarations have far
 * more pairs than declarations, so pairs are not listed. Nodes that are above each other, in a
 * ring, share one component (Tarjan's algorithm, without recursion); components are numbered from
 * the top down. What is above a component is found when it is first asked for, a bit for each, out
 * of the bits of those directly above, and remembered as long as there is room. Immutable to its
 * users; safe for threads.
 */
final class Hierarchy<T> {
  /** What may be remembered of one hierarchy: 32 MiB. Beyond it, each question is a walk. */
  private static final long REMEMBERED_BITS_MAX = 8L * 32 * 1024 * 1024;

  private final List<T> nodes = new ArrayList<>();
  private final Map<T, Integer> indices = new HashMap<>();

  /** For each node those directly above it. */
  private final int[][] parents;

  /** For each node its component. */
  private final int[] components;

  /** For each component its nodes. */
  private final List<int[]> members = new ArrayList<>();

  private final AtomicReferenceArray<BitSet> remembered;
  private final AtomicLong rememberedBits = new AtomicLong();

  /** Of nodes and what is directly above each; who stands only above others has nothing above. */
  Hierarchy(Map<T, ? extends Collection<T>> parentsOf) {
    parentsOf.forEach(
        (node, above) -> {
          index(node);
          above.forEach(this::index);
        });
    parents = new int[nodes.size()][];
    Arrays.fill(parents, new int[0]);
    parentsOf.forEach(
        (node, above) -> parents[index(node)] = above.stream().mapToInt(this::index).toArray());
    components = new int[nodes.size()];
    join();
    remembered = new AtomicReferenceArray<>(members.size());
  }

  private int index(T node) {
    Integer known = indices.putIfAbsent(node, nodes.size());
    if (known != null) {
      return known;
    }
    nodes.add(node);
    return nodes.size() - 1;
  }

  /** Tarjan's algorithm; takes each node and each step once. */
  private void join() {
    int count = nodes.size();
    int[] number = new int[count]; // by when a node was met; 0 before
    int[] lowest = new int[count]; // met first, of the open nodes that can be reached from it
    int[] taken = new int[count]; // how many of its parents
    int[] way = new int[count];
    int[] open = new int[count]; // met, and not yet in a component
    Arrays.fill(components, -1);
    int met = 0;
    int openSize = 0;
    for (int start = 0; start < count; start++) {
      int size = 0;
      int enter = number[start] == 0 ? start : -1;
      while (enter >= 0 || size > 0) {
        if (enter >= 0) {
          number[enter] = ++met;
          lowest[enter] = met;
          way[size++] = enter;
          open[openSize++] = enter;
          enter = -1;
        }
        int at = way[size - 1];
        if (taken[at] < parents[at].length) {
          int parent = parents[at][taken[at]++];
          if (number[parent] == 0) {
            enter = parent;
          } else if (components[parent] < 0) {
            lowest[at] = Math.min(lowest[at], number[parent]);
          }
          continue;
        }
        size--;
        if (size > 0) {
          int below = way[size - 1];
          lowest[below] = Math.min(lowest[below], lowest[at]);
        }
        if (lowest[at] == number[at]) {
          int first = openSize;
          do {
            components[open[--first]] = members.size();
          } while (open[first] != at);
          members.add(Arrays.copyOfRange(open, first, openSize));
          openSize = first;
        }
      }
    }
  }

  /** What is above a node, itself included only if it is in a circle. Costs nothing until asked. */
  Set<T> above(T node) {
    Integer index = indices.get(node);
    return index == null || parents[index].length == 0 ? Set.of() : new Above(components[index]);
  }

  /** The nodes that are above themselves. */
  Set<T> circles() {
    Set<T> found = new LinkedHashSet<>();
    for (int i = 0; i < components.length; i++) {
      int node = i;
      if (members.get(components[i]).length > 1
          || Arrays.stream(parents[i]).anyMatch(parent -> parent == node)) {
        found.add(nodes.get(i));
      }
    }
    return found;
  }

  /** The components above one; itself among them if it is a circle. */
  private BitSet reached(int component) {
    BitSet known = remembered.get(component);
    if (known != null) {
      return known;
    }
    BitSet found = walk(component);
    // From the top down: then what is above each of them is known when it is needed.
    for (int each = found.nextSetBit(0); each >= 0; each = found.nextSetBit(each + 1)) {
      if (each != component && remembered.get(each) == null && !remember(each, step(each))) {
        return found;
      }
    }
    remember(component, found);
    return found;
  }

  private boolean remember(int component, BitSet above) {
    if (rememberedBits.addAndGet(above.size()) > REMEMBERED_BITS_MAX) {
      rememberedBits.addAndGet(-above.size());
      return false;
    }
    remembered.set(component, above);
    return true;
  }

  /** Out of what is remembered of all directly above. */
  private BitSet step(int component) {
    BitSet above = new BitSet();
    for (int node : members.get(component)) {
      for (int parent : parents[node]) {
        int next = components[parent];
        above.set(next);
        BitSet beyond = remembered.get(next);
        if (next != component && beyond != null) {
          above.or(beyond);
        }
      }
    }
    return above;
  }

  private BitSet walk(int component) {
    BitSet found = new BitSet();
    int[] open = new int[16];
    int size = 0;
    open[size++] = component;
    while (size > 0) {
      for (int node : members.get(open[--size])) {
        for (int parent : parents[node]) {
          int next = components[parent];
          if (found.get(next)) {
            continue;
          }
          found.set(next);
          BitSet beyond = remembered.get(next);
          if (beyond != null) {
            found.or(beyond);
          } else if (next != component) {
            if (size == open.length) {
              open = Arrays.copyOf(open, 2 * size);
            }
            open[size++] = next;
          }
        }
      }
    }
    return found;
  }

  /** What is above the nodes of one component. */
  private final class Above extends AbstractSet<T> {
    private final int component;

    Above(int component) {
      this.component = component;
    }

    @Override
    public boolean contains(Object other) {
      Integer index = indices.get(other);
      return index != null && reached(component).get(components[index]);
    }

    @Override
    public Iterator<T> iterator() {
      return reached(component).stream()
          .flatMap(each -> IntStream.of(members.get(each)))
          .mapToObj(nodes::get)
          .iterator();
    }

    @Override
    public int size() {
      return reached(component).stream().map(each -> members.get(each).length).sum();
    }
  }
}

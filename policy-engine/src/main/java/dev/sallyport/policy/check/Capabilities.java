package dev.sallyport.policy.check;

import dev.sallyport.policy.syntax.Expr;
import java.util.HashSet;
import java.util.Set;

/** Optional attributes and tags that a guard has shown to be present. Immutable. */
record Capabilities(Set<Capability> all) {
  static final Capabilities NONE = new Capabilities(Set.of());

  /** Something present: expressions are compared by what they say, not where they stand. */
  sealed interface Capability {
    record Attribute(Expr target, String name) implements Capability {}

    record Tag(Expr target, Expr name) implements Capability {}
  }

  static Capabilities of(Capability capability) {
    return new Capabilities(Set.of(capability));
  }

  boolean has(Capability capability) {
    return !all.isEmpty() && all.contains(capability);
  }

  Capabilities and(Capabilities more) {
    if (more.all.isEmpty()) {
      return this;
    }
    if (all.isEmpty()) {
      return more;
    }
    Set<Capability> union = new HashSet<>(all);
    union.addAll(more.all);
    return new Capabilities(union);
  }

  Capabilities common(Capabilities other) {
    if (all.isEmpty() || other.all.isEmpty()) {
      return NONE;
    }
    Set<Capability> both = new HashSet<>(all);
    both.retainAll(other.all);
    return new Capabilities(both);
  }
}

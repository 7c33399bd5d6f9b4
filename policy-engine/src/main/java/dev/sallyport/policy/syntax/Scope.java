package dev.sallyport.policy.syntax;

import dev.sallyport.policy.value.EntityUid;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What the head of a policy says about the principal or the resource. */
public sealed interface Scope {
  record Any() implements Scope {}

  record Equal(Ref ref) implements Scope {}

  record In(Ref ref) implements Scope {}

  record Is(String type, At at) implements Scope {}

  record IsIn(String type, Ref ref, At at) implements Scope {}

  /**
   * An entity, or a slot to be filled by a link.
   *
   * @param uid null for the slot
   */
  record Ref(@Nullable EntityUid uid, At at) {
    public boolean isSlot() {
      return uid == null;
    }
  }

  /** The reference, if there is one. */
  default @Nullable Ref reference() {
    return switch (this) {
      case Any(), Is(_, _) -> null;
      case Equal(Ref ref) -> ref;
      case In(Ref ref) -> ref;
      case IsIn(_, Ref ref, _) -> ref;
    };
  }

  /** The type that {@code is} names, if it is there. */
  default @Nullable String type() {
    return switch (this) {
      case Any(), Equal(_), In(_) -> null;
      case Is(String type, _) -> type;
      case IsIn(String type, _, _) -> type;
    };
  }

  /** What the head says about the action. */
  sealed interface OfAction {
    record Any() implements OfAction {}

    record Equal(EntityUid uid, At at) implements OfAction {}

    /**
     * Any of these, or a member of any of these groups.
     *
     * @param list whether it was written with brackets
     */
    record In(List<EntityUid> uids, boolean list, At at) implements OfAction {}
  }
}

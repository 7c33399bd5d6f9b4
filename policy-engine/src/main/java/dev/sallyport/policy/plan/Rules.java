package dev.sallyport.policy.plan;

import dev.sallyport.policy.entity.Entities;
import dev.sallyport.policy.entity.EntityView;
import dev.sallyport.policy.value.EntityUid;
import dev.sallyport.policy.value.RecordValue;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Some rules that are asked together. Two forms: {@link Interpreted}, which walks the rules' nodes,
 * and the classes that {@link Compiler} writes; a {@link Plan} joins them.
 */
abstract class Rules {
  /**
   * Whether any rule is satisfied, or fails where failure counts as that; of rules of both effects,
   * whether any permit is and no forbid. Stops as soon as that is certain.
   *
   * <p>The request comes in its parts, in registers: a frame for it would have to be allocated, or
   * kept for each thread, and then written to with the collector's barriers.
   *
   * @param principalView what the host knows of the principal, null if nothing
   * @param resourceView what the host knows of the resource, null if nothing
   */
  abstract boolean any(
      EntityUid principal,
      EntityUid action,
      EntityUid resource,
      RecordValue context,
      Entities entities,
      @Nullable EntityView principalView,
      @Nullable EntityView resourceView);

  /** Rules as nodes: what is too large to compile, or asked too seldom. */
  static final class Interpreted extends Rules {
    private static final ThreadLocal<Frame> FRAMES = ThreadLocal.withInitial(Frame::new);

    private final Rule[] rules;
    private final boolean failureCounts;
    private final Map<EntityUid, EntityView> actions;

    Interpreted(Rule[] rules, boolean failureCounts, Map<EntityUid, EntityView> actions) {
      this.rules = rules;
      this.failureCounts = failureCounts;
      this.actions = actions;
    }

    @Override
    boolean any(
        EntityUid principal,
        EntityUid action,
        EntityUid resource,
        RecordValue context,
        Entities entities,
        @Nullable EntityView principalView,
        @Nullable EntityView resourceView) {
      Frame frame = frame();
      frame.enter(
          principal, action, resource, context, entities, actions, principalView, resourceView);
      try {
        for (Rule rule : rules) {
          int result = rule.test(frame);
          if (result == Node.TRUE) {
            return true;
          }
          if (result == Node.FAILED) {
            frame.clearFailure();
            if (failureCounts) {
              return true;
            }
          }
        }
        return false;
      } finally {
        frame.leave();
      }
    }

    /** This thread's frame, or a new one where there is none to keep or it is in use. */
    private static Frame frame() {
      if (Thread.currentThread().isVirtual()) {
        return new Frame();
      }
      Frame frame = FRAMES.get();
      return frame.inUse() ? new Frame() : frame;
    }
  }
}

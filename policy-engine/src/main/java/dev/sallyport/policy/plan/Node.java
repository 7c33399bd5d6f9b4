package dev.sallyport.policy.plan;

import dev.sallyport.policy.diagnostic.ProblemCode;
import dev.sallyport.policy.syntax.At;
import dev.sallyport.policy.value.BooleanValue;
import dev.sallyport.policy.value.LongValue;
import dev.sallyport.policy.value.Value;
import org.jspecify.annotations.Nullable;

/**
 * A planned expression. It can be asked in three ways, so that neither booleans nor integers are
 * boxed between nodes that agree on them; each kind of node overrides the one it answers best.
 */
abstract class Node {
  /** {@link #test} answers. */
  static final int FALSE = 0;

  static final int TRUE = 1;
  static final int FAILED = -1;

  final At at;

  Node(At at) {
    this.at = at;
  }

  /** The value, or null if there is none: then the frame knows why. */
  abstract @Nullable Value value(Frame frame);

  /** As a boolean: {@link #TRUE}, {@link #FALSE}, or {@link #FAILED} if it has none. */
  int test(Frame frame) {
    Value value = value(frame);
    if (value == BooleanValue.TRUE) {
      return TRUE;
    }
    if (value == BooleanValue.FALSE) {
      return FALSE;
    }
    if (value != null) {
      frame.fail(ProblemCode.TYPE_ERROR, at, value, "a boolean");
    }
    return FAILED;
  }

  /** As an integer; meaningless if the frame has failed since. */
  long number(Frame frame) {
    Value value = value(frame);
    if (value instanceof LongValue number) {
      return number.value();
    }
    if (value != null) {
      frame.fail(ProblemCode.TYPE_ERROR, at, value, "an integer");
    }
    return 0;
  }

  /** Whether {@link #number} is the cheaper question and the value certainly an integer. */
  boolean isArithmetic() {
    return false;
  }

  /** The value if it is the same for every request, else null. */
  @Nullable Value constant() {
    return null;
  }

  /** A node whose own answer is a boolean. */
  abstract static class Test extends Node {
    Test(At at) {
      super(at);
    }

    @Override
    abstract int test(Frame frame);

    @Override
    final @Nullable Value value(Frame frame) {
      return switch (test(frame)) {
        case TRUE -> BooleanValue.TRUE;
        case FALSE -> BooleanValue.FALSE;
        default -> null;
      };
    }

    static int of(boolean value) {
      return value ? TRUE : FALSE;
    }
  }

  /** A node whose own answer is an integer. */
  abstract static class Arithmetic extends Node {
    Arithmetic(At at) {
      super(at);
    }

    @Override
    abstract long number(Frame frame);

    @Override
    final @Nullable Value value(Frame frame) {
      long result = number(frame);
      return frame.failed() ? null : new LongValue(result);
    }

    @Override
    final boolean isArithmetic() {
      return true;
    }
  }
}

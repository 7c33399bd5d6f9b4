package dev.sallyport.policy.plan;

import dev.sallyport.policy.value.BooleanValue;
import dev.sallyport.policy.value.DatetimeValue;
import dev.sallyport.policy.value.DurationValue;
import dev.sallyport.policy.value.LongValue;
import dev.sallyport.policy.value.Value;
import org.jspecify.annotations.Nullable;

/**
 * A planned expression. It can be asked in three ways, so that neither booleans nor numbers are
 * boxed between nodes that agree on them; each kind of node overrides the one it answers best.
 * Nodes do not know where they stand in a text, so that equal ones of many policies are one object;
 * why something failed is found out by {@link dev.sallyport.policy.explain.Reference} afterwards.
 */
abstract class Node {
  /** {@link #test} answers. */
  static final int FALSE = 0;

  static final int TRUE = 1;
  static final int FAILED = -1;

  /** What a number counts. */
  enum Unit {
    INTEGER,
    EPOCH_MILLIS,
    DURATION_MILLIS
  }

  /** The value, or null if the expression fails. */
  abstract @Nullable Value value(Frame frame);

  /** As a boolean: {@link #TRUE}, {@link #FALSE}, or {@link #FAILED} if it has none. */
  int test(Frame frame) {
    Value value = value(frame);
    return value == BooleanValue.TRUE ? TRUE : value == BooleanValue.FALSE ? FALSE : FAILED;
  }

  /** As a number of that unit; if the expression has none, {@link Frame#failNumber}. */
  long number(Frame frame, Unit wanted) {
    Value value = value(frame);
    return switch (wanted) {
      case INTEGER -> value instanceof LongValue(long number) ? number : frame.failNumber();
      case EPOCH_MILLIS ->
          value instanceof DatetimeValue(long millis) ? millis : frame.failNumber();
      case DURATION_MILLIS ->
          value instanceof DurationValue(long millis) ? millis : frame.failNumber();
    };
  }

  /** The unit of {@link #number}, if the value is certainly such a number and that way cheaper. */
  @Nullable Unit unit() {
    return null;
  }

  /** The value if it is the same for every request, else null. */
  @Nullable Value constant() {
    return null;
  }

  /** A node whose own answer is a boolean. */
  abstract static class Test extends Node {
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

  /** A node whose own answer is a number. */
  abstract static class Number extends Node {
    private final Unit unit;

    Number(Unit unit) {
      this.unit = unit;
    }

    abstract long number(Frame frame);

    @Override
    final long number(Frame frame, Unit wanted) {
      return wanted == unit ? number(frame) : frame.failNumber();
    }

    @Override
    final Unit unit() {
      return unit;
    }

    @Override
    final @Nullable Value value(Frame frame) {
      long number = number(frame);
      return frame.failed() ? null : valueOf(number);
    }

    private Value valueOf(long number) {
      return switch (unit) {
        case INTEGER -> new LongValue(number);
        case EPOCH_MILLIS -> new DatetimeValue(number);
        case DURATION_MILLIS -> new DurationValue(number);
      };
    }
  }
}

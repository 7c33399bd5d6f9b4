package dev.sallyport.policy.plan;

import dev.sallyport.policy.plan.Node.Unit;
import dev.sallyport.policy.syntax.Expr.BinaryOp;
import dev.sallyport.policy.value.DatetimeValue;
import dev.sallyport.policy.value.DurationValue;
import dev.sallyport.policy.value.LongValue;
import dev.sallyport.policy.value.Value;

/** Sums, products, stretches of time, and order. */
final class NumberNodes {
  private static final long DAY_MILLIS = 24L * 60 * 60 * 1000;

  private NumberNodes() {}

  /** Also {@code datetime.offset(duration)}. */
  static final class Add extends Node.Number {
    private final Node left;
    private final Node right;
    private final Unit rightUnit;

    Add(Unit unit, Node left, Node right, Unit rightUnit) {
      super(unit);
      this.left = left;
      this.right = right;
      this.rightUnit = rightUnit;
    }

    @Override
    long number(Frame frame) {
      long a = left.number(frame, unit());
      long b = right.number(frame, rightUnit);
      long sum = a + b;
      return ((a ^ sum) & (b ^ sum)) < 0 ? frame.failNumber() : sum;
    }
  }

  /** Also {@code datetime.durationSince(datetime)}. */
  static final class Subtract extends Node.Number {
    private final Node left;
    private final Node right;
    private final Unit operandUnit;

    Subtract(Unit unit, Node left, Node right, Unit operandUnit) {
      super(unit);
      this.left = left;
      this.right = right;
      this.operandUnit = operandUnit;
    }

    @Override
    long number(Frame frame) {
      long a = left.number(frame, operandUnit);
      long b = right.number(frame, operandUnit);
      long difference = a - b;
      return ((a ^ b) & (a ^ difference)) < 0 ? frame.failNumber() : difference;
    }
  }

  static final class Multiply extends Node.Number {
    private final Node left;
    private final Node right;

    Multiply(Node left, Node right) {
      super(Unit.INTEGER);
      this.left = left;
      this.right = right;
    }

    @Override
    long number(Frame frame) {
      long a = left.number(frame, Unit.INTEGER);
      long b = right.number(frame, Unit.INTEGER);
      long low = a * b;
      return Math.multiplyHigh(a, b) == low >> 63 ? low : frame.failNumber();
    }
  }

  static final class Negate extends Node.Number {
    private final Node operand;

    Negate(Node operand) {
      super(Unit.INTEGER);
      this.operand = operand;
    }

    @Override
    long number(Frame frame) {
      long a = operand.number(frame, Unit.INTEGER);
      return a == Long.MIN_VALUE ? frame.failNumber() : -a;
    }
  }

  /** {@code datetime.toDate()}: the start of the day. */
  static final class ToDate extends Node.Number {
    private final Node operand;

    ToDate(Node operand) {
      super(Unit.EPOCH_MILLIS);
      this.operand = operand;
    }

    @Override
    long number(Frame frame) {
      long days = Math.floorDiv(operand.number(frame, Unit.EPOCH_MILLIS), DAY_MILLIS);
      // Only the first day that 64 bits reach begins before what they reach.
      return days < Long.MIN_VALUE / DAY_MILLIS ? frame.failNumber() : days * DAY_MILLIS;
    }
  }

  /** {@code datetime.toTime()}: the time since the start of the day. */
  static final class ToTime extends Node.Number {
    private final Node operand;

    ToTime(Node operand) {
      super(Unit.DURATION_MILLIS);
      this.operand = operand;
    }

    @Override
    long number(Frame frame) {
      return Math.floorMod(operand.number(frame, Unit.EPOCH_MILLIS), DAY_MILLIS);
    }
  }

  /** {@code duration.toSeconds()} and the like. */
  static final class InUnits extends Node.Number {
    private final Node operand;
    private final long unitMillis;

    InUnits(Node operand, long unitMillis) {
      super(Unit.INTEGER);
      this.operand = operand;
      this.unitMillis = unitMillis;
    }

    @Override
    long number(Frame frame) {
      return operand.number(frame, Unit.DURATION_MILLIS) / unitMillis;
    }
  }

  static boolean holds(BinaryOp order, long a, long b) {
    return switch (order) {
      case LESS -> a < b;
      case LESS_EQUAL -> a <= b;
      case GREATER -> a > b;
      case GREATER_EQUAL -> a >= b;
      default -> throw new IllegalArgumentException(order.text());
    };
  }

  /** Order of two integers, two datetimes, or two durations. */
  static final class Compare extends Node.Test {
    private final BinaryOp order;
    private final Node left;
    private final Node right;

    Compare(BinaryOp order, Node left, Node right) {
      this.order = order;
      this.left = left;
      this.right = right;
    }

    @Override
    int test(Frame frame) {
      Value first = left.value(frame);
      Value second = first == null ? null : right.value(frame);
      if (first == null || second == null) {
        return FAILED;
      }
      if (first instanceof LongValue(long a) && second instanceof LongValue(long b)) {
        return of(holds(order, a, b));
      }
      if (first instanceof DatetimeValue(long a) && second instanceof DatetimeValue(long b)) {
        return of(holds(order, a, b));
      }
      if (first instanceof DurationValue(long a) && second instanceof DurationValue(long b)) {
        return of(holds(order, a, b));
      }
      return FAILED;
    }
  }

  /** Order where the unit of one side is certain, and so what the other must be. */
  static final class CompareNumbers extends Node.Test {
    private final BinaryOp order;
    private final Node left;
    private final Node right;
    private final Unit unit;

    CompareNumbers(BinaryOp order, Node left, Node right, Unit unit) {
      this.order = order;
      this.left = left;
      this.right = right;
      this.unit = unit;
    }

    @Override
    int test(Frame frame) {
      long a = left.number(frame, unit);
      long b = right.number(frame, unit);
      return frame.failed() ? FAILED : of(holds(order, a, b));
    }
  }

  /** {@code ==} where one side is certainly a number; the other may be anything. */
  static final class EqualsNumber extends Node.Test {
    private final Node number;
    private final Unit unit;
    private final Node other;

    EqualsNumber(Node number, Unit unit, Node other) {
      this.number = number;
      this.unit = unit;
      this.other = other;
    }

    @Override
    int test(Frame frame) {
      long a = number.number(frame, unit);
      if (frame.failed()) {
        return FAILED;
      }
      if (other.unit() == unit) {
        long b = other.number(frame, unit);
        return frame.failed() ? FAILED : of(a == b);
      }
      Value value = other.value(frame);
      if (value == null) {
        return FAILED;
      }
      return switch (unit) {
        case INTEGER -> of(value instanceof LongValue(long b) && a == b);
        case EPOCH_MILLIS -> of(value instanceof DatetimeValue(long b) && a == b);
        case DURATION_MILLIS -> of(value instanceof DurationValue(long b) && a == b);
      };
    }
  }
}

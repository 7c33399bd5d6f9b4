package dev.sallyport.policy.plan;

import dev.sallyport.policy.plan.Node.Unit;
import dev.sallyport.policy.syntax.Expr.BinaryOp;
import dev.sallyport.policy.value.DatetimeValue;
import dev.sallyport.policy.value.DurationValue;
import dev.sallyport.policy.value.LongValue;
import dev.sallyport.policy.value.Value;
import java.lang.classfile.Label;
import java.lang.classfile.Opcode;

/** Sums, products, stretches of time, and order. */
final class NumberNodes {
  private static final long DAY_MILLIS = 24L * 60 * 60 * 1000;

  private NumberNodes() {}

  /** Also {@code datetime.offset(duration)}. */
  static final class Add extends Node.Numeric {
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

    @Override
    int writeNumber(Code code, Label failed) {
      int a = left.writeNumber(code, unit(), failed);
      int b = right.writeNumber(code, rightUnit, failed);
      code.loadNumber(a);
      code.loadNumber(b);
      code.compute(Opcode.LADD);
      int sum = code.storeNumber();
      writeOverflow(code, a, sum, b, sum, failed);
      return sum;
    }
  }

  /** Also {@code datetime.durationSince(datetime)}. */
  static final class Subtract extends Node.Numeric {
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

    @Override
    int writeNumber(Code code, Label failed) {
      int a = left.writeNumber(code, operandUnit, failed);
      int b = right.writeNumber(code, operandUnit, failed);
      code.loadNumber(a);
      code.loadNumber(b);
      code.compute(Opcode.LSUB);
      int difference = code.storeNumber();
      writeOverflow(code, a, b, a, difference, failed);
      return difference;
    }
  }

  static final class Multiply extends Node.Numeric {
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
      return productFits(a, b) ? a * b : frame.failNumber();
    }

    @Override
    int writeNumber(Code code, Label failed) {
      int a = left.writeNumber(code, Unit.INTEGER, failed);
      int b = right.writeNumber(code, Unit.INTEGER, failed);
      code.loadNumber(a);
      code.loadNumber(b);
      code.call(NumberNodes.class, "productFits", boolean.class, long.class, long.class);
      code.jumpIf(Opcode.IFEQ, failed);
      code.loadNumber(a);
      code.loadNumber(b);
      code.compute(Opcode.LMUL);
      return code.storeNumber();
    }
  }

  static final class Negate extends Node.Numeric {
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

    @Override
    int writeNumber(Code code, Label failed) {
      int a = operand.writeNumber(code, Unit.INTEGER, failed);
      code.loadNumber(a);
      code.number(Long.MIN_VALUE);
      code.compute(Opcode.LCMP);
      code.jumpIf(Opcode.IFEQ, failed);
      code.loadNumber(a);
      code.compute(Opcode.LNEG);
      return code.storeNumber();
    }
  }

  /** {@code datetime.toDate()}: the start of the day. */
  static final class ToDate extends Node.Numeric {
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

    @Override
    int writeNumber(Code code, Label failed) {
      code.loadNumber(operand.writeNumber(code, Unit.EPOCH_MILLIS, failed));
      code.number(DAY_MILLIS);
      code.call(Math.class, "floorDiv", long.class, long.class, long.class);
      int days = code.storeNumber();
      code.loadNumber(days);
      code.number(Long.MIN_VALUE / DAY_MILLIS);
      code.compute(Opcode.LCMP);
      code.jumpIf(Opcode.IFLT, failed);
      code.loadNumber(days);
      code.number(DAY_MILLIS);
      code.compute(Opcode.LMUL);
      return code.storeNumber();
    }
  }

  /** {@code datetime.toTime()}: the time since the start of the day. */
  static final class ToTime extends Node.Numeric {
    private final Node operand;

    ToTime(Node operand) {
      super(Unit.DURATION_MILLIS);
      this.operand = operand;
    }

    @Override
    long number(Frame frame) {
      return Math.floorMod(operand.number(frame, Unit.EPOCH_MILLIS), DAY_MILLIS);
    }

    @Override
    int writeNumber(Code code, Label failed) {
      code.loadNumber(operand.writeNumber(code, Unit.EPOCH_MILLIS, failed));
      code.number(DAY_MILLIS);
      code.call(Math.class, "floorMod", long.class, long.class, long.class);
      return code.storeNumber();
    }
  }

  /** {@code duration.toSeconds()} and the like. */
  static final class InUnits extends Node.Numeric {
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

    @Override
    int writeNumber(Code code, Label failed) {
      code.loadNumber(operand.writeNumber(code, Unit.DURATION_MILLIS, failed));
      code.number(unitMillis);
      code.compute(Opcode.LDIV);
      return code.storeNumber();
    }
  }

  /** Goes on unless the signs of both pairs differ, which is overflow. */
  private static void writeOverflow(Code code, int a, int b, int c, int d, Label failed) {
    code.loadNumber(a);
    code.loadNumber(b);
    code.compute(Opcode.LXOR);
    code.loadNumber(c);
    code.loadNumber(d);
    code.compute(Opcode.LXOR);
    code.compute(Opcode.LAND);
    code.number(0);
    code.compute(Opcode.LCMP);
    code.jumpIf(Opcode.IFLT, failed);
  }

  static boolean productFits(long a, long b) {
    return Math.multiplyHigh(a, b) == (a * b) >> 63;
  }

  /** The answer of a test: the order of two values, if they are numbers of one unit. */
  static int compare(BinaryOp order, Value first, Value second) {
    if (first instanceof LongValue(long a) && second instanceof LongValue(long b)) {
      return Node.Test.of(holds(order, a, b));
    }
    if (first instanceof DatetimeValue(long a) && second instanceof DatetimeValue(long b)) {
      return Node.Test.of(holds(order, a, b));
    }
    if (first instanceof DurationValue(long a) && second instanceof DurationValue(long b)) {
      return Node.Test.of(holds(order, a, b));
    }
    return Node.FAILED;
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
      return first == null || second == null ? FAILED : compare(order, first, second);
    }

    @Override
    void write(Code code, Label yes, Label no, Label failed) {
      int first = left.writeValue(code, failed);
      int second = right.writeValue(code, failed);
      // Mostly they are integers.
      Label otherwise = code.label();
      int a = code.number(code.typed(first, LongValue.class, otherwise), Unit.INTEGER);
      int b = code.number(code.typed(second, LongValue.class, otherwise), Unit.INTEGER);
      write(code, order, a, b, yes, no);
      code.bind(otherwise);
      code.constant(order, BinaryOp.class);
      code.load(first);
      code.load(second);
      code.call(NumberNodes.class, "compare", int.class, BinaryOp.class, Value.class, Value.class);
      code.answer(yes, no, failed);
    }

    /** Goes by the order of the numbers in two variables. */
    static void write(Code code, BinaryOp order, int a, int b, Label yes, Label no) {
      code.loadNumber(a);
      code.loadNumber(b);
      code.compute(Opcode.LCMP);
      code.jumpIf(
          switch (order) {
            case LESS -> Opcode.IFLT;
            case LESS_EQUAL -> Opcode.IFLE;
            case GREATER -> Opcode.IFGT;
            default -> Opcode.IFGE;
          },
          yes);
      code.jump(no);
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

    @Override
    void write(Code code, Label yes, Label no, Label failed) {
      int a = left.writeNumber(code, unit, failed);
      int b = right.writeNumber(code, unit, failed);
      Compare.write(code, order, a, b, yes, no);
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

    @Override
    void write(Code code, Label yes, Label no, Label failed) {
      int a = number.writeNumber(code, unit, failed);
      int b;
      if (other.unit() == unit) {
        b = other.writeNumber(code, unit, failed);
      } else {
        b = code.number(code.typed(other.writeValue(code, failed), unit.type(), no), unit);
      }
      code.loadNumber(a);
      code.loadNumber(b);
      code.compute(Opcode.LCMP);
      code.jumpIf(Opcode.IFEQ, yes);
      code.jump(no);
    }
  }
}

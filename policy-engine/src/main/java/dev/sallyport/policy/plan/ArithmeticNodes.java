package dev.sallyport.policy.plan;

import dev.sallyport.policy.diagnostic.ProblemCode;
import dev.sallyport.policy.syntax.At;
import dev.sallyport.policy.value.DatetimeValue;
import dev.sallyport.policy.value.DurationValue;
import dev.sallyport.policy.value.LongValue;
import dev.sallyport.policy.value.Value;
import org.jspecify.annotations.Nullable;

/** Sums, products and order. */
final class ArithmeticNodes {
  private ArithmeticNodes() {}

  static final class Add extends Node.Arithmetic {
    private final Node left;
    private final Node right;

    Add(Node left, Node right, At at) {
      super(at);
      this.left = left;
      this.right = right;
    }

    @Override
    long number(Frame frame) {
      long a = left.number(frame);
      long b = frame.failed() ? 0 : right.number(frame);
      long sum = a + b;
      if (((a ^ sum) & (b ^ sum)) < 0) {
        return overflow(frame, at, "+");
      }
      return sum;
    }
  }

  static final class Subtract extends Node.Arithmetic {
    private final Node left;
    private final Node right;

    Subtract(Node left, Node right, At at) {
      super(at);
      this.left = left;
      this.right = right;
    }

    @Override
    long number(Frame frame) {
      long a = left.number(frame);
      long b = frame.failed() ? 0 : right.number(frame);
      long difference = a - b;
      if (((a ^ b) & (a ^ difference)) < 0) {
        return overflow(frame, at, "-");
      }
      return difference;
    }
  }

  static final class Multiply extends Node.Arithmetic {
    private final Node left;
    private final Node right;

    Multiply(Node left, Node right, At at) {
      super(at);
      this.left = left;
      this.right = right;
    }

    @Override
    long number(Frame frame) {
      long a = left.number(frame);
      long b = frame.failed() ? 0 : right.number(frame);
      long high = Math.multiplyHigh(a, b);
      long low = a * b;
      if (high != low >> 63) {
        return overflow(frame, at, "*");
      }
      return low;
    }
  }

  static final class Negate extends Node.Arithmetic {
    private final Node operand;

    Negate(Node operand, At at) {
      super(at);
      this.operand = operand;
    }

    @Override
    long number(Frame frame) {
      long a = operand.number(frame);
      return a == Long.MIN_VALUE ? overflow(frame, at, "-") : -a;
    }
  }

  private static long overflow(Frame frame, At at, String op) {
    frame.fail(ProblemCode.ARITHMETIC_OVERFLOW, at, op, null);
    return 0;
  }

  /** Which order: {@code <} or {@code <=}, and whether the answer is turned round. */
  enum Order {
    LESS,
    LESS_EQUAL,
    GREATER,
    GREATER_EQUAL;

    boolean holds(long a, long b) {
      return switch (this) {
        case LESS -> a < b;
        case LESS_EQUAL -> a <= b;
        case GREATER -> a > b;
        case GREATER_EQUAL -> a >= b;
      };
    }
  }

  /** Order of two integers, two datetimes, or two durations. */
  static final class Compare extends Node.Test {
    private final Order order;
    private final Node left;
    private final Node right;

    Compare(Order order, Node left, Node right, At at) {
      super(at);
      this.order = order;
      this.left = left;
      this.right = right;
    }

    @Override
    int test(Frame frame) {
      Value first = left.value(frame);
      if (first == null) {
        return FAILED;
      }
      Value second = right.value(frame);
      if (second == null) {
        return FAILED;
      }
      return compare(frame, order, first, second, at);
    }
  }

  static int compare(Frame frame, Order order, Value first, Value second, At at) {
    if (first instanceof LongValue(long a)) {
      return second instanceof LongValue(long b)
          ? Node.Test.of(order.holds(a, b))
          : LogicNodes.typeError(frame, at, second, "an integer");
    }
    if (first instanceof DatetimeValue(long a)) {
      return second instanceof DatetimeValue(long b)
          ? Node.Test.of(order.holds(a, b))
          : LogicNodes.typeError(frame, at, second, "a datetime");
    }
    if (first instanceof DurationValue(long a)) {
      return second instanceof DurationValue(long b)
          ? Node.Test.of(order.holds(a, b))
          : LogicNodes.typeError(frame, at, second, "a duration");
    }
    return LogicNodes.typeError(frame, at, first, "an integer, a datetime or a duration");
  }

  /** Order of integers of which at least one is calculated. */
  static final class CompareNumbers extends Node.Test {
    private final Order order;
    private final Node left;
    private final Node right;

    CompareNumbers(Order order, Node left, Node right, At at) {
      super(at);
      this.order = order;
      this.left = left;
      this.right = right;
    }

    @Override
    int test(Frame frame) {
      long a = left.number(frame);
      if (frame.failed()) {
        return FAILED;
      }
      long b = right.number(frame);
      return frame.failed() ? FAILED : of(order.holds(a, b));
    }
  }

  static @Nullable Order order(dev.sallyport.policy.syntax.Expr.BinaryOp op) {
    return switch (op) {
      case LESS -> Order.LESS;
      case LESS_EQUAL -> Order.LESS_EQUAL;
      case GREATER -> Order.GREATER;
      case GREATER_EQUAL -> Order.GREATER_EQUAL;
      default -> null;
    };
  }
}

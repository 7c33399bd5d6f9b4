package dev.sallyport.policy.plan;

import dev.sallyport.policy.syntax.ExtensionFunction;
import dev.sallyport.policy.value.DecimalValue;
import dev.sallyport.policy.value.Extensions;
import dev.sallyport.policy.value.IpValue;
import dev.sallyport.policy.value.StringValue;
import dev.sallyport.policy.value.Value;
import org.jspecify.annotations.Nullable;

/** Calls of the extension types' functions and methods, times excepted. */
final class ExtensionNodes {
  private ExtensionNodes() {}

  /** {@code ip(…)} and the like, of a text that is not known beforehand. */
  static final class Construct extends Node {
    private final ExtensionFunction constructor;
    private final Node argument;

    Construct(ExtensionFunction constructor, Node argument) {
      this.constructor = constructor;
      this.argument = argument;
    }

    @Override
    @Nullable Value value(Frame frame) {
      return argument.value(frame) instanceof StringValue(String text)
          ? Extensions.construct(constructor.text(), text).orElse(null)
          : null;
    }
  }

  /** {@code x.isIpv4()} and the like. */
  static final class IpTest extends Node.Test {
    private final ExtensionFunction function;
    private final Node operand;

    IpTest(ExtensionFunction function, Node operand) {
      this.function = function;
      this.operand = operand;
    }

    @Override
    int test(Frame frame) {
      if (!(operand.value(frame) instanceof IpValue ip)) {
        return FAILED;
      }
      return of(
          switch (function) {
            case IS_IPV4 -> ip.v4();
            case IS_IPV6 -> !ip.v4();
            case IS_LOOPBACK -> ip.isLoopback();
            default -> ip.isMulticast();
          });
    }
  }

  static final class IsInRange extends Node.Test {
    private final Node left;
    private final Node right;

    IsInRange(Node left, Node right) {
      this.left = left;
      this.right = right;
    }

    @Override
    int test(Frame frame) {
      return left.value(frame) instanceof IpValue address
              && right.value(frame) instanceof IpValue range
          ? of(address.isInRange(range))
          : FAILED;
    }
  }

  static final class CompareDecimals extends Node.Test {
    private final ExtensionFunction order;
    private final Node left;
    private final Node right;

    CompareDecimals(ExtensionFunction order, Node left, Node right) {
      this.order = order;
      this.left = left;
      this.right = right;
    }

    @Override
    int test(Frame frame) {
      if (!(left.value(frame) instanceof DecimalValue(long a))
          || !(right.value(frame) instanceof DecimalValue(long b))) {
        return FAILED;
      }
      return of(
          switch (order) {
            case LESS_THAN -> a < b;
            case LESS_THAN_OR_EQUAL -> a <= b;
            case GREATER_THAN -> a > b;
            default -> a >= b;
          });
    }
  }
}

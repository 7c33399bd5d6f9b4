package dev.sallyport.policy.plan;

import dev.sallyport.policy.syntax.ExtensionFunction;
import dev.sallyport.policy.value.DecimalValue;
import dev.sallyport.policy.value.Extensions;
import dev.sallyport.policy.value.IpValue;
import dev.sallyport.policy.value.StringValue;
import dev.sallyport.policy.value.Value;
import java.lang.classfile.Label;
import java.lang.classfile.Opcode;
import org.jspecify.annotations.Nullable;

/** Calls of the extension types' functions and methods, times excepted. */
final class ExtensionNodes {
  private ExtensionNodes() {}

  static @Nullable Value construct(ExtensionFunction constructor, String text) {
    return Extensions.construct(constructor.text(), text).orElse(null);
  }

  static boolean holds(ExtensionFunction test, IpValue ip) {
    return switch (test) {
      case IS_IPV4 -> ip.v4();
      case IS_IPV6 -> !ip.v4();
      case IS_LOOPBACK -> ip.isLoopback();
      default -> ip.isMulticast();
    };
  }

  static boolean holds(ExtensionFunction order, long a, long b) {
    return switch (order) {
      case LESS_THAN -> a < b;
      case LESS_THAN_OR_EQUAL -> a <= b;
      case GREATER_THAN -> a > b;
      default -> a >= b;
    };
  }

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
          ? ExtensionNodes.construct(constructor, text)
          : null;
    }

    @Override
    int writeValue(Code code, Label failed) {
      int text = code.typed(argument.writeValue(code, failed), StringValue.class, failed);
      code.constant(constructor, ExtensionFunction.class);
      code.load(text);
      code.callOn(StringValue.class, "value", String.class);
      code.call(
          ExtensionNodes.class, "construct", Value.class, ExtensionFunction.class, String.class);
      int value = code.store();
      code.load(value);
      code.jumpIf(Opcode.IFNULL, failed);
      return value;
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
      return of(holds(function, ip));
    }

    @Override
    void write(Code code, Label yes, Label no, Label failed) {
      int ip = code.typed(operand.writeValue(code, failed), IpValue.class, failed);
      code.constant(function, ExtensionFunction.class);
      code.load(ip);
      code.call(
          ExtensionNodes.class, "holds", boolean.class, ExtensionFunction.class, IpValue.class);
      code.branch(yes, no);
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

    @Override
    void write(Code code, Label yes, Label no, Label failed) {
      int address = code.typed(left.writeValue(code, failed), IpValue.class, failed);
      if (right.constant() instanceof IpValue range) {
        write(code, address, range, yes, no);
        return;
      }
      int range = code.typed(right.writeValue(code, failed), IpValue.class, failed);
      code.load(address);
      code.load(range);
      code.callOn(IpValue.class, "isInRange", boolean.class, IpValue.class);
      code.branch(yes, no);
    }

    /** {@link IpValue#isInRange} of a range that is known: comparisons with numbers. */
    private static void write(Code code, int address, IpValue range, Label yes, Label no) {
      code.load(address);
      code.callOn(IpValue.class, "v4", boolean.class);
      code.jumpIf(range.v4() ? Opcode.IFEQ : Opcode.IFNE, no);
      code.load(address);
      code.callOn(IpValue.class, "prefix", int.class);
      code.integer(range.prefix());
      code.jumpIf(Opcode.IF_ICMPLT, no);
      differ(code, address, "high", range.high(), range.highMask(), no);
      differ(code, address, "low", range.low(), range.lowMask(), no);
      code.jump(yes);
    }

    /** Goes to {@code no} if the halves differ where the mask says that they matter. */
    private static void differ(
        Code code, int address, String half, long wanted, long mask, Label no) {
      if (mask != 0) {
        code.load(address);
        code.callOn(IpValue.class, half, long.class);
        code.number(mask);
        code.compute(Opcode.LAND);
        code.number(wanted & mask);
        code.compute(Opcode.LCMP);
        code.jumpIf(Opcode.IFNE, no);
      }
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
      return of(holds(order, a, b));
    }

    @Override
    void write(Code code, Label yes, Label no, Label failed) {
      int first = code.typed(left.writeValue(code, failed), DecimalValue.class, failed);
      int second = code.typed(right.writeValue(code, failed), DecimalValue.class, failed);
      code.constant(order, ExtensionFunction.class);
      for (int decimal : new int[] {first, second}) {
        code.load(decimal);
        code.callOn(DecimalValue.class, "tenThousandths", long.class);
      }
      code.call(
          ExtensionNodes.class,
          "holds",
          boolean.class,
          ExtensionFunction.class,
          long.class,
          long.class);
      code.branch(yes, no);
    }
  }
}

package dev.sallyport.policy.plan;

import dev.sallyport.policy.value.DatetimeValue;
import dev.sallyport.policy.value.DurationValue;
import dev.sallyport.policy.value.LongValue;
import dev.sallyport.policy.value.Value;
import org.jspecify.annotations.Nullable;

/** Constants, variables, and what decides which of its operands is evaluated. */
final class LogicNodes {
  private LogicNodes() {}

  static final class Constant extends Node {
    private final Value value;

    Constant(Value value) {
      this.value = value;
    }

    @Override
    Value value(Frame frame) {
      return value;
    }

    @Override
    @Nullable Unit unit() {
      return switch (value) {
        case LongValue(_) -> Unit.INTEGER;
        case DatetimeValue(_) -> Unit.EPOCH_MILLIS;
        case DurationValue(_) -> Unit.DURATION_MILLIS;
        default -> null;
      };
    }

    @Override
    Value constant() {
      return value;
    }
  }

  /** Fails for every request. */
  static final class Failure extends Node {
    @Override
    @Nullable Value value(Frame frame) {
      return null;
    }
  }

  static final class Principal extends Node {
    @Override
    Value value(Frame frame) {
      return frame.principal;
    }
  }

  static final class Action extends Node {
    @Override
    Value value(Frame frame) {
      return frame.action;
    }
  }

  static final class Resource extends Node {
    @Override
    Value value(Frame frame) {
      return frame.resource;
    }
  }

  static final class Context extends Node {
    @Override
    Value value(Frame frame) {
      return frame.context;
    }
  }

  static final class And extends Node.Test {
    private final Node left;
    private final Node right;

    And(Node left, Node right) {
      this.left = left;
      this.right = right;
    }

    @Override
    int test(Frame frame) {
      int first = left.test(frame);
      return first == TRUE ? right.test(frame) : first;
    }
  }

  static final class AndAll extends Node.Test {
    private final Node[] terms;

    AndAll(Node[] terms) {
      this.terms = terms;
    }

    @Override
    int test(Frame frame) {
      for (Node term : terms) {
        int result = term.test(frame);
        if (result != TRUE) {
          return result;
        }
      }
      return TRUE;
    }
  }

  static final class Or extends Node.Test {
    private final Node left;
    private final Node right;

    Or(Node left, Node right) {
      this.left = left;
      this.right = right;
    }

    @Override
    int test(Frame frame) {
      int first = left.test(frame);
      return first == FALSE ? right.test(frame) : first;
    }
  }

  static final class OrAny extends Node.Test {
    private final Node[] terms;

    OrAny(Node[] terms) {
      this.terms = terms;
    }

    @Override
    int test(Frame frame) {
      for (Node term : terms) {
        int result = term.test(frame);
        if (result != FALSE) {
          return result;
        }
      }
      return FALSE;
    }
  }

  static final class Not extends Node.Test {
    private final Node operand;

    Not(Node operand) {
      this.operand = operand;
    }

    @Override
    int test(Frame frame) {
      int result = operand.test(frame);
      return result == FAILED ? FAILED : 1 - result;
    }
  }

  static final class If extends Node {
    private final Node test;
    private final Node then;
    private final Node otherwise;

    If(Node test, Node then, Node otherwise) {
      this.test = test;
      this.then = then;
      this.otherwise = otherwise;
    }

    @Override
    @Nullable Value value(Frame frame) {
      Node branch = branch(frame);
      return branch == null ? null : branch.value(frame);
    }

    @Override
    int test(Frame frame) {
      Node branch = branch(frame);
      return branch == null ? FAILED : branch.test(frame);
    }

    @Override
    long number(Frame frame, Unit wanted) {
      Node branch = branch(frame);
      return branch == null ? frame.failNumber() : branch.number(frame, wanted);
    }

    @Override
    @Nullable Unit unit() {
      return then.unit() == otherwise.unit() ? then.unit() : null;
    }

    private @Nullable Node branch(Frame frame) {
      return switch (test.test(frame)) {
        case TRUE -> then;
        case FALSE -> otherwise;
        default -> null;
      };
    }
  }

  /** {@code ==} of anything. */
  static final class Equal extends Node.Test {
    private final Node left;
    private final Node right;

    Equal(Node left, Node right) {
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
      return second == null ? FAILED : of(first.equals(second));
    }
  }

  /** {@code ==} with a constant. */
  static final class EqualsConstant extends Node.Test {
    private final Node operand;
    private final Value constant;

    EqualsConstant(Node operand, Value constant) {
      this.operand = operand;
      this.constant = constant;
    }

    @Override
    int test(Frame frame) {
      Value value = operand.value(frame);
      return value == null ? FAILED : of(constant.equals(value));
    }
  }
}

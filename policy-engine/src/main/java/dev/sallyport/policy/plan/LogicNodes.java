package dev.sallyport.policy.plan;

import dev.sallyport.policy.value.BooleanValue;
import dev.sallyport.policy.value.DatetimeValue;
import dev.sallyport.policy.value.DurationValue;
import dev.sallyport.policy.value.LongValue;
import dev.sallyport.policy.value.StringValue;
import dev.sallyport.policy.value.Value;
import java.lang.classfile.Label;
import java.lang.classfile.Opcode;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** Constants, variables, and what decides which of its operands is evaluated. */
final class LogicNodes {
  private LogicNodes() {}

  static boolean isText(Value value, String text) {
    return value instanceof StringValue(String found) && found.equals(text);
  }

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

    @Override
    int writeValue(Code code, Label failed) {
      code.constant(value, value.getClass());
      return code.store();
    }

    @Override
    void write(Code code, Label yes, Label no, Label failed) {
      code.jump(value == BooleanValue.TRUE ? yes : value == BooleanValue.FALSE ? no : failed);
    }

    @Override
    int writeNumber(Code code, Unit wanted, Label failed) {
      if (wanted != unit()) {
        code.jump(failed);
      }
      code.number(
          switch (value) {
            case LongValue(long number) -> number;
            case DatetimeValue(long millis) -> millis;
            case DurationValue(long millis) -> millis;
            default -> 0;
          });
      return code.storeNumber();
    }
  }

  /** Fails for every request. */
  static final class Failure extends Node {
    @Override
    @Nullable Value value(Frame frame) {
      return null;
    }

    @Override
    int writeValue(Code code, Label failed) {
      code.jump(failed);
      // What follows is never reached, but its variable must be something.
      code.booleanValue(false);
      return code.store();
    }
  }

  static final class Principal extends Node {
    @Override
    Value value(Frame frame) {
      return frame.principal;
    }

    @Override
    int writeValue(Code code, Label failed) {
      return Code.PRINCIPAL;
    }
  }

  static final class Action extends Node {
    @Override
    Value value(Frame frame) {
      return frame.action;
    }

    @Override
    int writeValue(Code code, Label failed) {
      return Code.ACTION;
    }
  }

  static final class Resource extends Node {
    @Override
    Value value(Frame frame) {
      return frame.resource;
    }

    @Override
    int writeValue(Code code, Label failed) {
      return Code.RESOURCE;
    }
  }

  static final class Context extends Node {
    @Override
    Value value(Frame frame) {
      return frame.context;
    }

    @Override
    int writeValue(Code code, Label failed) {
      return Code.CONTEXT;
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
    List<Node> terms() {
      return Stream.concat(left.terms().stream(), right.terms().stream()).toList();
    }

    @Override
    int test(Frame frame) {
      int first = left.test(frame);
      return first == TRUE ? right.test(frame) : first;
    }

    @Override
    void write(Code code, Label yes, Label no, Label failed) {
      AndAll.write(code, new Node[] {left, right}, yes, no, failed);
    }
  }

  static final class AndAll extends Node.Test {
    private final Node[] terms;

    AndAll(Node[] terms) {
      this.terms = terms;
    }

    @Override
    List<Node> terms() {
      return Arrays.stream(terms).flatMap(term -> term.terms().stream()).toList();
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

    @Override
    void write(Code code, Label yes, Label no, Label failed) {
      write(code, terms, yes, no, failed);
    }

    static void write(Code code, Node[] terms, Label yes, Label no, Label failed) {
      Code.Reads mark = null;
      for (int i = 0; i < terms.length; i++) {
        boolean last = i == terms.length - 1;
        Label next = last ? yes : code.label();
        terms[i].write(code, next, no, failed);
        if (mark == null) {
          mark = code.mark();
        }
        if (!last) {
          code.bind(next);
        }
      }
      code.release(Objects.requireNonNull(mark));
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

    @Override
    void write(Code code, Label yes, Label no, Label failed) {
      OrAny.write(code, new Node[] {left, right}, yes, no, failed);
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

    @Override
    void write(Code code, Label yes, Label no, Label failed) {
      write(code, terms, yes, no, failed);
    }

    static void write(Code code, Node[] terms, Label yes, Label no, Label failed) {
      Code.Reads mark = null;
      for (int i = 0; i < terms.length; i++) {
        boolean last = i == terms.length - 1;
        Label next = last ? no : code.label();
        terms[i].write(code, yes, next, failed);
        if (mark == null) {
          mark = code.mark();
        }
        if (!last) {
          code.bind(next);
        }
      }
      code.release(Objects.requireNonNull(mark));
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

    @Override
    void write(Code code, Label yes, Label no, Label failed) {
      operand.write(code, no, yes, failed);
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

    @Override
    void write(Code code, Label yes, Label no, Label failed) {
      Label first = code.label();
      Label second = code.label();
      test.write(code, first, second, failed);
      Code.Reads mark = code.mark();
      code.bind(first);
      then.write(code, yes, no, failed);
      code.release(mark);
      code.bind(second);
      otherwise.write(code, yes, no, failed);
      code.release(mark);
    }

    @Override
    int writeValue(Code code, Label failed) {
      int result = code.variable();
      choose(
          code,
          failed,
          branch -> {
            code.load(branch.writeValue(code, failed));
            code.cast(Value.class);
            code.store(result);
          });
      return result;
    }

    @Override
    int writeNumber(Code code, Unit wanted, Label failed) {
      int result = code.numberVariable();
      choose(
          code,
          failed,
          branch -> {
            code.loadNumber(branch.writeNumber(code, wanted, failed));
            code.storeNumber(result);
          });
      return result;
    }

    private void choose(Code code, Label failed, Consumer<Node> write) {
      Label first = code.label();
      Label second = code.label();
      Label end = code.label();
      test.write(code, first, second, failed);
      Code.Reads mark = code.mark();
      code.bind(first);
      write.accept(then);
      code.jump(end);
      code.release(mark);
      code.bind(second);
      write.accept(otherwise);
      code.release(mark);
      code.bind(end);
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

    @Override
    void write(Code code, Label yes, Label no, Label failed) {
      int first = left.writeValue(code, failed);
      int second = right.writeValue(code, failed);
      code.load(first);
      code.load(second);
      code.callOn(Object.class, "equals", boolean.class, Object.class);
      code.branch(yes, no);
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

    Node operand() {
      return operand;
    }

    Value wanted() {
      return constant;
    }

    @Override
    ValueIndex.@Nullable Question question() {
      ValueIndex.Read read = operand.read();
      return read == null ? null : new ValueIndex.Question(read, false, List.of(constant));
    }

    @Override
    int test(Frame frame) {
      Value value = operand.value(frame);
      return value == null ? FAILED : of(constant.equals(value));
    }

    @Override
    void write(Code code, Label yes, Label no, Label failed) {
      write(code, operand.writeValue(code, failed), constant, yes);
      code.jump(no);
    }

    /** Goes to {@code yes} if the variable equals the constant, else on. */
    static void write(Code code, int variable, Value constant, Label yes) {
      switch (constant) {
        case BooleanValue truth -> {
          code.load(variable);
          code.booleanValue(truth.value());
          code.jumpIf(Opcode.IF_ACMPEQ, yes);
        }
        case StringValue(String text) -> {
          code.load(variable);
          code.constant(text, String.class);
          code.call(LogicNodes.class, "isText", boolean.class, Value.class, String.class);
          code.jumpIf(Opcode.IFNE, yes);
        }
        default -> {
          code.constant(constant, constant.getClass());
          code.load(variable);
          code.callOn(constant.getClass(), "equals", boolean.class, Object.class);
          code.jumpIf(Opcode.IFNE, yes);
        }
      }
    }
  }
}

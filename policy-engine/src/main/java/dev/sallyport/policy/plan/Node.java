package dev.sallyport.policy.plan;

import dev.sallyport.policy.value.BooleanValue;
import dev.sallyport.policy.value.DatetimeValue;
import dev.sallyport.policy.value.DurationValue;
import dev.sallyport.policy.value.LongValue;
import dev.sallyport.policy.value.Value;
import java.lang.classfile.Label;
import java.lang.classfile.Opcode;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A planned expression. It can be asked in three ways, so that neither booleans nor numbers are
 * boxed between nodes that agree on them; each kind of node overrides the one it answers best. Each
 * says its meaning twice: at work in a {@link Frame}, and written as {@link Code}.
 *
 * <p>Nodes do not know where they stand in a text, so that equal ones of many policies are one
 * object; why something failed is found out by {@link dev.sallyport.policy.explain.Reference}
 * afterwards.
 */
abstract class Node {
  /** {@link #test} answers. */
  static final int FALSE = 0;

  static final int TRUE = 1;
  static final int FAILED = -1;

  /** What a number counts. */
  enum Unit {
    INTEGER(LongValue.class, "value"),
    EPOCH_MILLIS(DatetimeValue.class, "epochMillis"),
    DURATION_MILLIS(DurationValue.class, "millis");

    private final Class<? extends Value> type;
    private final String accessor;

    Unit(Class<? extends Value> type, String accessor) {
      this.type = type;
      this.accessor = accessor;
    }

    /** The type of value that holds such a number. */
    Class<? extends Value> type() {
      return type;
    }

    /** The name of the method that tells it. */
    String accessor() {
      return accessor;
    }
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

  /** Writes {@link #value}: returns the variable that holds it, never null. */
  abstract int writeValue(Code code, Label failed);

  /** Writes {@link #test}: all ways lead to one of the labels. */
  void write(Code code, Label yes, Label no, Label failed) {
    int value = writeValue(code, failed);
    code.load(value);
    code.booleanValue(true);
    code.jumpIf(Opcode.IF_ACMPEQ, yes);
    code.load(value);
    code.booleanValue(false);
    code.jumpIf(Opcode.IF_ACMPEQ, no);
    code.jump(failed);
  }

  /** Writes {@link #number}: returns the variable that holds it. */
  int writeNumber(Code code, Unit wanted, Label failed) {
    return code.number(code.typed(writeValue(code, failed), wanted.type(), failed), wanted);
  }

  /** The unit of {@link #number}, if the value is certainly such a number and that way cheaper. */
  @Nullable Unit unit() {
    return null;
  }

  /** What must hold one after the other for this to hold; itself if it is no conjunction. */
  List<Node> terms() {
    return List.of(this);
  }

  /** What this asks, if it asks whether an attribute has one of some values. */
  ValueIndex.@Nullable Question question() {
    return null;
  }

  /** The attribute that this reads of the principal, the resource or the context, if it does. */
  ValueIndex.@Nullable Read read() {
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

    @Override
    abstract void write(Code code, Label yes, Label no, Label failed);

    @Override
    final int writeValue(Code code, Label failed) {
      int result = code.variable();
      Label yes = code.label();
      Label no = code.label();
      Label end = code.label();
      write(code, yes, no, failed);
      code.bind(yes);
      code.booleanValue(true);
      code.store(result);
      code.jump(end);
      code.bind(no);
      code.booleanValue(false);
      code.store(result);
      code.bind(end);
      return result;
    }

    static int of(boolean value) {
      return value ? TRUE : FALSE;
    }
  }

  /** A node whose own answer is a number. */
  abstract static class Numeric extends Node {
    private final Unit unit;

    Numeric(Unit unit) {
      this.unit = unit;
    }

    abstract long number(Frame frame);

    abstract int writeNumber(Code code, Label failed);

    @Override
    final int writeNumber(Code code, Unit wanted, Label failed) {
      if (wanted != unit) {
        code.jump(failed);
      }
      return writeNumber(code, failed);
    }

    @Override
    final int writeValue(Code code, Label failed) {
      int number = writeNumber(code, failed);
      return code.valueOf(number, unit);
    }

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

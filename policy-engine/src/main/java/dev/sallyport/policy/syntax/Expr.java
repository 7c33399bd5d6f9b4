package dev.sallyport.policy.syntax;

import dev.sallyport.policy.value.Value;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * An expression as its author wrote it; nothing is simplified. Equality ignores places, see {@link
 * At}. Nesting is bounded by {@link PolicyParser#DEPTH_MAX} and, to the left of {@code +}, {@code
 * -} and {@code *}, by {@link PolicyParser#CHAIN_MAX} more, so walks may recurse.
 */
public sealed interface Expr {
  At at();

  /** A boolean, integer, string or entity reference. */
  record Literal(Value value, At at) implements Expr {}

  record Variable(Name name, At at) implements Expr {}

  record If(Expr test, Expr then, Expr otherwise, At at) implements Expr {}

  /** {@code a && b && c}: at least two terms, from left to right. */
  record And(List<Expr> terms, At at) implements Expr {}

  /** {@code a || b || c}: at least two terms, from left to right. */
  record Or(List<Expr> terms, At at) implements Expr {}

  record Unary(UnaryOp op, Expr operand, At at) implements Expr {}

  record Binary(BinaryOp op, Expr left, Expr right, At at) implements Expr {}

  /** {@code target.name} or {@code target["name"]}. */
  record GetAttribute(Expr target, String name, At at) implements Expr {}

  /** {@code target has a.b.c}: at least one name. */
  record Has(Expr target, List<String> path, At at) implements Expr {}

  record Like(Expr target, Pattern pattern, At at) implements Expr {}

  /** {@code target is Type} and {@code target is Type in ancestor}. */
  record Is(Expr target, String type, @Nullable Expr in, At at) implements Expr {}

  record SetOf(List<Expr> elements, At at) implements Expr {}

  record RecordOf(List<Field> fields, At at) implements Expr {}

  /** A call of an extension function or method; a method's receiver is its first argument. */
  record Call(ExtensionFunction function, List<Expr> arguments, At at) implements Expr {}

  record Field(String name, Expr value) {}

  /** The four variables. */
  enum Name {
    PRINCIPAL,
    ACTION,
    RESOURCE,
    CONTEXT;

    /** The keyword. */
    public String text() {
      return name().toLowerCase(java.util.Locale.ROOT);
    }
  }

  enum UnaryOp {
    NOT("!"),
    NEGATE("-"),
    IS_EMPTY("isEmpty");

    private final String text;

    UnaryOp(String text) {
      this.text = text;
    }

    public String text() {
      return text;
    }
  }

  enum BinaryOp {
    EQUAL("=="),
    NOT_EQUAL("!="),
    LESS("<"),
    LESS_EQUAL("<="),
    GREATER(">"),
    GREATER_EQUAL(">="),
    IN("in"),
    ADD("+"),
    SUBTRACT("-"),
    MULTIPLY("*"),
    CONTAINS("contains"),
    CONTAINS_ALL("containsAll"),
    CONTAINS_ANY("containsAny"),
    HAS_TAG("hasTag"),
    GET_TAG("getTag");

    private final String text;

    BinaryOp(String text) {
      this.text = text;
    }

    public String text() {
      return text;
    }

    public boolean isMethod() {
      return compareTo(CONTAINS) >= 0;
    }

    /** Whether it is {@code +}, {@code -} or {@code *}. */
    public boolean isArithmetic() {
      return this == ADD || this == SUBTRACT || this == MULTIPLY;
    }

    /** Whether {@code a other b this c} needs no parentheses to mean {@code (a other b) this c}. */
    boolean continues(BinaryOp other) {
      return this == MULTIPLY ? other == MULTIPLY : isArithmetic() && other.isArithmetic();
    }
  }
}

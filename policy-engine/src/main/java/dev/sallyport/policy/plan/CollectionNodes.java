package dev.sallyport.policy.plan;

import dev.sallyport.policy.syntax.At;
import dev.sallyport.policy.syntax.Pattern;
import dev.sallyport.policy.value.RecordValue;
import dev.sallyport.policy.value.SetValue;
import dev.sallyport.policy.value.StringValue;
import dev.sallyport.policy.value.Value;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Sets, records and strings. */
final class CollectionNodes {
  private CollectionNodes() {}

  static final class SetOf extends Node {
    private final Node[] elements;

    SetOf(Node[] elements, At at) {
      super(at);
      this.elements = elements;
    }

    @Override
    @Nullable Value value(Frame frame) {
      Value[] values = new Value[elements.length];
      for (int i = 0; i < values.length; i++) {
        Value value = elements[i].value(frame);
        if (value == null) {
          return null;
        }
        values[i] = value;
      }
      return SetValue.of(Arrays.asList(values));
    }
  }

  static final class RecordOf extends Node {
    private final String[] names;
    private final Node[] nodes;

    RecordOf(String[] names, Node[] nodes, At at) {
      super(at);
      this.names = names;
      this.nodes = nodes;
    }

    @Override
    @Nullable Value value(Frame frame) {
      Map<String, Value> values = HashMap.newHashMap(names.length);
      for (int i = 0; i < nodes.length; i++) {
        Value value = nodes[i].value(frame);
        if (value == null) {
          return null;
        }
        values.put(names[i], value);
      }
      return RecordValue.of(values);
    }
  }

  static final class Contains extends Node.Test {
    private final Node set;
    private final Node element;

    Contains(Node set, Node element, At at) {
      super(at);
      this.set = set;
      this.element = element;
    }

    @Override
    int test(Frame frame) {
      Value left = set.value(frame);
      if (left == null) {
        return FAILED;
      }
      Value right = element.value(frame);
      if (right == null) {
        return FAILED;
      }
      return left instanceof SetValue values
          ? of(values.contains(right))
          : LogicNodes.typeError(frame, at, left, "a set");
    }
  }

  static final class ContainsAll extends Node.Test {
    private final Node left;
    private final Node right;

    ContainsAll(Node left, Node right, At at) {
      super(at);
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
      if (!(first instanceof SetValue all)) {
        return LogicNodes.typeError(frame, at, first, "a set");
      }
      return second instanceof SetValue some
          ? of(all.containsAll(some))
          : LogicNodes.typeError(frame, at, second, "a set");
    }
  }

  static final class ContainsAny extends Node.Test {
    private final Node left;
    private final Node right;

    ContainsAny(Node left, Node right, At at) {
      super(at);
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
      if (!(first instanceof SetValue all)) {
        return LogicNodes.typeError(frame, at, first, "a set");
      }
      return second instanceof SetValue some
          ? of(all.containsAny(some))
          : LogicNodes.typeError(frame, at, second, "a set");
    }
  }

  static final class IsEmpty extends Node.Test {
    private final Node operand;

    IsEmpty(Node operand, At at) {
      super(at);
      this.operand = operand;
    }

    @Override
    int test(Frame frame) {
      Value value = operand.value(frame);
      return value instanceof SetValue set
          ? of(set.isEmpty())
          : LogicNodes.typeError(frame, at, value, "a set");
    }
  }

  static final class Like extends Node.Test {
    private final Node operand;
    private final Pattern pattern;

    Like(Node operand, Pattern pattern, At at) {
      super(at);
      this.operand = operand;
      this.pattern = pattern;
    }

    @Override
    int test(Frame frame) {
      Value value = operand.value(frame);
      return value instanceof StringValue(String text)
          ? of(pattern.matches(text))
          : LogicNodes.typeError(frame, at, value, "a string");
    }
  }
}

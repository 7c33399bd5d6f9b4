package dev.sallyport.policy.plan;

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

    SetOf(Node[] elements) {
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

    RecordOf(String[] names, Node[] nodes) {
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

    Contains(Node set, Node element) {
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
      return left instanceof SetValue values ? of(values.contains(right)) : FAILED;
    }
  }

  /** {@code [a, b].contains(x)}, where the set is not known beforehand, without building it. */
  static final class OneOf extends Node.Test {
    private final Node[] elements;
    private final Node wanted;

    OneOf(Node[] elements, Node wanted) {
      this.elements = elements;
      this.wanted = wanted;
    }

    @Override
    int test(Frame frame) {
      Value value = wanted.value(frame);
      if (value == null) {
        return FAILED;
      }
      boolean found = false;
      // Every element is evaluated, since any of them may fail.
      for (Node element : elements) {
        Value candidate = element.value(frame);
        if (candidate == null) {
          return FAILED;
        }
        found = found || candidate.equals(value);
      }
      return of(found);
    }
  }

  /** {@code set.containsAll([a, b])} or {@code containsAny}, without building the argument. */
  static final class ContainsEach extends Node.Test {
    private final Node set;
    private final Node[] elements;
    private final boolean all;

    ContainsEach(Node set, Node[] elements, boolean all) {
      this.set = set;
      this.elements = elements;
      this.all = all;
    }

    @Override
    int test(Frame frame) {
      if (!(set.value(frame) instanceof SetValue values)) {
        return FAILED;
      }
      boolean result = all;
      for (Node element : elements) {
        Value value = element.value(frame);
        if (value == null) {
          return FAILED;
        }
        result = all ? result && values.contains(value) : result || values.contains(value);
      }
      return of(result);
    }
  }

  static final class ContainsAll extends Node.Test {
    private final Node left;
    private final Node right;

    ContainsAll(Node left, Node right) {
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
        return FAILED;
      }
      return second instanceof SetValue some ? of(all.containsAll(some)) : FAILED;
    }
  }

  static final class ContainsAny extends Node.Test {
    private final Node left;
    private final Node right;

    ContainsAny(Node left, Node right) {
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
        return FAILED;
      }
      return second instanceof SetValue some ? of(all.containsAny(some)) : FAILED;
    }
  }

  static final class IsEmpty extends Node.Test {
    private final Node operand;

    IsEmpty(Node operand) {
      this.operand = operand;
    }

    @Override
    int test(Frame frame) {
      Value value = operand.value(frame);
      return value instanceof SetValue set ? of(set.isEmpty()) : FAILED;
    }
  }

  static final class Like extends Node.Test {
    private final Node operand;
    private final Pattern pattern;

    Like(Node operand, Pattern pattern) {
      this.operand = operand;
      this.pattern = pattern;
    }

    @Override
    int test(Frame frame) {
      Value value = operand.value(frame);
      return value instanceof StringValue(String text) ? of(pattern.matches(text)) : FAILED;
    }
  }
}

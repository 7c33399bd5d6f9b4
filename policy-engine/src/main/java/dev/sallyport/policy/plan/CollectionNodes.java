package dev.sallyport.policy.plan;

import dev.sallyport.policy.syntax.Pattern;
import dev.sallyport.policy.value.RecordValue;
import dev.sallyport.policy.value.SetValue;
import dev.sallyport.policy.value.StringValue;
import dev.sallyport.policy.value.Value;
import java.lang.classfile.Label;
import java.lang.classfile.Opcode;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Sets, records and strings. */
final class CollectionNodes {
  /** Up to so many elements of a known set are compared one by one. */
  private static final int UNROLLED_MAX = 6;

  private CollectionNodes() {}

  /** Leaves on the stack what the method says of two sets. */
  private static void writeSets(Code code, Node left, Node right, String method, Label failed) {
    int first = code.typed(left.writeValue(code, failed), SetValue.class, failed);
    int second = code.typed(right.writeValue(code, failed), SetValue.class, failed);
    code.load(first);
    code.load(second);
    code.callOn(SetValue.class, method, boolean.class, SetValue.class);
  }

  static RecordValue recordOf(String[] names, Value[] values) {
    Map<String, Value> fields = HashMap.newHashMap(names.length);
    for (int i = 0; i < names.length; i++) {
      fields.put(names[i], values[i]);
    }
    return RecordValue.of(fields);
  }

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

    @Override
    int writeValue(Code code, Label failed) {
      code.array(code.values(elements, failed), Value.class);
      code.call(SetValue.class, "of", SetValue.class, Value[].class);
      return code.store();
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

    @Override
    int writeValue(Code code, Label failed) {
      int[] values = code.values(nodes, failed);
      code.constant(names, String[].class);
      code.array(values, Value.class);
      code.call(
          CollectionNodes.class, "recordOf", RecordValue.class, String[].class, Value[].class);
      return code.store();
    }
  }

  static final class Contains extends Node.Test {
    private final Node set;
    private final Node element;

    Contains(Node set, Node element) {
      this.set = set;
      this.element = element;
    }

    Node set() {
      return set;
    }

    Node element() {
      return element;
    }

    @Override
    ValueIndex.@Nullable Question question() {
      ValueIndex.Read ofSet = set.read();
      ValueIndex.Read ofElement = element.read();
      Value wanted = element.constant();
      if (ofSet != null && wanted != null) {
        return new ValueIndex.Question(ofSet, true, List.of(wanted));
      }
      return ofElement != null && set.constant() instanceof SetValue values
          ? new ValueIndex.Question(ofElement, false, values.elements())
          : null;
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

    @Override
    void write(Code code, Label yes, Label no, Label failed) {
      if (set.constant() instanceof SetValue known && known.size() <= UNROLLED_MAX) {
        int wanted = element.writeValue(code, failed);
        for (Value value : known) {
          LogicNodes.EqualsConstant.write(code, wanted, value, yes);
        }
        code.jump(no);
        return;
      }
      int values = code.typed(set.writeValue(code, failed), SetValue.class, failed);
      int wanted = element.writeValue(code, failed);
      code.load(values);
      code.load(wanted);
      code.callOn(SetValue.class, "contains", boolean.class, Value.class);
      code.branch(yes, no);
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

    @Override
    void write(Code code, Label yes, Label no, Label failed) {
      int value = wanted.writeValue(code, failed);
      for (int candidate : code.values(elements, failed)) {
        code.load(candidate);
        code.load(value);
        code.callOn(Object.class, "equals", boolean.class, Object.class);
        code.jumpIf(Opcode.IFNE, yes);
      }
      code.jump(no);
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

    @Override
    void write(Code code, Label yes, Label no, Label failed) {
      int values = code.typed(set.writeValue(code, failed), SetValue.class, failed);
      for (int element : code.values(elements, failed)) {
        code.load(values);
        code.load(element);
        code.callOn(SetValue.class, "contains", boolean.class, Value.class);
        code.jumpIf(all ? Opcode.IFEQ : Opcode.IFNE, all ? no : yes);
      }
      code.jump(all ? yes : no);
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

    @Override
    void write(Code code, Label yes, Label no, Label failed) {
      writeSets(code, left, right, "containsAll", failed);
      code.branch(yes, no);
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
    ValueIndex.@Nullable Question question() {
      ValueIndex.Read read = left.read();
      return read != null && right.constant() instanceof SetValue values
          ? new ValueIndex.Question(read, true, values.elements())
          : null;
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

    @Override
    void write(Code code, Label yes, Label no, Label failed) {
      writeSets(code, left, right, "containsAny", failed);
      code.branch(yes, no);
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

    @Override
    void write(Code code, Label yes, Label no, Label failed) {
      code.load(code.typed(operand.writeValue(code, failed), SetValue.class, failed));
      code.callOn(SetValue.class, "isEmpty", boolean.class);
      code.branch(yes, no);
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

    @Override
    void write(Code code, Label yes, Label no, Label failed) {
      int text = code.typed(operand.writeValue(code, failed), StringValue.class, failed);
      List<String> parts = pattern.parts();
      boolean open = parts.size() > 1 && parts.getLast().isEmpty();
      if (open && parts.size() == 2) {
        ask(code, text, "startsWith", String.class, parts.getFirst());
      } else if (parts.size() == 2 && parts.getFirst().isEmpty()) {
        ask(code, text, "endsWith", String.class, parts.getLast());
      } else if (open && parts.size() == 3 && parts.getFirst().isEmpty()) {
        ask(code, text, "contains", CharSequence.class, parts.get(1));
      } else {
        code.constant(pattern, Pattern.class);
        code.load(text);
        code.callOn(StringValue.class, "value", String.class);
        code.callOn(Pattern.class, "matches", boolean.class, String.class);
      }
      code.branch(yes, no);
    }

    private static void ask(Code code, int text, String method, Class<?> of, String part) {
      code.load(text);
      code.callOn(StringValue.class, "value", String.class);
      code.constant(part, String.class);
      code.callOn(String.class, method, boolean.class, of);
    }
  }
}

package dev.sallyport.policy.plan;

import dev.sallyport.policy.entity.Entities;
import dev.sallyport.policy.entity.EntityView;
import dev.sallyport.policy.value.EntityUid;
import dev.sallyport.policy.value.RecordValue;
import dev.sallyport.policy.value.SetValue;
import dev.sallyport.policy.value.Value;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Consumer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Rules whose first condition compares one attribute with constants: {@code principal.department ==
 * "legal"}, {@code ["a", "b"].contains(resource.label)}, {@code resource.labels.contains("a")}. The
 * attribute is read once, and only rules that ask for its value are met. Where reading it fails, it
 * does for all of them.
 */
final class ValueIndex {
  /** Fewer different values are as well asked for one by one. */
  private static final int VALUES_MIN = 9;

  /** A rule that names more values would be filed in too many places. */
  private static final int VALUES_OF_RULE_MAX = 32;

  /**
   * An attribute of the principal, the resource or the context.
   *
   * @param of the variable, as {@link Code} numbers it
   */
  record Read(int of, String name) {
    @Nullable Value value(
        RecordValue context,
        @Nullable EntityView principalView,
        @Nullable EntityView resourceView) {
      if (of == Code.CONTEXT) {
        return context.get(name);
      }
      EntityView view = of == Code.PRINCIPAL ? principalView : resourceView;
      return view == null ? null : view.attribute(name);
    }
  }

  /**
   * What a first condition asks.
   *
   * @param ofElements whether an element of the attribute must be among the values, or it itself
   */
  record Question(Read read, boolean ofElements, List<Value> values) {}

  /** What rules filed together have in common. */
  private record Key(Read read, boolean ofElements, Rule.Head principal, Rule.Head resource) {}

  private final Key key;
  private final Map<Value, RuleIndex> byValue;
  private final Rule[] all;
  private final boolean failureCounts;

  private ValueIndex(
      Key key, Map<Value, RuleIndex> byValue, List<Rule> all, boolean failureCounts) {
    this.key = key;
    this.byValue = byValue;
    this.all = all.toArray(Rule[]::new);
    this.failureCounts = failureCounts;
  }

  /** Moves the rules that can be filed out of {@code rules}, where there are enough of a kind. */
  static ValueIndex[] take(
      List<Rule> rules, boolean failureCounts, Function<List<Rule>, RuleIndex> inner) {
    Map<Key, List<Rule>> byKey = new LinkedHashMap<>();
    for (Rule rule : rules) {
      Question question = rule.question();
      if (question != null && question.values().size() <= VALUES_OF_RULE_MAX) {
        Key key =
            new Key(question.read(), question.ofElements(), rule.principal(), rule.resource());
        byKey.computeIfAbsent(key, _ -> new ArrayList<>()).add(rule);
      }
    }
    List<ValueIndex> indexes = new ArrayList<>();
    byKey.forEach(
        (key, some) -> {
          Map<Value, List<Rule>> byValue = new LinkedHashMap<>();
          for (Rule rule : some) {
            Question question = rule.question();
            if (question != null) {
              for (Value value : question.values()) {
                byValue.computeIfAbsent(value, _ -> new ArrayList<>()).add(rule.withAnswer());
              }
            }
          }
          if (byValue.size() >= VALUES_MIN) {
            rules.removeAll(new HashSet<>(some));
            Map<Value, RuleIndex> filed = HashMap.newHashMap(byValue.size());
            byValue.forEach((value, list) -> filed.put(value, inner.apply(list)));
            indexes.add(new ValueIndex(key, filed, some, failureCounts));
          }
        });
    return indexes.toArray(ValueIndex[]::new);
  }

  /** As {@link Rules#any}. */
  boolean any(
      EntityUid principal,
      EntityUid action,
      EntityUid resource,
      RecordValue context,
      Entities entities,
      @Nullable EntityView principalView,
      @Nullable EntityView resourceView) {
    if (!key.principal.matches(principal, principalView)
        || !key.resource.matches(resource, resourceView)) {
      return false;
    }
    Value value = key.read.value(context, principalView, resourceView);
    if (key.ofElements) {
      if (!(value instanceof SetValue set)) {
        return failureCounts;
      }
      for (int i = 0; i < set.size(); i++) {
        RuleIndex found = byValue.get(set.at(i));
        if (found != null
            && found.any(
                principal, action, resource, context, entities, principalView, resourceView)) {
          return true;
        }
      }
      return false;
    }
    if (value == null) {
      return failureCounts;
    }
    RuleIndex found = byValue.get(value);
    return found != null
        && found.any(principal, action, resource, context, entities, principalView, resourceView);
  }

  /** Every rule that the request could concern, each once. */
  void each(Frame frame, Consumer<Rule> visitor) {
    if (!key.principal.matches(frame.principal, frame.principalView())
        || !key.resource.matches(frame.resource, frame.resourceView())) {
      return;
    }
    Value value = key.read.value(frame.context, frame.principalView(), frame.resourceView());
    if (value == null || (key.ofElements && !(value instanceof SetValue))) {
      for (Rule rule : all) {
        visitor.accept(rule);
      }
    } else if (value instanceof SetValue set && key.ofElements) {
      // A rule may stand under several elements.
      Map<Integer, Rule> found = new TreeMap<>();
      for (Value element : set) {
        RuleIndex index = byValue.get(element);
        if (index != null) {
          index.each(frame, rule -> found.put(rule.order(), rule));
        }
      }
      found.values().forEach(visitor);
    } else {
      RuleIndex index = byValue.get(value);
      if (index != null) {
        index.each(frame, visitor);
      }
    }
  }
}

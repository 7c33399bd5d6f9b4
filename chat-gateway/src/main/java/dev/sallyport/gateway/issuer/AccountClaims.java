package dev.sallyport.gateway.issuer;

import dev.sallyport.policy.value.SetValue;
import dev.sallyport.policy.value.Value;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The admin-managed claims of an account, as a gateway token or a {@code token-claims-change}
 * carries them.
 *
 * @param attributes ready for policies
 * @param attributesJson the same as plain JSON values
 */
public record AccountClaims(
    Set<String> roles,
    Set<String> groups,
    Map<String, Value> attributes,
    Map<String, Object> attributesJson) {
  /** A token carries these in a header of limited size; more is a mistake or an attack. */
  private static final int NAMES_MAX = 512;

  private static final int ATTRIBUTES_MAX = 128;
  private static final int TEXT_CHARS_MAX = 4096;

  public AccountClaims {
    roles = Set.copyOf(roles);
    groups = Set.copyOf(groups);
    attributes = Map.copyOf(attributes);
    attributesJson = Map.copyOf(attributesJson);
  }

  /** Reads the three JSON values, each absent or of its type; empty if one is not as it must be. */
  public static Optional<AccountClaims> read(
      @Nullable Object roles, @Nullable Object groups, @Nullable Object attributes) {
    Set<String> roleNames = names(roles);
    Set<String> groupNames = names(groups);
    if (roleNames == null
        || groupNames == null
        || !(attributes == null || attributes instanceof Map<?, ?>)) {
      return Optional.empty();
    }
    Map<?, ?> json = attributes instanceof Map<?, ?> map ? map : Map.of();
    if (json.size() > ATTRIBUTES_MAX) {
      return Optional.empty();
    }
    Map<String, Value> values = new HashMap<>();
    Map<String, Object> plain = new HashMap<>();
    for (Map.Entry<?, ?> entry : json.entrySet()) {
      Value value = value(entry.getValue());
      if (value == null || !(entry.getKey() instanceof String name)) {
        return Optional.empty();
      }
      values.put(name, value);
      plain.put(name, java.util.Objects.requireNonNull(entry.getValue()));
    }
    return Optional.of(new AccountClaims(roleNames, groupNames, values, plain));
  }

  private static @Nullable Set<String> names(@Nullable Object json) {
    if (json == null) {
      return Set.of();
    }
    if (!(json instanceof List<?> list) || list.size() > NAMES_MAX) {
      return null;
    }
    Set<String> names = new HashSet<>();
    for (Object element : list) {
      if (!(element instanceof String name) || name.length() > TEXT_CHARS_MAX) {
        return null;
      }
      names.add(name);
    }
    return names;
  }

  private static @Nullable Value value(@Nullable Object json) {
    return switch (json) {
      case String text when text.length() <= TEXT_CHARS_MAX -> Value.of(text);
      case Boolean yes -> Value.of(yes.booleanValue());
      case Long number -> Value.of(number.longValue());
      case Integer number -> Value.of(number.longValue());
      case List<?> list -> {
        Set<String> texts = names(list);
        if (texts == null) {
          yield null;
        }
        List<Value> values = new ArrayList<>(texts.size());
        texts.forEach(text -> values.add(Value.of(text)));
        yield SetValue.of(values);
      }
      case null, default -> null;
    };
  }
}

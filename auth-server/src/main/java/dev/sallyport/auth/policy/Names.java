package dev.sallyport.auth.policy;

import dev.sallyport.policy.value.EntityUid;
import dev.sallyport.policy.value.SetValue;
import dev.sallyport.policy.value.Value;
import java.util.Collection;

/** Our names and values in the vocabulary of the policies. */
final class Names {

  private static final String NAMESPACE = "Chat::";

  static final EntityUid DIRECTORY = uid("Directory", "accounts");

  private Names() {}

  static String type(String type) {
    return NAMESPACE + type;
  }

  static EntityUid uid(String type, String id) {
    return EntityUid.of(type(type), id);
  }

  static EntityUid user(String accountId) {
    return uid("User", accountId);
  }

  static EntityUid role(String name) {
    return uid("Role", name);
  }

  static EntityUid group(String name) {
    return uid("Group", name);
  }

  static EntityUid action(String name) {
    return uid("Action", name);
  }

  /** A string, boolean, integer, or collection of these. */
  static Value value(Object value) {
    return switch (value) {
      case String text -> Value.of(text);
      case Boolean truth -> Value.of(truth);
      case Long number -> Value.of(number);
      case Integer number -> Value.of(number.longValue());
      case Collection<?> items -> SetValue.of(items.stream().map(Names::value).toList());
      default ->
          throw new IllegalArgumentException(
              "policies know no value of " + value.getClass().getSimpleName());
    };
  }
}

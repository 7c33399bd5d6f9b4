package dev.sallyport.policy.plan;

import dev.sallyport.policy.diagnostic.ProblemCode;
import dev.sallyport.policy.syntax.At;
import dev.sallyport.policy.value.BooleanValue;
import dev.sallyport.policy.value.DatetimeValue;
import dev.sallyport.policy.value.DecimalValue;
import dev.sallyport.policy.value.DurationValue;
import dev.sallyport.policy.value.EntityUid;
import dev.sallyport.policy.value.IpValue;
import dev.sallyport.policy.value.LongValue;
import dev.sallyport.policy.value.RecordValue;
import dev.sallyport.policy.value.SetValue;
import dev.sallyport.policy.value.StringValue;
import dev.sallyport.policy.value.Value;
import org.jspecify.annotations.Nullable;

/**
 * Why an expression has no value.
 *
 * @param subject what it was done to
 * @param detail what was missing or expected: a name, or a description
 */
public record EvaluationFailure(
    ProblemCode code, At at, @Nullable Object subject, @Nullable Object detail) {

  /** One lower-case sentence. */
  public String message() {
    return switch (code) {
      case ENTITY_DOES_NOT_EXIST ->
          "entity `" + subject + "` does not exist, so it has no attribute or tag `" + detail + "`";
      case ATTRIBUTE_DOES_NOT_EXIST -> described(subject) + " has no attribute `" + detail + "`";
      case TAG_DOES_NOT_EXIST -> "entity `" + subject + "` has no tag `" + detail + "`";
      case TYPE_ERROR -> "expected " + detail + ", found " + described(subject);
      case ARITHMETIC_OVERFLOW -> "the result of `" + subject + "` does not fit 64 bits";
      case EXTENSION_ERROR -> "`" + subject + "` is no " + detail;
      case WRONG_ARGUMENTS -> "`" + subject + "` takes " + detail;
      default -> code.text();
    };
  }

  /** What to do about it, if that can be said. */
  public @Nullable String help() {
    return switch (code) {
      case ATTRIBUTE_DOES_NOT_EXIST -> "guard it with `has " + detail + "`";
      case TAG_DOES_NOT_EXIST -> "guard it with `hasTag`";
      default -> null;
    };
  }

  private static String described(@Nullable Object subject) {
    return switch (subject) {
      case BooleanValue b -> "boolean `" + b + "`";
      case LongValue l -> "integer `" + l + "`";
      case StringValue _ -> "a string";
      case EntityUid uid -> "entity `" + uid + "`";
      case SetValue _ -> "a set";
      case RecordValue _ -> "a record";
      case DecimalValue _ -> "a decimal";
      case IpValue _ -> "an ip address";
      case DatetimeValue _ -> "a datetime";
      case DurationValue _ -> "a duration";
      case null -> "nothing";
      default -> subject.toString();
    };
  }

  static String kindOf(Value value) {
    return described(value);
  }
}
